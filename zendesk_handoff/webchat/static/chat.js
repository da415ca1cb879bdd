// The chat: deep-chat, with the history items that the server sends and what the user writes.

import { addName, nameOf, plainMessage } from "./author.js";
import * as content from "./content.js";
import { answersOf } from "./form.js";
import { linkBare } from "./links.js";
import { LogPosition } from "./log.js";
import * as media from "./media.js";
import { addDay, addTime, showSeen, showState } from "./meta.js";
import { repair } from "./repairs.js";
import { BUBBLES, STYLE } from "./style.js";
import { say, sayNotice, settings } from "./words.js";

/** Item roles and deep-chat's. deep-chat makes CSS classes of roles, so no other one reaches it. */
const ROLES = { user: "user", bot: "ai", agent: "agent", automation: "automation" };

export class Chat {
  /**
   * @param {HTMLElement} container Emptied first.
   * @param {{write: (entry: object) => void, retry: (id: string) => void, loadFile: Function}} actions `write`
   *   gets what the user sends: a text, the choice of a button, or files.
   */
  constructor(container, actions) {
    this.actions = actions;
    this.own = new Map(); // by their ids, the messages that this page has written
    this.signals = null;
    this.open = true;
    this.isEmpty = true; // of the history
    this.readUntil = 0; // by an agent, in seconds since 1970
    this.loading = { toggle() {} };
    const element = (this.element = document.createElement("deep-chat"));
    element.style.fontFamily = "system-ui, sans-serif";
    element.messageStyles = { default: BUBBLES };
    element.introMessage = { text: settings.greeting };
    element.displayLoadingBubble = this.loading;
    element.textInput = { placeholder: { text: say("write") }, characterLimit: settings.maxText };
    element.mixedFiles = { files: { maxNumberOfFiles: settings.maxFiles, acceptedFormats: settings.extensions } };
    element.auxiliaryStyle = STYLE;
    // deep-chat calls the handler at each rendering; only the signals are new then.
    element.connect = { websocket: true, handler: (_, signals) => this.#connect(signals) };
    this.ready = new Promise((resolve) => {
      element.onComponentRender = () => {
        const root = element.shadowRoot;
        repair(root);
        this.position = new LogPosition(root, container);
        root.addEventListener("click", (event) => this.#click(event));
        root.addEventListener("submit", (event) => this.#answer(event));
        resolve();
      };
    });
    container.replaceChildren(element);
  }

  get #log() {
    return this.element.shadowRoot.querySelector("#messages");
  }

  #connect(signals) {
    this.signals = signals;
    signals.newUserMessage.listener = (body) => this.#write(body.messages.at(-1));
    if (this.open) signals.onOpen();
  }

  /** Put the cursor where the user writes. */
  focus() {
    this.element.focusInput?.();
  }

  /** Enable or disable writing: for good, not while the connection is lost. */
  setOpen(open) {
    if (open === this.open) return;
    this.open = open;
    if (open) this.signals?.onOpen();
    else this.signals?.onClose();
  }

  /** Take what the user has written out of deep-chat, which shows it without its state. */
  #write(message) {
    const files = (this.element.getMessages().at(-1).files ?? []).map((file) => file.ref).filter(Boolean);
    for (const draft of this.#log.querySelectorAll(".deep-chat-outer-container-role-user:not([data-shown], [data-entry])")) draft.remove();
    if (message.text) this.actions.write({ id: crypto.randomUUID(), text: message.text });
    if (files.length) this.actions.write({ id: crypto.randomUUID(), files });
  }

  #click(event) {
    const found = event.target.closest?.("[data-payload], .retry, .picture, a[data-file]");
    if (!found) return;
    if (found.matches(".retry")) return this.actions.retry(found.closest("[data-entry]").dataset.entry);
    if (found.matches(".picture")) return media.view(found.querySelector("img"));
    if (found.matches("a[data-file]")) {
      event.preventDefault();
      return media.download(found, this.actions.loadFile).catch((error) => this.showNotice(error.message));
    }
    const { payload, item, says } = found.dataset;
    const title = says ?? found.textContent;
    this.actions.write({ id: crypto.randomUUID(), text: title, choice: { payload, title, answers: Number(item) } });
    this.#markAnswered(Number(item));
  }

