// Elements of a message that the page itself makes: the author's name, and a plain text as a fallback.
//
// A display name comes from outside: it becomes a text node or a title, never a role, a class or markup.

import { isSafe } from "./links.js";
import { BUBBLES } from "./style.js";
import { say } from "./words.js";

const NAMELESS = { agent: "our_team", automation: "automatic" };

/**
 * Return the name to show above an item, or null where its author needs none.
 * @param {string} role
 * @param {{name?: string}} item
 */
export function nameOf(role, item) {
  if (!Object.hasOwn(NAMELESS, role)) return null;
  return item.name?.trim() || say(NAMELESS[role]);
}

/**
 * Put a name, and a picture, above a message; on consecutive messages of one author only screen readers get it.
 * @param {Element} message deep-chat's outer container.
 * @param {{role: string, name: string, avatar?: string}} author
 */
export function addName(message, { role, name, avatar }) {
  const above = message.previousElementSibling?.querySelector(".author");
  const line = document.createElement("div");
  line.className = "author";
  line.dir = "auto";
  line.dataset.role = role;
  line.title = line.textContent = name;
  line.classList.toggle("repeated", above?.dataset.role === role && above.textContent === name);
  if (typeof avatar === "string" && isSafe(avatar)) line.prepend(pictureOf(avatar));
  message.querySelector(".message-bubble").before(line);
}

function pictureOf(address) {
  const picture = document.createElement("img");
  picture.src = address;
  picture.alt = ""; // the name stands beside it
  picture.addEventListener("error", () => picture.remove()); // of a host that the page's policy does not allow
  return picture;
}

/**
 * Build a message that deep-chat could not, from the elements that it would have used, as plain text.
 * @param {string} role
 * @param {string} text
 */
export function plainMessage(role, text) {
  const [outer, inner, bubble] = [0, 1, 2].map(() => document.createElement("div"));
  outer.className = `outer-message-container deep-chat-outer-container-role-${role}`;
  inner.className = "inner-message-container";
  bubble.className = `message-bubble ${role === "user" ? "user" : "ai"}-message-text`;
  Object.assign(bubble.style, BUBBLES.shared.bubble, BUBBLES[role].bubble, { whiteSpace: "pre-wrap" });
  bubble.textContent = text;
  inner.append(bubble);
  outer.append(inner);
  return outer;
}
