// deep-chat, wired to entries that the server sends and to messages that the user writes.

import * as api from "./api.js";
import { STYLE, nameOf, plainMessage, sign } from "./author.js";
import { repair } from "./repairs.js";

/** An entry's role, as deep-chat knows it: deep-chat makes roles into CSS classes, so these are all. */
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
const CHOICE = {
  padding: "7px 14px", margin: "4px 6px 4px 0", border: "1px solid #14545c", borderRadius: "999px",
  background: "#fff", color: "#14545c", font: "inherit", cursor: "pointer",
};

export class Chat {
  /**
   * @param {HTMLElement} place Emptied first.
   * @param {{greeting: string, extensions: string}} options
   */
  constructor(place, { greeting, extensions }) {
    this.sent = new Set();
    this.signals = null;
    this.open = true;
    this.loading = { toggle() {} };
    const element = (this.element = document.createElement("deep-chat"));
    element.style.fontFamily = "system-ui, sans-serif";
    element.messageStyles = STYLES;
    element.introMessage = { text: greeting };
    element.displayLoadingBubble = this.loading;
    element.textInput = { placeholder: { text: "Write a message …" }, characterLimit: 8000 };
    element.mixedFiles = { files: { maxNumberOfFiles: 3, acceptedFormats: extensions } };
    element.auxiliaryStyle = `
      #file-attachment-container { background-color: #eceeea !important; } /* it lies over messages */
      button[disabled] { opacity: .5; cursor: default !important; }
      #messages { padding-bottom: 8px; }
      /* People write in either direction; the bot's sentences may only begin with a name that does. */
      .outer-message-container:not(.deep-chat-outer-container-role-ai) :is(.message-bubble, p, li) { unicode-bidi: plaintext; }
      ${STYLE}`;
    element.htmlClassUtilities = {
      "webchat-choice": { styles: { default: CHOICE }, events: { click: (event) => this.#choose(event) } },
    };
    // deep-chat calls the handler again whenever it renders: only the signals are new then.
    element.connect = { websocket: true, handler: (_, signals) => this.#connect(signals) };
    this.ready = new Promise((resolve) => {
      element.onComponentRender = () => {
        repair(element.shadowRoot);
        this.#keepEnd(element.shadowRoot.querySelector("#messages"));
        resolve();
      };
    });
    place.replaceChildren(element);
  }

  #connect(signals) {
    this.signals = signals;
    signals.newUserMessage.listener = (body) => this.#send(body.messages.at(-1));
    if (this.open) signals.onOpen();
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
    try {
      const files = (this.element.getMessages().at(-1).files ?? []).map((file) => file.ref).filter(Boolean);
      if (message.custom?.payload) {
        await api.sayChoice(id, { ...message.custom, title: message.text });
      } else if (message.text) {
        await api.sayText(id, message.text);
      }
      if (files.length) {
        const own = message.text ? crypto.randomUUID() : id;
        files.forEach((_, number) => this.sent.add(number ? `${own}:${number}` : own));
        await api.sendFiles(own, files);
      }
    } catch (refused) {
      this.tell(refused.message);
    }
  }

  #choose(event) {
    const button = event.currentTarget ?? event.target;
    if (button.disabled) return;
    const { payload, entry } = button.dataset;
    this.#answered(Number(entry));
    this.element.submitUserMessage({ text: button.textContent, custom: { payload, answers: Number(entry) } });
  }

  #answered(entry) {
    for (const button of this.element.shadowRoot.querySelectorAll("[data-entry]")) {
      if (Number(button.dataset.entry) === entry) button.disabled = true;
    }
  }

