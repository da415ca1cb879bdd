// Elements of a message: words with links, pictures and files, buttons, cards, forms.
//
// Everything comes from outside: it becomes text nodes and checked addresses, never markup.

import { formOf } from "./form.js";
import { divide, isSafe, linkBare, linkTo } from "./links.js";
import { fileOf, pictureOf } from "./media.js";
import { say } from "./words.js";

const EMOJI = /^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f]|\s){1,16}$/u;

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * Divide a history item into messages as deep-chat takes them.
 * @param {number} id
 * @param {string} role
 * @param {object} item
 * @returns {{plain: string, message: object}[]} `plain`: the words that tell the same.
 */
export function partsOf(id, role, { is_deleted, text, media, cards, buttons, form }) {
  const parts = [];
  const add = (plain, element) => parts.push({ plain, message: { html: element.outerHTML } });
  const titles = (all) => all.map(({ title }) => title).join("\n");
  if (is_deleted) add("", deletedNote());
  // The bot's texts are Markdown; those of people are shown as they are.
  if (text && role === "ai") parts.push({ plain: text, message: { text: linkBare(text) } });
  else if (text) add(text, words(text));
  if (media) add(media.name || media.url, media.kind === "image" ? pictureOf(media) : fileOf(media));
  if (form) add(form.fields.map(({ label }) => label).join("\n"), formOf(id, form));
  if (cards) add(titles(cards), cardRow(id, cards));
  if (buttons) add(titles(buttons), buttonGroup(id, buttons));
  return parts;
}

/**
 * Build the words of a message; the web addresses in them are links.
 * @param {string} text Shown as it is.
 */
export function words(text) {
  const box = make("div", EMOJI.test(text) ? "said emoji" : "said");
  box.dir = "auto";
  box.append(...divide(text).map((part) => (part.address ? linkTo(make("a", "", part.address), part.address) : part)));
  return box;
}

/**
 * Build buttons: a choice is sent as the user's message, a link is opened.
 * @param {number} itemId The history item that a choice answers.
 * @param {{title: string, payload?: string, says?: string, url?: string}[]} buttons
 */
function buttonGroup(itemId, buttons) {
  const group = make("div", "buttons");
  for (const { title, payload, says, url } of buttons) {
    if (url) {
      if (isSafe(url)) group.append(linkTo(make("a", "link-button", title), url));
      continue;
    }
    const button = make("button", "choice", title);
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
function cardRow(itemId, cards) {
  const row = make("ul", "cards");
  row.tabIndex = 0; // its scroll bar is reached by the keyboard
  row.setAttribute("aria-label", say("cards"));
  for (const { title, text, image, buttons } of cards) {
    const card = make("li", "card");
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

/**
 * Mark what an item has offered as used: quick replies vanish, what stays is disabled.
 * @param {HTMLElement} part A choice, or a form.
 */
export function markUsed(part) {
  if (part.matches("form")) {
    for (const field of part.elements) field.disabled = true;
  } else if (part.closest(".card")) {
    part.disabled = true;
  } else {
    const group = part.parentElement;
    part.remove();
    if (!group.childElementCount) group.closest(".outer-message-container").hidden = true;
  }
}

/** Build what is shown in place of a message that was deleted. */
export const deletedNote = () => make("em", "deleted", say("deleted"));

/** Build a message of the chat itself. @param {string} text */
export const notice = (text) => make("p", "notice", text);
