// Pictures and files, of both sides.

import { isSafe, linkTo } from "./links.js";
import { say, sizeOf } from "./words.js";

/** The path of the user's own files, which need the page's secret. */
const OWN = "files/";
const INLINE = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

const viewer = document.querySelector("#viewer");

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Build a picture, which a click enlarges. @param {{url: string, name?: string, alt?: string}} media */
export function pictureOf({ url, name, alt }) {
  const button = make("button", "picture");
  const picture = make("img", "");
  button.type = "button";
  button.title = say("enlarge");
  picture.alt = alt || name || say("picture");
  if (url.startsWith(OWN)) picture.dataset.file = url;
  else picture.src = url;
  button.append(picture);
  return button;
}

/** Build the line of a file: its name, and its size where that is known. @param {{url: string, name?: string, size?: number}} media */
export function fileOf({ url, name, size }) {
  const line = make("a", "file");
  if (url.startsWith(OWN)) {
    line.href = "#";
    line.dataset.file = url;
  } else if (isSafe(url)) {
    linkTo(line, url);
  }
  return named(line, name || url, size);
}

/** Build what is shown of a file that is being sent. @param {File} file */
export function localFile(file) {
  if (INLINE.has(file.type)) return pictureOf({ url: URL.createObjectURL(file), name: file.name });
  return named(make("span", "file"), file.name, file.size);
}

/** Build what is shown of a file that was not sent before a reload. @param {string} name */
export const lostFile = (name) => named(make("span", "file"), name);

function named(line, name, size) {
  const label = make("bdi", "", name);
  line.append(label);
  if (Number.isFinite(size)) line.append(make("span", "size", sizeOf(size)));
  return line;
}

/** Load the user's own pictures into their places. @param {Element[]} messages @param {(path: string) => Promise<Blob>} load */
export function showOwnFiles(messages, load) {
  for (const picture of messages.flatMap((each) => [...each.querySelectorAll("img[data-file]")])) {
    load(picture.dataset.file)
      .then((blob) => (picture.src = URL.createObjectURL(blob)))
      .catch(() => {}); // its name stands there
  }
}

/** Let the browser save a file of the user's own. @param {HTMLAnchorElement} link @param {(path: string) => Promise<Blob>} load */
export async function download(link, load) {
  const saved = document.createElement("a");
  saved.href = URL.createObjectURL(await load(link.dataset.file));
  saved.download = link.querySelector("bdi").textContent;
  saved.click();
  setTimeout(() => URL.revokeObjectURL(saved.href), 60_000);
}

/** Show a picture as large as the window. @param {HTMLImageElement} picture */
export function view({ src, alt }) {
  const shown = viewer.querySelector("img");
  [shown.src, shown.alt] = [src, alt];
  viewer.querySelector("figcaption").textContent = alt;
  viewer.showModal();
}