  /**
   * Show an entry of the conversation.
   * @param {number} id
   * @param {{role: string, name?: string, text?: string, media?: object, buttons?: object[]}} entry
   */
  show(id, entry) {
    if (entry.answers) this.#answered(entry.answers);
    if (entry.request_id && this.sent.has(entry.request_id)) return;
    if (entry.role === "notice") return this.tell(entry.text);
    const role = ROLES[entry.role] ?? "automation";
    const { text, media, buttons } = entry;
    const name = nameOf(role, entry);
    if (text) this.#add({ role, name }, text, () => ({ text }));
    if (media) this.#add({ role, name }, media.name || media.url, () => ({ files: [fileOf(media)] }));
    if (buttons) {
      const titles = buttons.map(({ title }) => title).join("\n");
      this.#add({ role, name }, titles, () => ({ html: buttonsOf(id, buttons) }));
    }
    this.#toEnd();
  }

  /**
   * Add a message; where deep-chat raises or adds nothing, its words stand there as plain text.
   * @param {{role: string, name: string | null}} writer
   * @param {string} words
   * @param {() => object} content
   */
  #add(writer, words, content) {
    const { role, name } = writer;
    const shown = this.element.shadowRoot.querySelector("#messages").getElementsByClassName("outer-message-container");
    const newest = () => [...shown].findLast((each) => each.classList.contains(`deep-chat-outer-container-role-${role}`));
    const before = newest();
    try {
      this.element.addMessage({ role, ...content() });
    } catch (fault) {
      console.error(fault);
    }
    if (newest() === before) {
      const { shared, [role]: own } = STYLES.default;
      [...shown].at(-1).after(plainMessage(role, words, { ...shared.bubble, ...own.bubble }));
    }
    if (name) sign(newest(), writer);
  }

  /** Say something that neither bot nor agent says. */
  tell(text) {
    const line = document.createElement("p");
    line.textContent = text;
    line.style.cssText = "margin: 6px 0; font-size: .85rem; color: #7a4b00;";
    this.#add({ role: "ai", name: null }, text, () => ({ html: line.outerHTML }));
    this.#toEnd();
  }

  /** @param {boolean} busy Whether the bot is working on an answer. */
  showTyping(busy) {
    if (busy) this.loading.toggle({ role: "ai" });
    else this.loading.toggle();
  }

  /**
   * Go on showing the newest message when the banner, a picture or a phone's keyboard takes room.
   *
   * Only the reader leaves the end, upwards and by a gesture: any other change of the position is the
   * browser's doing.
   */
  #keepEnd(log) {
    let [atEnd, top, asked, pressed] = [true, log.scrollTop, -Infinity, false];
    const ask = () => (asked = performance.now());
    for (const gesture of ["wheel", "touchmove", "keydown"]) log.addEventListener(gesture, ask, { passive: true });
    log.addEventListener("pointerdown", () => (pressed = true)); // also on the scroll bar
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (pressed = false));
    log.addEventListener("scroll", () => {
      const below = log.scrollHeight - log.scrollTop - log.clientHeight;
      if (below < 60) atEnd = true;
      else if (log.scrollTop < top && (pressed || performance.now() - asked < 1000)) atEnd = false;
      top = log.scrollTop;
    });
    const sizes = new ResizeObserver(() => atEnd && this.#toEnd());
    const watch = () => [log, ...log.children].forEach((part) => sizes.observe(part));
    new MutationObserver(watch).observe(log, { childList: true });
    watch();
  }

  #toEnd() {
    this.element.scrollToBottom();
  }
}

function fileOf({ kind, url, name }) {
  const src = url.startsWith("files/") ? `/webhooks/webchat/${url}` : url;
  return { src, name, type: kind === "image" ? "image" : "any" };
}

function buttonsOf(entry, buttons) {
  const group = document.createElement("div");
  for (const { title, payload, url } of buttons) {
    const item = document.createElement(url ? "a" : "button");
    item.textContent = title;
    if (url) {
      item.href = url;
      item.target = "_blank";
    } else {
      item.className = "webchat-choice";
      item.dataset.payload = payload;
      item.dataset.entry = String(entry);
    }
    group.append(item);
  }
  return group.outerHTML;
}
