// The channel's API, as the page calls it. The conversation's secret is a cookie no script sees.

const ROOT = "/webhooks/webchat";
let conversation = null;
let last = Promise.resolve();

/** What the server says when it does not do something, in words for the user. */
export class Refused extends Error {
  constructor(words, { passing = false } = {}) {
    super(words);
    this.passing = passing; // whether it may be otherwise in a moment
  }
}

/** Milliseconds before each repeat; the server knows by its id what it has already. */
const REPEATS = [1000, 3000, 6000];
const PASSING = new Set([502, 503, 504]);

/**
 * Post what has an id, again where nobody has answered; the order is that of the calls.
 * @param {string} path
 * @param {{json?: object, form?: FormData}} body
 */
function postOnce(path, body) {
  const work = async () => {
    for (const pause of REPEATS) {
      try {
        return await post(path, body);
      } catch (error) {
        if (!error.passing) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return post(path, body);
  };
  last = last.catch(() => {}).then(work);
  return last;
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
  let answer;
  try {
    answer = await fetch(ROOT + path, { method: "POST", headers, body: json ? JSON.stringify(json) : form });
  } catch {
    throw new Refused("There is no connection. Your message may not have arrived.", { passing: true });
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(content.error || "Your message was not sent.", { passing: PASSING.has(answer.status) });
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
export const sayText = (id, text) => postOnce("/messages", { json: { id, text } });

/** @param {string} id @param {{payload: string, title: string, answers?: number}} choice */
export const sayChoice = (id, choice) => postOnce("/messages", { json: { id, ...choice } });

/** @param {string} id @param {File[]} files */
export function sendFiles(id, files) {
  const form = new FormData();
  form.append("id", id);
  for (const file of files) form.append("files", file, file.name);
  return postOnce("/files", { form });
}

/**
 * Listen to what is new. The browser reconnects by itself and says what it has already.
 * @param {{entry: Function, handoff: Function, typing: Function, connection: Function}} on
 * @returns {EventSource}
 */
export function listen(on) {
  const source = new EventSource(`${ROOT}/events?conversation=${encodeURIComponent(conversation)}`);
  source.onmessage = (event) => on.entry(Number(event.lastEventId), JSON.parse(event.data));
  source.addEventListener("handoff", (event) => on.handoff(JSON.parse(event.data)));
  source.addEventListener("typing", (event) => on.typing(JSON.parse(event.data).busy));
  source.onopen = () => on.connection(true);
  source.onerror = () => on.connection(false);
  return source;
}
