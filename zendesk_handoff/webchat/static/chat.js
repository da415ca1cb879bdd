// The chat: deep-chat, the history items that the server sends, and the messages that the user writes.

import * as api from "./api.js";
import { STYLE, addName, nameOf, plainMessage } from "./author.js";
import * as content from "./content.js";
import { repair } from "./repairs.js";

/** Item roles and deep-chat's. deep-chat makes CSS classes of roles, so no other one reaches it. */
const ROLES = { user: "user", bot: "ai", agent: "agent", automation: "automation" };
const STYLES = {
  default: {
    shared: { bubble: { maxWidth: "78%", fontSize: "0.95rem", lineHeight: "1.4", marginTop: "6px" } },
    user: { bubble: { backgroundColor: "#14545c", color: "#fff" } },
    ai: { bubble: { backgroundColor: "#eceeea", color: "#1c2b2d" } },
    agent: { bubble: { backgroundColor: "#fbeed3", color: "#1c2b2d" } },
    automation: { bubble: { backgroundColor: "#fdf8ec", color: "#1c2b2d", border: "1px dashed #b08a3e" } },
  },
};

export class Chat {
  /**
   * @param {HTMLElement} container Emptied first.
   * @param {{greeting: string, extensions: string, maxText: number, maxFiles: number}} options
   */
  constructor(container, { greeting, extensions, maxText, maxFiles }) {
    this.sent = new Set(); // ids of messages that this page shows already
    this.signals = null;
    this.open = true;
    this.loading = { toggle() {} };
    const element = (this.element = document.createElement("deep-chat"));
    element.style.fontFamily = "system-ui, sans-serif";
    element.messageStyles = STYLES;
    element.introMessage = { text: greeting };
    element.displayLoadingBubble = this.loading;
    element.textInput = { placeholder: { text: "Write a message …" }, characterLimit: maxText };
    element.mixedFiles = { files: { maxNumberOfFiles: maxFiles, acceptedFormats: extensions } };
    element.auxiliaryStyle = `
      #file-attachment-container { background-color: #eceeea !important; } /* it covers messages */
      button[disabled] { opacity: .5; cursor: default !important; }
      #messages { padding-bottom: 8px; }
      /* Users and agents write in either direction. The bot's sentences keep theirs, even after a name at the start. */
      .outer-message-container:not(.deep-chat-outer-container-role-ai) :is(.message-bubble, p, li) { unicode-bidi: plaintext; }
      ${STYLE}${content.STYLE}`;
    element.htmlClassUtilities = {
      "webchat-choice": { styles: { default: content.CHOICE }, events: { click: (event) => this.#choose(event) } },
    };
    // deep-chat calls the handler at each rendering; only the signals are new then.
    element.connect = { websocket: true, handler: (_, signals) => this.#connect(signals) };
    this.ready = new Promise((resolve) => {
      element.onComponentRender = () => {
        repair(element.shadowRoot);
        this.#followLog(element.shadowRoot);
        resolve();
      };
    });
    container.replaceChildren(element);
  }

  #connect(signals) {
    this.signals = signals;
    signals.newUserMessage.listener = (body) => this.#send(body.messages.at(-1));
    if (this.open) signals.onOpen();
  }

  /** Put the cursor where the user writes. */
  focus() {
    this.element.focusInput?.();
  }

  /** Enable or disable sending. */
  setOpen(open) {
    if (open === this.open) return;
    this.open = open;
    if (open) this.signals?.onOpen();
    else this.signals?.onClose();
  }

  async #send(message) {
    const id = crypto.randomUUID();
    this.sent.add(id);
    if (message.text) this.#showAsWritten(message.text);
    try {
      const files = (this.element.getMessages().at(-1).files ?? []).map((file) => file.ref).filter(Boolean);
      if (message.custom?.payload) {
        await api.sendChoice(id, { ...message.custom, title: message.text });
      } else if (message.text) {
        await api.sendText(id, message.text);
      }
      if (files.length) {
        const filesId = message.text ? crypto.randomUUID() : id;
        files.forEach((_, number) => this.sent.add(number ? `${filesId}:${number}` : filesId));
        await api.sendFiles(filesId, files);
      }
    } catch (error) {
      this.showNotice(error.message);
    }
  }

  /** Replace the Markdown that deep-chat has made of the user's message by the words. */
  #showAsWritten(text) {
    const bubbles = this.element.shadowRoot.querySelectorAll(".message-bubble.user-message-text");
    [...bubbles].at(-1)?.replaceChildren(content.words(text));
  }

