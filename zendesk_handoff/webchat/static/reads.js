// The agents' newest message, once it has been shown: its agent is to know.

import { stored } from "./stored.js";

const ROLES = new Set(["agent", "automation"]);

export class Reads {
  /** @param {(id: number) => Promise<unknown>} report Tells the server of an item; it may fail. */
  constructor(report) {
    this.report = report;
    this.isOpen = true;
    this.observer = new IntersectionObserver((changes) => {
      const change = changes.findLast(({ target }) => target === this.message); // others may still come
      if (change) this.inView = change.isIntersecting;
      this.#look();
    });
    document.addEventListener("visibilitychange", () => this.#look());
    this.begin("");
  }

  /** Begin with a conversation. */
  begin(conversation) {
    this.observer.disconnect();
    this.key = `webchat:read:${conversation}`;
    this.reported = Number(stored(this.key) ?? 0);
    this.newest = 0;
    this.message = null;
    this.inView = false;
    this.isWithAgents = false;
  }

  /** @param {boolean} isOpen Whether the launcher shows the chat. */
  setOpen(isOpen) {
    this.isOpen = isOpen;
    this.#look();
  }

  /** @param {boolean} isWithAgents Whether agents are there to know, or to come. */
  setWithAgents(isWithAgents) {
    this.isWithAgents = isWithAgents;
    this.#look();
  }

  /** Note an item. @param {number} id @param {{role: string}} item @param {HTMLElement} [message] Its last. */
  note(id, item, message) {
    if (!message || !ROLES.has(item.role) || id <= this.newest) return;
    this.newest = id;
    this.inView = false;
    this.observer.disconnect();
    this.message = message;
    this.observer.observe(message);
  }

  async #look() {
    const isShown = this.isOpen && !document.hidden && this.inView;
    if (!isShown || !this.isWithAgents || this.newest <= this.reported) return;
    this.reported = this.newest;
    stored(this.key, String(this.newest)); // first: a report that fails is not made again
    await this.report(this.newest).catch(() => {});
  }
}
