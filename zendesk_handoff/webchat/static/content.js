// Elements of an agent's message: words with links, buttons, cards.
//
// Everything comes from outside: it becomes text nodes and checked addresses, never markup.

const ADDRESS = /https?:\/\/[^\s<>"\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi;
const SENTENCE_MARKS = ".,:;!?…'\"*_~`»”’";
const OPENING = { ")": "(", "]": "[", "}": "{" };

export const CHOICE = {
  padding: "7px 14px", margin: "4px 6px 4px 0", border: "1px solid #14545c", borderRadius: "999px",
  background: "#fff", color: "#14545c", font: "inherit", cursor: "pointer",
};
export const STYLE = `
  .said { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
  .deleted { opacity: .75; }
  .link-button {
    display: inline-block; padding: 7px 14px; margin: 4px 6px 4px 0; border: 1px solid #14545c;
    border-radius: 8px; background: #14545c; color: #fff !important; text-decoration: none;
  }
  .webchat-choice, .link-button { max-width: 100%; overflow-wrap: anywhere; text-align: start; unicode-bidi: plaintext; }
  .chosen { background: #14545c !important; color: #fff !important; opacity: 1 !important; }
  .message-bubble:has(.cards) { max-width: 96% !important; overflow: hidden; }
  .cards { display: flex; gap: 10px; overflow-x: auto; margin: 0 -4px; padding: 4px 4px 8px; }
  .card {
    flex: 0 0 min(210px, 80%); display: flex; flex-direction: column; overflow: hidden;
    border: 1px solid rgb(28 43 45 / 18%); border-radius: 12px; background: #fff; color: #1c2b2d;
  }
  .card img { width: 100%; height: 130px; object-fit: contain; background: #f3f5f2; }
  .card .words { flex: 1; padding: 10px 12px 4px; }
  .card .title { font-weight: 600; }
  .card .title, .card .said { overflow-wrap: anywhere; unicode-bidi: plaintext; }
  .card .buttons, .card > a:not(.link-button) { padding: 4px 12px 10px; }`;

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Return whether a page may link to an address: one of the web, or a path on this server. */
export function isSafe(address) {
  try {
    return /^https?:$/.test(new URL(address, location.href).protocol);
  } catch {
    return false;
  }
}

/** Make an element open an address in another tab. */
export function linkTo(element, address) {
  element.href = address;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}

/**
 * Build the words of a message; the web addresses in them are links.
 * @param {string} text Shown as it is.
 */
export function words(text) {
  const box = make("div", "said");
  box.dir = "auto";
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutMarks(found);
    if (!isSafe(address)) continue;
    box.append(text.slice(end, index), linkTo(make("a", "", address), address));
    end = index + address.length;
  }
  box.append(text.slice(end));
  return box;
}

/** Cut what ends a sentence off an address, or closes a bracket that was opened before it. */
function withoutMarks(address) {
  const count = (mark) => address.split(mark).length;
  for (;;) {
    const last = address.at(-1) ?? "";
    const closes = Object.hasOwn(OPENING, last) && count(last) > count(OPENING[last]);
    if (!last || !(SENTENCE_MARKS.includes(last) || closes)) return address;
    address = address.slice(0, -1);
  }
}

/** Make the bare web addresses of Markdown links. */
export function linkBare(markdown) {
  return markdown.replace(ADDRESS, (found, index) => {
    const before = markdown.slice(Math.max(0, index - 2), index);
    const address = withoutMarks(found);
    // In a link, in quotes or in code it is left alone.
    if (before.endsWith("](") || /[<[="'`\w\\]$/.test(before) || !isSafe(address)) return found;
    return `<${address}>${found.slice(address.length)}`;
  });
}

/**
 * Build buttons: a choice is sent as the user's message, a link is opened.
 * @param {number} itemId The history item that a choice answers.
 * @param {{title: string, payload?: string, says?: string, url?: string}[]} buttons
 */
export function buttonGroup(itemId, buttons) {
  const group = make("div", "buttons");
  for (const { title, payload, says, url } of buttons) {
    if (url) {
      if (isSafe(url)) group.append(linkTo(make("a", "link-button", title), url));
      continue;
    }
    const button = make("button", "webchat-choice", title);
    button.type = "button";
    button.dataset.payload = payload;
    button.dataset.item = String(itemId);
    if (says) button.dataset.says = says;
    group.append(button);
  }
  return group;
}

/**
 * Build a carousel or a list.
 * @param {number} itemId
 * @param {{title: string, text?: string, image?: string, buttons?: object[]}[]} cards
 */
export function cardRow(itemId, cards) {
  const row = make("div", "cards");
  row.tabIndex = 0; // its scroll bar is reached by the keyboard
  row.setAttribute("role", "list");
  for (const { title, text, image, buttons } of cards) {
    const card = make("div", "card");
    card.setAttribute("role", "listitem");
    if (image && isSafe(image)) {
      const picture = make("img", "");
      picture.src = image;
      picture.alt = title;
      card.append(picture);
    }
    const said = make("div", "words");
    said.append(make("div", "title", title), words(text ?? ""));
    card.append(said);
    if (buttons?.length) card.append(buttonGroup(itemId, buttons));
    row.append(card);
  }
  return row;
}

/** Build what is shown in place of a message that was deleted. */
export const deletedNote = () => make("em", "deleted", "This message was deleted.");
