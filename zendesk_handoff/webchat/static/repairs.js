// Repairs of deep-chat 2.4: links that run scripts, pictures that cannot be shown, elements without an
// accessible name or role, and buttons that the keyboard does not press.

import { isSafe, linkTo } from "./links.js";
import { say } from "./words.js";

const SAFE_SCHEMES = new Set(["http:", "https:", "mailto:", "tel:", "blob:"]);

/** @param {ShadowRoot} root */
export function repair(root) {
  const repairAll = () => {
    for (const link of root.querySelectorAll("a")) repairLink(link);
    for (const picture of root.querySelectorAll(".message-bubble img[src]")) repairPicture(picture);
    for (const button of root.querySelectorAll("[role=button]")) repairButton(button);
    const log = root.querySelector("#messages");
    if (log && log.getAttribute("role") !== "log") {
      log.setAttribute("role", "log");
      log.setAttribute("aria-live", "polite");
      log.setAttribute("aria-label", say("conversation"));
      log.setAttribute("aria-relevant", "additions"); // the state of a message changes silently
      log.tabIndex = 0;
    }
    const input = root.querySelector("#text-input");
    if (input && input.dir !== "auto") input.dir = "auto"; // by what is written, not by the page's language
  };
  root.addEventListener("error", (event) => linkPicture(event.target), true); // it does not bubble
  root.addEventListener("keydown", pressButton, true); // before deep-chat, which knows Enter alone, and on some of them
  new MutationObserver(repairAll).observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["href", "src"] });
  repairAll();
}

/** Put a link in place of a picture of a host that the page's policy does not allow, or that is gone. */
function linkPicture(picture) {
  if (!(picture instanceof HTMLImageElement) || !picture.closest(".message-bubble")) return;
  const address = picture.src;
  if (!isSafe(address)) return;
  const link = linkTo(document.createElement("a"), address);
  link.textContent = `${say("picture")}: ${picture.alt || decodeName(address)}`;
  (picture.closest("a, .picture") ?? picture).replaceWith(link);
}

function decodeName(address) {
  const last = new URL(address).pathname.split("/").at(-1);
  try {
    return decodeURIComponent(last) || address;
  } catch {
    return last;
  }
}

function schemeOf(address) {
  try {
    return new URL(address, location.href).protocol;
  } catch {
    return "invalid:";
  }
}

/** Leave the words of a picture that Markdown has made of another address than a picture's. */
function repairPicture(picture) {
  const address = picture.getAttribute("src");
  if (!SAFE_SCHEMES.has(schemeOf(address)) && !address.startsWith("data:image/")) picture.removeAttribute("src");
}

function repairLink(link) {
  const href = link.getAttribute("href");
  if (href !== null && !SAFE_SCHEMES.has(schemeOf(href))) link.removeAttribute("href");
  if (link.getAttribute("rel") !== "noopener noreferrer") link.setAttribute("rel", "noopener noreferrer");
}

function pressButton(event) {
  if (!event.target.matches("[role=button]") || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) event.target.click();
}

function repairButton(button) {
  const uploads = button.querySelector("input[type=file], [id*=upload]") !== null;
  const label = button.textContent.trim() || say(uploads ? "attach" : "send");
  if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
}
