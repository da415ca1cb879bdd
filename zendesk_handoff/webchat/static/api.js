// Calls to the channel's API. The conversation's secret is in a cookie that no script can read.

const ROOT = "/webhooks/webchat";
let conversation = null;
let lastPost = Promise.resolve();
let link = readLink();

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

/** A request that failed; its message is for the user. */
export class RequestError extends Error {
  constructor(message, { retryable = false } = {}) {
    super(message);
    this.retryable = retryable;
  }
}

/** Milliseconds before each retry; the server recognizes by its id a message that it has. */
const RETRY_DELAYS = [1000, 3000, 6000];
const RETRYABLE = new Set([502, 503, 504]);

/**
 * Post what has an id, with retries; posts are sent in the order of the calls.
 * @param {string} path
 * @param {{json?: object, form?: FormData}} body
 */
function postOnce(path, body) {
  const work = async () => {
    for (const delay of RETRY_DELAYS) {
      try {
        return await post(path, body);
      } catch (error) {
        if (!error.retryable) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
    return post(path, body);
  };
  lastPost = lastPost.catch(() => {}).then(work);
  return lastPost;
}

/**
 * @param {string} path
 * @param {{json?: object, form?: FormData}} body
 * @returns {Promise<object>}
 */
async function post(path, { json, form }) {
  const headers = {};
  if (json) headers["Content-Type"] = "application/json";
  if (conversation) headers["X-Webchat-Conversation"] = conversation;
  let response;
  try {
    response = await fetch(ROOT + path, { method: "POST", headers, body: json ? JSON.stringify(json) : form });
  } catch {
    throw new RequestError("There is no connection. Your message may not have arrived.", { retryable: true });
  }
  const content = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new RequestError(content.error || "Your message was not sent.", { retryable: RETRYABLE.has(response.status) });
  }
  return content;
}

/**
 * Resume this browser's conversation, or begin one.
 * @param {{another?: boolean}} options `another` only where the user has asked for it: no link can.
 * @returns {Promise<{asks?: object, signed_in_as?: string}>} `asks`: what the page's address asks for, where
 *   that is another conversation than this one.
 */
export async function begin({ another = false } = {}) {
  const { asks, signed_in_as, conversation: found } = await post("/conversations", { json: { ...link, new: another } });
  conversation = found;
  if (!asks) delete link.identity;
  return { asks, signed_in_as };
}

/** Forget what the page's address asks for: its user wants to keep the conversation. */
export function forgetLink() {
  link = { locale: navigator.language };
  history.replaceState(history.state, "", location.pathname);
}

/** @param {string} id @param {string} text */
export const sendText = (id, text) => postOnce("/messages", { json: { id, text } });

/** @param {string} id @param {{payload: string, title: string, answers?: number}} choice */
export const sendChoice = (id, choice) => postOnce("/messages", { json: { id, ...choice } });

/** @param {string} id @param {File[]} files */
export function sendFiles(id, files) {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  // In the query: the server need not read again what it has.
  return postOnce(`/files?id=${encodeURIComponent(id)}`, { form });
}

/**
 * Listen to the events. The browser reconnects by itself and sends the id of its last item.
 * @param {{item: Function, handoff: Function, typing: Function, connection: Function, closed: Function}} on
 * @returns {EventSource}
 */
export function listen(on) {
  const source = new EventSource(`${ROOT}/events?conversation=${encodeURIComponent(conversation)}`);
  source.onmessage = (event) => on.item(Number(event.lastEventId), JSON.parse(event.data));
  source.addEventListener("handoff", (event) => on.handoff(JSON.parse(event.data)));
  source.addEventListener("typing", (event) => on.typing(JSON.parse(event.data).busy));
  source.addEventListener("closed", (event) => {
    source.close(); // else the browser would connect again, and close another window's stream
    on.closed(JSON.parse(event.data).text);
  });
  source.onopen = () => on.connection(true);
  source.onerror = () => on.connection(false);
  return source;
}
