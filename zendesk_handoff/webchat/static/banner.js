// The banner above the chat: the state of the handoff, and its buttons.

import { say } from "./words.js";

const STATES = { requested: "connecting", opening: "connecting", waiting: "waiting_for_agent", active: "active", ended: "ended" };

export class Banner {
  /** @param {{end: () => void, begin: () => void}} actions */
  constructor({ end, begin }) {
    this.banner = document.querySelector("#banner");
    this.text = document.querySelector("#banner-text");
    this.endButton = document.querySelector("#end-chat");
    this.beginButton = document.querySelector("#new-conversation");
    this.endButton.addEventListener("click", end);
    this.beginButton.addEventListener("click", begin);
    const notices = document.querySelector("#notices");
    const tellHeight = () => document.documentElement.style.setProperty("--notices-height", `${notices.offsetHeight}px`);
    new ResizeObserver(tellHeight).observe(notices);
  }

  /** @param {{state: string, agent: string | null}} handoff */
  show({ state, agent }) {
    const isShown = Object.hasOwn(STATES, state);
    this.banner.hidden = !isShown;
    if (!isShown) return;
    const name = state === "active" ? agent?.trim() : "";
    this.text.replaceChildren(...(name ? sentenceWith(name) : [say(STATES[state])]));
    this.banner.classList.toggle("ended", state === "ended");
    this.endButton.hidden = state !== "waiting" && state !== "active";
    this.beginButton.hidden = state !== "ended";
  }
}

/** Put a name into its sentence, as an element: its direction and length leave the rest unchanged. */
function sentenceWith(name) {
  const [before, after] = say("active_with").split("{agent}");
  const element = document.createElement("bdi");
  element.title = element.textContent = name;
  const end = document.createElement("span"); // no line begins with the full stop
  end.className = "unbroken";
  end.append(element, after);
  return [before, end];
}
