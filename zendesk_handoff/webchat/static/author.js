// Elements of a message that the page itself makes: the author's name, and a plain text as a fallback.
//
// A display name comes from outside: it becomes a text node or a title, never a role, a class or markup.

const NAMELESS = { agent: "Our team", automation: "Automatic message" };

export const STYLE = `
  .inner-message-container:has(> .author) { flex-wrap: wrap; }
  .author {
    flex: 0 0 100%; box-sizing: border-box; margin-top: 10px; padding-right: 22%;
    overflow: hidden; text-align: left; text-overflow: ellipsis; white-space: nowrap;
    font-size: .78rem; color: #4d5d5f;
  }
  .author.repeated { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; }
  .author:not(.repeated) ~ .message-bubble { margin-top: 2px !important; }`;

/**
 * Return the name to show above an item, or null where its author needs none.
 * @param {string} role
 * @param {{name?: string}} item
 */
export function nameOf(role, item) {
  if (!Object.hasOwn(NAMELESS, role)) return null;
  return item.name?.trim() || NAMELESS[role];
}

/**
 * Put a name above a message; on consecutive messages of one author only screen readers get it.
 * @param {Element} message deep-chat's outer container.
 * @param {{role: string, name: string}} author
 */
export function addName(message, { role, name }) {
  const above = message.previousElementSibling?.querySelector(".author");
  const line = document.createElement("div");
  line.className = "author";
  line.dir = "auto";
  line.dataset.role = role;
  line.title = line.textContent = name;
  line.classList.toggle("repeated", above?.dataset.role === role && above.textContent === name);
  message.querySelector(".message-bubble").before(line);
}

/**
 * Build a message that deep-chat could not, from the elements that it would have used, as plain text.
 * @param {string} role
 * @param {string} text
 * @param {object} style Of the bubble.
 */
export function plainMessage(role, text, style) {
  const [outer, inner, bubble] = [0, 1, 2].map(() => document.createElement("div"));
  outer.className = `outer-message-container deep-chat-outer-container-role-${role}`;
  inner.className = "inner-message-container";
  bubble.className = `message-bubble ${role === "user" ? "user" : "ai"}-message-text`;
  Object.assign(bubble.style, style, { whiteSpace: "pre-wrap" });
  bubble.textContent = text;
  inner.append(bubble);
  outer.append(inner);
  return outer;
}
