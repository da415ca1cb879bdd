// The question that a page asks whose address wants another conversation than the one that it shows.
//
// Anybody can write an address: nothing happens without the user's answer, and Escape is a no.

import { say } from "./words.js";

const NAMES = ["workspace", "name", "email"];
const dialog = document.querySelector("#ask");

/**
 * Ask whether to begin another conversation.
 * @param {{workspace?: string, name?: string, email?: string}} asks What the address asks for; shown as text.
 * @returns {Promise<boolean>}
 */
export function ask(asks) {
  const rows = NAMES.filter((key) => asks[key]).flatMap((key) => [make("dt", say(`ask_${key}`)), make("dd", asks[key])]);
  dialog.querySelector("dl").replaceChildren(...rows);
  dialog.returnValue = "";
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "begin"), { once: true });
    if (!dialog.open) dialog.showModal();
  });
}

function make(tag, text) {
  const element = document.createElement(tag);
  element.dir = "auto";
  element.textContent = text;
  return element;
}
