// Calls to the channel's API. The conversation's secret is in a cookie that no script can read; only in a
// frame whose browser keeps no cookie the page holds it itself, and sends it in a header.

import { isEmbedded } from "./site.js";
import { openStream } from "./stream.js";
import { say, sayError } from "./words.js";

const ROOT = "/webhooks/webchat";
const TOKEN = "webchat:token";
let conversation = null;
let token = readToken();
let keepsCookies = true;
let link = readLink();
let proven = null; // the identity with which the conversation has begun, whose secret proves it from then on

/**
 * Read what the page's address asks for. A signed identity is in its fragment, which no server logs, and is
 * removed at once: from the address, the history and what is shared or copied.
 */
function readLink() {
  const parameters = new URLSearchParams(location.search);
  const identity = new URLSearchParams(location.hash.slice(1)).get("identity");
  const found = { locale: navigator.language };
  for (const key of ["workspace", "name", "email", "locale"]) {
    if (parameters.get(key)) found[key] = parameters.get(key);
  }
  if (identity) {
    found.identity = identity;
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return found;
}

/** Call a function whenever the site around the page gives another identity: `frame.src = "…#identity=…"`. */
export function onIdentity(call) {
  addEventListener("hashchange", () => {
    const found = readLink();
    if (!found.identity) return;
    link = found;
    call();
  });
}

/** Take what the site's launcher tells of its user in place of the address. */
export function setLink(told, identity) {
  link = { locale: navigator.language };
  for (const key of ["workspace", "name", "email", "locale"]) {
    if (typeof told?.[key] === "string" && told[key]) link[key] = told[key];
  }
  setIdentity(identity);
}

/** Take another identity; an empty one says that nobody is signed in any more. */
export function setIdentity(identity) {
  if (typeof identity !== "string") return;
  link = { ...link, identity: identity || undefined, signed_out: identity === "" };
}

/** Forget what the page's address asks for: its user wants to keep the conversation. */
export function forgetLink() {
  link = { locale: navigator.language };
  const kept = new URLSearchParams(location.search).has("widget") ? "?widget" : "";
  history.replaceState(history.state, "", location.pathname + kept);
}

/** A request that failed; its message is for the user. */
export class RequestError extends Error {
  constructor(message, { code, retryable = false } = {}) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

/** Whether time may help: not where the server has understood the request and refused it. */
const isRetryable = (status) => status >= 500 || status === 408;

/**
 * The page on which the user is, for the agent: the one around the chat, or from which it was opened. What follows its
 * path stays in the browser, as it may hold a secret.
 * @returns {{page?: string}}
 */
function place() {
  const { protocol, origin, pathname } = new URL(document.referrer || "about:blank");
  return /^https?:$/.test(protocol) ? { page: origin + pathname } : {}; // an app's has no origin
}

function headers() {
  return {
    ...(conversation && { "X-Webchat-Conversation": conversation }),
    ...(token && { Authorization: `Bearer ${token}` }),
  };
}

/** @param {string} path @param {object} json @returns {Promise<object>} */
async function post(path, json) {
  let response;
  try {
    const body = JSON.stringify(json);
    response = await fetch(ROOT + path, { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body });
  } catch {
    throw new RequestError(say("error_connection"), { retryable: true });
  }
  return contentOf(response.status, await response.json().catch(() => ({})));
}

function contentOf(status, content) {
  if (status >= 200 && status < 300) return content;
  throw new RequestError(sayError(content), { code: content.code, retryable: isRetryable(status) });
}

/**
 * Resume this browser's conversation, or begin one.
 * @param {{another?: boolean}} options `another` only where the user has asked for it: no link can.
 * @returns {Promise<{conversation: string, asks?: object, signed_in_as?: string}>} `asks`: what the page's
 *   address asks for, where that is another conversation than this one.
 */
export async function begin({ another = false } = {}) {
  const embedded = isEmbedded ? { embedded: token || !keepsCookies ? "token" : "cookie" } : {};
  const { identity } = link;
  const begun = await post("/conversations", { ...link, ...embedded, new: another }).catch((error) => {
    if (error.code?.startsWith("identity_")) forgetIdentity(identity);
    throw error;
  });
  if (begun.conversation === conversation) forgetIdentity(identity);
  conversation = begun.conversation;
  if (begun.token) keepToken(begun.token);
  proven = begun.asks ? null : identity;
  return begun;
}

/** Forget an identity, unless the site has given another one meanwhile. */
function forgetIdentity(identity) {
  if (link.identity === identity) delete link.identity;
}

/**
 * Take the token in place of the cookie, which the browser has not kept.
 * @returns {boolean} Whether that is another way than before.
 */
export function giveUpCookies() {
  if (!isEmbedded || !keepsCookies || token) return false;
  keepsCookies = false;
  return true;
}

function readToken() {
  try {
    return isEmbedded ? localStorage.getItem(TOKEN) : null;
  } catch {
    return null;
  }
}

function keepToken(value) {
  token = value;
  try {
    localStorage.setItem(TOKEN, value);
  } catch {
    // The browser keeps nothing for frames: the conversation lasts as long as the page.
  }
}

/**
 * Send an entry of the outbox.
 * @param {{id: string, text?: string, choice?: object, files?: File[]}} entry
 * @param {(part: number) => void} progress Told what part of the files has been sent, 0 to 1.
 */
export function send({ id, text, choice, files }, progress) {
  return files ? sendFiles(id, files, progress) : post("/messages", { id, ...(choice ?? { text }), ...place() });
}

/** Tell that an item of the agents' has been shown. @param {number} item Its id. */
export function reportRead(item) {
  return post("/read", { item });
}

/** By XMLHttpRequest: `fetch` does not tell how much has been sent. */
function sendFiles(id, files, progress) {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  const request = new XMLHttpRequest();
  // In the query: the server need not read again what it has.
  request.open("POST", `${ROOT}/files?id=${encodeURIComponent(id)}`);
  request.responseType = "json";
  for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
  request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(new RequestError(say("error_connection"), { retryable: true }));
    request.onload = () => {
      try {
        resolve(contentOf(request.status, request.response ?? {}));
      } catch (error) {
        reject(error);
      }
    };
    request.send(form);
  });
}

/** Load a file of the user's: its address alone opens it nowhere else, and to no other page. */
export async function loadFile(path) {
  const response = await fetch(`${ROOT}/${path}`, { headers: headers() });
  if (!response.ok) throw new RequestError(sayError({}));
  return response.blob();
}

/**
 * Listen to the events of the conversation.
 * @param {object} on By the event's type, and `open`, `lost`, `refused` (with a code and a sentence).
 * @returns {() => void} Ends it.
 */
export function listen(on) {
  const request = (lastId, signal) =>
    fetch(`${ROOT}/events`, { headers: { ...headers(), ...(lastId && { "Last-Event-ID": lastId }) }, cache: "no-store", signal });
  return openStream(request, {
    event: (type, data, id) => Object.hasOwn(on, type) && on[type](data, Number(id)),
    open() {
      forgetIdentity(proven); // not before: the browser may not have kept the secret
      on.open();
    },
    lost: on.lost,
    refused: (content) => on.refused(content.code, sayError(content)),
  });
}
