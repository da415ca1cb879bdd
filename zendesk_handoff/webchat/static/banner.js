// The banner above the chat: the state of the handoff, and its buttons.

const TEXTS = {
  requested: () => "Connecting you with our team …",
  opening: () => "Connecting you with our team …",
  waiting: () => "Waiting for an agent. You can keep writing.",
  active: (agent) => (agent ? ["You are talking with ", nameElement(agent), "."] : "You are talking with our team."),
  ended: () => "The conversation with our team has ended.",
};

export class Banner {
  /** @param {{end: () => void, begin: () => void}} actions */
  constructor({ end, begin }) {
    this.banner = document.querySelector("#banner");
    this.text = document.querySelector("#banner-text");
    this.endButton = document.querySelector("#end-chat");
    this.beginButton = document.querySelector("#new-conversation");
    this.endButton.addEventListener("click", end);
    this.beginButton.addEventListener("click", begin);
  }

  /** @param {{state: string, agent: string | null}} handoff */
  show({ state, agent }) {
    const text = TEXTS[state];
    this.banner.hidden = !text;
    if (!text) return;
    this.text.replaceChildren(...[text(agent?.trim())].flat());
    this.banner.classList.toggle("ended", state === "ended");
    this.endButton.hidden = state !== "waiting" && state !== "active";
    this.beginButton.hidden = state !== "ended";
  }
}

/** Build the element of a name: its direction and length leave the sentence around it unchanged. */
function nameElement(name) {
  const element = document.createElement("bdi");
  element.title = element.textContent = name;
  return element;
}
