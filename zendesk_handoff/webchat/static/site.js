// The site around a frame with the chat: its launcher's messages, whose origin is checked.

import { settings } from "./words.js";

/** Whether the page is in a frame of another site, where its cookie needs to be partitioned. */
export const isEmbedded = parent !== window && !isOwn();

/** Whether a launcher has opened the page. */
const hasLauncher = parent !== window && new URLSearchParams(location.search).has("widget");

let origin = null; // of the site, once its launcher has spoken

function isOwn() {
  try {
    return parent.location.origin === location.origin;
  } catch {
    return false;
  }
}

/** Tell the launcher something; before it has spoken there is nobody to tell. */
export function tell(type, values = {}) {
  if (origin !== null) parent.postMessage({ ...values, handoffChat: type }, origin);
}

/**
 * Listen to the launcher.
 * @param {{start: Function, identify: Function, opened: Function, closed: Function}} on
 * @returns {boolean} Whether there is one, which will call `start` with what the site tells of its user.
 */
export function listenToLauncher(on) {
  if (!hasLauncher) return false;
  const allowed = [location.origin, ...settings.embedOrigins];
  addEventListener("message", ({ data, origin: sender, source }) => {
    if (source !== parent || !allowed.includes(sender)) return;
    const type = data?.handoffChat;
    if (!Object.hasOwn(on, type)) return;
    origin = sender;
    on[type](data);
  });
  return true;
}