  #choose(event) {
    const button = event.currentTarget ?? event.target;
    if (button.disabled) return;
    const { payload, item } = button.dataset;
    this.#disableButtons(Number(item));
    button.classList.add("chosen");
    this.element.submitUserMessage({ text: button.dataset.says ?? button.textContent, custom: { payload, answers: Number(item) } });
  }

  /** Disable the buttons of an item: one of them has been chosen. */
  #disableButtons(itemId) {
    for (const button of this.element.shadowRoot.querySelectorAll("[data-item]")) {
      if (Number(button.dataset.item) === itemId) button.disabled = true;
    }
  }

  /**
   * Show a history item.
   * @param {number} id
   * @param {{role: string, name?: string, text?: string, media?: object, buttons?: object[], cards?: object[],
   *   is_deleted?: boolean, deletes?: number}} item
   */
  show(id, item) {
    if (item.answers) this.#disableButtons(item.answers);
    if (item.request_id && this.sent.has(item.request_id)) return;
    if (item.role === "notice") return this.showNotice(item.text);
    if (item.role === "deletion") return this.#takeBack(item.deletes);
    const role = ROLES[item.role] ?? "automation";
    const { text, media, buttons, cards } = item;
    const author = { role, name: nameOf(role, item), id };
    const titles = (all) => all.map(({ title }) => title).join("\n");
    if (item.is_deleted) this.#add(author, "", () => ({ html: content.deletedNote().outerHTML }));
    if (text) this.#add(author, text, () => textOf(role, text));
    if (media) this.#add(author, media.name || media.url, () => ({ files: [fileOf(media)] }));
    if (cards) this.#add(author, titles(cards), () => ({ html: content.cardRow(id, cards).outerHTML }));
    if (buttons) this.#add(author, titles(buttons), () => ({ html: content.buttonGroup(id, buttons).outerHTML }));
    this.#toEnd();
  }

  /** Mark a message that an agent has deleted, in place of its content. */
  #takeBack(itemId) {
    const log = this.element.shadowRoot.querySelector("#messages");
    const [first, ...others] = [...log.querySelectorAll("[data-shown]")].filter(({ dataset }) => Number(dataset.shown) === itemId);
    first?.querySelector(".message-bubble").replaceChildren(content.deletedNote());
    for (const each of others) each.remove();
  }

  /**
   * Add a message; where deep-chat raises or adds nothing, it is shown as plain text.
   * @param {{role: string, name: string | null, id?: number}} author With the item's id.
   * @param {string} plainText
   * @param {() => object} content
   */
  #add(author, plainText, build) {
    const { role, name } = author;
    const shown = this.element.shadowRoot.querySelector("#messages").getElementsByClassName("outer-message-container");
    const newest = () => [...shown].findLast((each) => each.classList.contains(`deep-chat-outer-container-role-${role}`));
    const before = newest();
    try {
      this.element.addMessage({ role, ...build() });
    } catch (error) {
      console.error(error);
    }
    if (newest() === before) {
      const { shared, [role]: specific } = STYLES.default;
      [...shown].at(-1).after(plainMessage(role, plainText, { ...shared.bubble, ...specific.bubble }));
    }
    if (author.id) newest().dataset.shown = String(author.id);
    if (name) addName(newest(), author);
  }

  /** Show a message of the chat itself, from neither bot nor agent. */
  showNotice(text) {
    const line = document.createElement("p");
    line.textContent = text;
    line.style.cssText = "margin: 6px 0; font-size: .85rem; color: #7a4b00;";
    this.#add({ role: "ai", name: null }, text, () => ({ html: line.outerHTML }));
    this.#toEnd();
  }

  /** @param {boolean} busy Whether the bot works on a reply. */
  showTyping(busy) {
    if (busy) this.loading.toggle({ role: "ai" });
    else this.loading.toggle();
  }

  /** Keep the log at its end, and each log that deep-chat puts in its place when it renders again. */
  #followLog(root) {
    let followed = null;
    const follow = () => {
      const log = root.querySelector("#messages");
      if (!log || log === followed) return;
      followed = log;
      this.#keepAtEnd(log);
    };
    new MutationObserver(follow).observe(root, { childList: true, subtree: true });
    follow();
  }

  /**
   * Keep the newest message in view when the banner, an image or a phone's keyboard takes space.
   *
   * Only a reader's gesture upwards ends this; other changes of the position come from the browser.
   */
  #keepAtEnd(log) {
    let [atEnd, top, gestureAt, pressed] = [true, log.scrollTop, -Infinity, false];
    const noteGesture = () => (gestureAt = performance.now());
    for (const gesture of ["wheel", "touchmove", "keydown"]) log.addEventListener(gesture, noteGesture, { passive: true });
    log.addEventListener("pointerdown", () => (pressed = true)); // also on the scroll bar
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (pressed = false));
    log.addEventListener("scroll", () => {
      const below = log.scrollHeight - log.scrollTop - log.clientHeight;
      if (below < 60) atEnd = true;
      else if (log.scrollTop < top && (pressed || performance.now() - gestureAt < 1000)) atEnd = false;
      top = log.scrollTop;
    });
    const sizes = new ResizeObserver(() => atEnd && this.#toEnd());
    const observeAll = () => [log, ...log.children].forEach((part) => sizes.observe(part));
    new MutationObserver(observeAll).observe(log, { childList: true });
    observeAll();
  }

  #toEnd() {
    this.element.scrollToBottom();
  }
}

function fileOf({ kind, url, name }) {
  const src = url.startsWith("files/") ? `/webhooks/webchat/${url}` : url;
  return { src, name, type: kind === "image" ? "image" : "any" };
}

/** The bot's texts are Markdown; those of people are shown as they are. */
function textOf(role, text) {
  return role === "ai" ? { text: content.linkBare(text) } : { html: content.words(text).outerHTML };
}
