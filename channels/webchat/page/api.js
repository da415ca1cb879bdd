// The channel's API, as the page calls it. The conversation's secret is a cookie no script sees.

const ROOT = "/webhooks/webchat";
let conversation = null;

/** What the server says when it does not do something, in words for the user. */
export class Refused extends Error {}

/**
 * @param {string} path
 * @param {{json?: object, form?: FormData}} body
 * @returns {Promise<object>}
 */
async function post(path, { json, form }) {
  const headers = {};
  if (json) headers["Content-Type"] = "application/json";
  if (conversation) headers["X-Webchat-Conversation"] = conversation;
  let answer;
  try {
    answer = await fetch(ROOT + path, { method: "POST", headers, body: json ? JSON.stringify(json) : form });
  } catch {
    throw new Refused("There is no connection. Your message was not sent.");
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(content.error || "Your message was not sent.");
  return content;
}

/** Go on with this browser's conversation, or begin one. */
export async function begin({ anew = false } = {}) {
  const address = new URLSearchParams(location.search);
  const profile = { locale: navigator.language };
  for (const key of ["workspace", "name", "email", "locale"]) {
    if (address.get(key)) profile[key] = address.get(key);
  }
  ({ conversation } = await post("/conversations", { json: { ...profile, new: anew } }));
}

/** @param {string} id @param {string} text */
export const sayText = (id, text) => post("/messages", { json: { id, text } });

/** @param {string} id @param {{payload: string, title: string, answers?: number}} choice */
export const sayChoice = (id, choice) => post("/messages", { json: { id, ...choice } });

/** @param {string} id @param {File[]} files */
export function sendFiles(id, files) {
  const form = new FormData();
  form.append("id", id);
  for (const file of files) form.append("files", file, file.name);
  return post("/files", { form });
}

/**
 * Listen to what is new. The browser reconnects by itself and says what it has already.
 * @param {{entry: Function, handoff: Function, typing: Function, connection: Function}} on
 * @returns {EventSource}
 */
export function listen(on) {
  const source = new EventSource(`${ROOT}/events`);
  source.onmessage = (event) => on.entry(Number(event.lastEventId), JSON.parse(event.data));
  source.addEventListener("handoff", (event) => on.handoff(JSON.parse(event.data)));
  source.addEventListener("typing", (event) => on.typing(JSON.parse(event.data).busy));
  source.onopen = () => on.connection(true);
  source.onerror = () => on.connection(false);
  return source;
}
