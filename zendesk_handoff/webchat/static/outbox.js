// Messages that the server has not acknowledged: sent in order, again after each failure, and kept over a
// reload of the page. The server recognizes by its id a message that it has. Of files the names are kept:
// after a reload it is said that they were not sent.

/** Milliseconds before each repetition; the last one for all further ones. */
const DELAYS = [1000, 2000, 4000, 8000, 15_000];

export class Outbox {
  /**
   * @param {string} conversation
   * @param {{send: (entry: object, progress: Function) => Promise, changed: (entry: object) => void}} on `send`
   *   raises an error, whose `retryable` says whether time may help; `changed` tells an entry's new state:
   *   `sending`, `waiting` (for the next attempt), `failed` (for the user), `lost` (files after a reload) or `sent`.
   */
  constructor(conversation, { send, changed }) {
    this.conversation = conversation;
    this.key = `webchat:unsent:${conversation}`;
    this.send = send;
    this.changed = changed;
    this.entries = [];
    this.isStarted = false;
    this.isRunning = false;
    this.isClosed = false;
    this.wake = () => {};
  }

  /**
   * Take up what an earlier load of the page could not send; it is sent once `start` is called.
   * @param {object[]} more Entries that are to be sent as well.
   */
  restore(more) {
    const stateOf = ({ names, files }) => (names && !files ? "lost" : "sending");
    this.entries = [...this.#read(), ...more].map((entry) => ({ ...entry, state: stateOf(entry), reason: "", isShown: false }));
  }

  /** Show all entries, and begin to send; again for a page that is built anew. */
  start() {
    this.isStarted = true;
    for (const entry of this.entries) this.#show(entry);
    this.#run();
  }

  /** @param {{id: string, text?: string, choice?: object, files?: File[]}} entry */
  add(entry) {
    if (entry.files) {
      entry.names = entry.files.map(({ name }) => name);
      this.entries = this.entries.filter(({ state }) => state !== "lost"); // it is chosen again, if it is wanted
    }
    this.entries.push(entry);
    this.#change(entry, "sending");
    this.#run();
  }

  /** Send an entry again, or at once, as its user asks for. */
  retry(id) {
    const entry = this.entries.find((each) => each.id === id);
    if (!entry) return;
    if (entry.state === "failed") this.#change(entry, "sending");
    this.wake();
    this.#run();
  }

  /** Note that the server has an entry: it has answered, or shows it in the history. */
  confirm(id) {
    const entry = this.entries.find((each) => each.id === id);
    if (!entry) return;
    this.entries = this.entries.filter((each) => each !== entry);
    // What an earlier load of the page has sent is shown as a part of the history.
    if (entry.isShown) this.#change(entry, "sent");
    else this.#keep();
  }

  /** Try again at once: the server is back. */
  resume() {
    this.wake();
  }

  /** Send nothing more: another conversation begins. */
  close() {
    this.isClosed = true;
    this.wake();
  }

  /** Whether files are on their way, which a reload would lose. */
  get isSendingFiles() {
    return this.entries.some(({ files, state }) => files && state !== "failed");
  }

  async #run() {
    if (this.isRunning || !this.isStarted) return;
    this.isRunning = true;
    for (let failures = 0; !this.isClosed; ) {
      const entry = this.entries.find(({ state }) => state !== "failed" && state !== "lost");
      if (!entry) break;
      try {
        await this.send(entry, (part) => this.isClosed || this.changed({ ...entry, progress: part }));
        this.confirm(entry.id);
        failures = 0;
      } catch (error) {
        if (!this.entries.includes(entry)) continue; // only the answer was lost
        this.#change(entry, error.retryable ? "waiting" : "failed", error.message);
        if (error.retryable) await this.#pause(DELAYS[Math.min(failures++, DELAYS.length - 1)]);
      }
    }
    this.isRunning = false;
  }

  #pause(delay) {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, delay);
    });
  }

  #change(entry, state, reason = "") {
    Object.assign(entry, { state, reason });
    this.#keep();
    this.#show(entry);
  }

  #show(entry) {
    if (this.isClosed) return;
    entry.isShown = true;
    this.changed(entry);
  }

  /** Keep words in the tab's storage, which ends with the tab; of files it has room for the names. */
  #keep() {
    const kept = this.entries.map(({ id, text, choice, names }) => ({ id, text, choice, names }));
    try {
      if (kept.length) sessionStorage.setItem(this.key, JSON.stringify(kept));
      else sessionStorage.removeItem(this.key);
    } catch {
      // A browser may refuse: then nothing outlives a reload.
    }
  }

  #read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key)) ?? [];
    } catch {
      return [];
    }
  }
}
