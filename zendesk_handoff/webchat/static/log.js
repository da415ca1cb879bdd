// The position in the log: it follows the newest message until its reader scrolls up.

import { say } from "./words.js";

export class LogPosition {
  /**
   * @param {ShadowRoot} root deep-chat's.
   * @param {HTMLElement} container Gets the button that leads to new messages.
   */
  constructor(root, container) {
    this.atEnd = true;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.id = "new-messages";
    this.button.hidden = true;
    this.button.textContent = say("new_messages");
    this.button.addEventListener("click", () => this.toEnd());
    container.append(this.button);
    const follow = () => {
      const log = root.querySelector("#messages");
      if (!log || log === this.log) return;
      this.log = log;
      this.#follow(log);
    };
    // deep-chat puts another log in its place when it renders again.
    new MutationObserver(follow).observe(root, { childList: true, subtree: true });
    follow();
  }

  toEnd() {
    this.atEnd = true;
    this.button.hidden = true;
    this.log.scrollTop = this.log.scrollHeight;
  }

  /** Show what has been added, or say that there is something new. */
  toEndIfFollowed(isNews = true) {
    if (this.atEnd) this.toEnd();
    else if (isNews) this.button.hidden = false;
  }

  /**
   * Keep the newest message in view when the banner, an image or a phone's keyboard takes space.
   *
   * Only a reader's gesture upwards ends this; other changes of the position come from the browser.
   */
  #follow(log) {
    let [top, gestureAt, pressed] = [log.scrollTop, -Infinity, false];
    const noteGesture = () => (gestureAt = performance.now());
    for (const gesture of ["wheel", "touchmove", "keydown"]) log.addEventListener(gesture, noteGesture, { passive: true });
    // At once: before its scroll event, an image that has been loaded would bring the end back.
    log.addEventListener("wheel", ({ deltaY }) => (this.atEnd &&= deltaY >= 0 || log.scrollTop === 0), { passive: true });
    log.addEventListener("pointerdown", () => (pressed = true)); // also on the scroll bar
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pressed = false));
    log.addEventListener("scroll", () => {
      const below = log.scrollHeight - log.scrollTop - log.clientHeight;
      if (below < 60) [this.atEnd, this.button.hidden] = [true, true];
      else if (log.scrollTop < top && (pressed || performance.now() - gestureAt < 1000)) this.atEnd = false;
      top = log.scrollTop;
    });
    const sizes = new ResizeObserver(() => this.toEndIfFollowed(false));
    const observe = (parts) => [...parts].filter((part) => part instanceof Element).forEach((part) => sizes.observe(part));
    new MutationObserver((changes) => changes.forEach((change) => observe(change.addedNodes))).observe(log, { childList: true });
    observe([log, ...log.children]);
  }
}
