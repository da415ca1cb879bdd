// Beside the messages: the day, the time, and what became of the user's own.

import { dateAndTimeOf, dayOf, say, timeOf } from "./words.js";

/** The states of an entry of the outbox that its user can change. */
const RETRYABLE = new Set(["waiting", "failed"]);

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Put the day above the first message of it. @param {HTMLElement} message @param {Date} at */
export function addDay(message, at) {
  const day = at.toDateString();
  const log = message.parentElement;
  if (log.dataset.day === day) return;
  log.dataset.day = day;
  message.before(make("div", "day", dayOf(at)));
}

/** Put the time, and a state, below a message; beside one of the others', where it covers nothing. @param {HTMLElement} message @param {Date} at @param {string} state */
export function addTime(message, at, state = "") {
  const line = metaOf(message);
  const time = make("time", "", timeOf(at));
  time.dateTime = at.toISOString();
  time.title = dateAndTimeOf(at);
  line.replaceChildren(time, make("span", "state", state));
}

/**
 * Show the state of a message that the user has written.
 * @param {HTMLElement} message
 * @param {Date} at
 * @param {{state: string, reason?: string, progress?: number}} entry
 */
export function showState(message, at, { state, reason, progress }) {
  const part = progress && progress < 1 ? ` ${Math.floor(progress * 100)} %` : "";
  addTime(message, at, say(state) + part);
  if (state === "sent" && "seen" in message.dataset) showSeen(message);
  const line = metaOf(message);
  line.dataset.state = state;
  if (!RETRYABLE.has(state)) return;
  const retry = make("button", "retry", say("send_again"));
  retry.type = "button";
  line.append(retry);
  if (reason) line.append(make("span", "reason", reason));
}

/** Show that an agent has read a message. @param {HTMLElement} message */
export function showSeen(message) {
  message.dataset.seen = "";
  message.querySelector(".meta .state").textContent = say("seen");
}

function metaOf(message) {
  const known = message.querySelector(".meta");
  if (known) return known;
  const line = make("div", "meta");
  const isOwn = message.classList.contains("deep-chat-outer-container-role-user");
  (isOwn ? message : (message.querySelector(".inner-message-container") ?? message)).append(line);
  return line;
}