  /** Send the answers of a form in words, a line each. */
  #answer(event) {
    event.preventDefault();
    const { item } = event.target.dataset;
    const text = answersOf(event.target);
    if (!text) return;
    this.actions.write({ id: crypto.randomUUID(), text, choice: { text, answers: Number(item) } });
    this.#markAnswered(Number(item));
  }

  /** Take the quick replies of an item away, and disable the buttons of its cards and its form. */
  #markAnswered(itemId) {
    const hadFocus = this.element.shadowRoot.activeElement;
    for (const part of this.#log.querySelectorAll(`[data-item="${Number(itemId)}"]`)) content.markUsed(part);
    if (hadFocus && !hadFocus.isConnected) this.focus();
  }

  /**
   * Show what the user has written, or its new state.
   * @param {{id: string, text?: string, files?: File[], names?: string[], state: string, reason?: string,
   *   progress?: number}} entry
   */
  showEntry(entry) {
    if (!this.own.has(entry.id)) {
      const author = { role: "user", name: null };
      const parts = partsOfEntry(entry);
      const shown = parts.map((part) => this.#add(author, entry.text ?? "", { html: part.outerHTML }));
      for (const each of shown) each.dataset.entry = entry.id;
      this.own.set(entry.id, { shown, at: new Date() });
      addDay(shown[0], new Date());
      this.position.toEnd();
    }
    const { shown, at } = this.own.get(entry.id);
    showState(shown.at(-1), at, entry);
  }

  /**
   * Show a history item.
   * @param {number} id
   * @param {{role: string, at?: number, name?: string, text?: string, media?: object, buttons?: object[],
   *   cards?: object[], form?: object, is_deleted?: boolean, deletes?: number}} item
   * @returns {boolean} Whether it is new to the user.
   */
  show(id, item) {
    this.isEmpty = false;
    if (item.answers) this.#markAnswered(item.answers);
    const own = this.own.get(item.request_id?.split(":")[0]);
    if (own) {
      this.#noteTime(own.shown.at(-1), item.at);
      return false;
    }
    if (item.role === "deletion") return this.#takeBack(item.deletes);
    const at = new Date((item.at ?? Date.now() / 1000) * 1000);
    if (item.role === "notice") return this.showNotice(sayNotice(item));
    if (item.role === "status") return this.#showStatus(id, item.text, at);
    const role = ROLES[item.role] ?? "automation";
    const author = { role, name: nameOf(role, item), avatar: item.avatar, id };
    const shown = content.partsOf(id, role, item).map(({ plain, message }) => this.#add(author, plain, message));
    if (!shown.length) return false;
    addDay(shown[0], at);
    addTime(shown.at(-1), at, role === "user" ? say("sent") : "");
    if (role === "user") this.#noteTime(shown.at(-1), item.at);
    if (item.media?.url.startsWith("files/")) media.showOwnFiles(shown, this.actions.loadFile);
    this.position.toEndIfFollowed(role !== "user");
    return role !== "user";
  }

  /** Show words about the handover as a line between the messages; nobody has to read them to be answered. */
  #showStatus(id, text, at) {
    const added = this.#add({ role: "ai", name: null, id }, text, { text: linkBare(text) });
    added.classList.add("of-chat", "status");
    addDay(added, at);
    this.position.toEndIfFollowed(false);
    return false;
  }

  /** @param {number} id An item's. @returns {HTMLElement | undefined} The last of the messages that show it. */
  messageOf(id) {
    return [...this.#log.querySelectorAll(`[data-shown="${Number(id)}"]`)].at(-1);
  }

  /** Mark what the user has written until a time as seen. @param {number} until In seconds since 1970. */
  showRead(until) {
    this.readUntil = Math.max(this.readUntil, until);
    for (const each of this.#log.querySelectorAll("[data-at]")) {
      if (Number(each.dataset.at) <= this.readUntil) showSeen(each);
    }
  }

  /** Note the server's time of a message of the user's: the page's clock may be another one. */
  #noteTime(message, at) {
    message.dataset.at = String(at);
    if (at <= this.readUntil) showSeen(message);
  }

  /** Mark a message that an agent has deleted, in place of its content. */
  #takeBack(itemId) {
    const [first, ...others] = [...this.#log.querySelectorAll("[data-shown]")].filter(({ dataset }) => Number(dataset.shown) === itemId);
    first?.querySelector(".message-bubble").replaceChildren(content.deletedNote());
    for (const each of others) each.remove();
    return false;
  }

  /**
   * Add a message; where deep-chat raises or adds nothing, it is shown as plain text.
   * @param {{role: string, name: string | null, id?: number}} author With the item's id.
   * @param {string} plainText
   * @param {object} message As deep-chat takes it.
   * @returns {HTMLElement} Its container.
   */
  #add(author, plainText, message) {
    const { role, name } = author;
    // The bubble of somebody who types is none: deep-chat takes it away again.
    const all = () => [...this.#log.querySelectorAll(".outer-message-container:not(:has(.deep-chat-loading-message-bubble))")];
    const newest = () => all().findLast((each) => each.classList.contains(`deep-chat-outer-container-role-${role}`));
    const before = newest();
    try {
      this.element.addMessage({ role, ...message });
    } catch (error) {
      console.error(error);
    }
    if (newest() === before) all().at(-1).after(plainMessage(role, plainText));
    const added = newest();
    if (author.id) added.dataset.shown = String(author.id);
    if (name) addName(added, author);
    return added;
  }

  /** Show a message of the chat itself, from neither bot nor agent. */
  showNotice(text) {
    const added = this.#add({ role: "ai", name: null }, text, { html: content.notice(text).outerHTML });
    added.classList.add("of-chat");
    this.position.toEndIfFollowed();
    return true;
  }

  /** @param {boolean} busy Whether the other side works on a reply. @param {string} role */
  showTyping(busy, role = "ai") {
    if (busy) this.loading.toggle({ role });
    else this.loading.toggle();
  }
}

/** The elements of what the user has written; of files that a reload has lost, their names. */
function partsOfEntry({ text, files, names }) {
  if (files) return files.map((file) => media.localFile(file));
  return names ? names.map((name) => media.lostFile(name)) : [content.words(text)];
}
