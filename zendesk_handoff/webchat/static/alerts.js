// Messages that the user has not seen: their number on title and launcher, a sound, a notification.

import { tell } from "./site.js";
import { stored } from "./stored.js";
import { say } from "./words.js";

const WANTED = "webchat:alerts";
const title = document.title;
let audio = null; // one: browsers allow few

export class Alerts {
  constructor() {
    this.button = document.querySelector("#alerts");
    this.button.addEventListener("click", () => this.#want(!this.wanted));
    this.wanted = stored(WANTED) === "1";
    this.button.setAttribute("aria-pressed", this.wanted);
    this.isOpen = true;
    this.unread = new Set();
    addEventListener("focus", () => this.#look());
    document.addEventListener("visibilitychange", () => this.#look());
    addEventListener("storage", ({ key, newValue }) => key === this.key && this.#noteSeen(Number(newValue)));
  }

  /** Begin with a conversation. */
  begin(conversation) {
    this.key = `webchat:seen:${conversation}`;
    this.seen = Number(stored(this.key) ?? 0);
    this.newest = 0;
    this.isLive = false; // while the history is loaded nothing sounds
    this.unread.clear();
    this.#show();
  }

  /** From now on what comes is new. */
  start() {
    this.isLive = true;
    this.#look();
  }

  /** @param {boolean} isOpen Whether the launcher shows the chat. */
  setOpen(isOpen) {
    this.isOpen = isOpen;
    this.#look();
  }

  /** Note an item that is not the user's own. */
  note(id, item) {
    this.newest = Math.max(this.newest, id);
    if (this.isLive) tell("message", { id, role: item.role });
    if (id > this.seen) this.unread.add(id);
    if (this.#isSeen()) return this.#look();
    this.#show();
    if (this.isLive && this.wanted) this.#sound(item);
  }

  #isSeen() {
    return this.isOpen && !document.hidden && (document.hasFocus() || !this.isLive);
  }

  #look() {
    if (!this.key || !this.#isSeen()) return;
    if (this.newest > this.seen) stored(this.key, String(this.newest));
    this.#noteSeen(this.newest);
  }

  /** Note the newest item that the user has seen, here or in another window. */
  #noteSeen(id) {
    this.seen = Math.max(this.seen, id);
    for (const each of this.unread) if (each <= this.seen) this.unread.delete(each);
    this.#show();
  }

  #show() {
    const count = this.unread.size;
    document.title = count ? `(${count}) ${title}` : title;
    tell("unread", { count });
  }

  async #want(wanted) {
    this.wanted = wanted;
    stored(WANTED, wanted ? "1" : "0");
    this.button.setAttribute("aria-pressed", wanted);
    if (!wanted) return;
    beep();
    // Browsers allow it on the page itself, not in a frame of another site.
    if (parent === window && window.Notification?.permission === "default") await Notification.requestPermission();
  }

  #sound(item) {
    beep();
    if (parent !== window || window.Notification?.permission !== "granted") return;
    // Without its words: others may look at the screen.
    const name = item.name?.trim();
    try {
      const shown = new Notification(title, { body: name ? say("message_of", { name }) : say("new_messages"), tag: "webchat" });
      shown.onclick = () => window.focus();
    } catch {
      // Phones have them for service workers only.
    }
  }
}

/** Play a short tone; not later, where the browser waits until its user has done something on the page. */
async function beep() {
  audio ??= window.AudioContext && new AudioContext();
  if (!audio) return;
  const wantedAt = performance.now();
  await audio.resume();
  if (performance.now() - wantedAt > 1000) return;
  const [tone, volume] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.08, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.25);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.25);
}
