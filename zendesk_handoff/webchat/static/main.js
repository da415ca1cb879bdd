// The page: one conversation with its chat, its banner and its connection to the server.

import { Alerts } from "./alerts.js";
import * as api from "./api.js";
import { ask } from "./ask.js";
import { Banner } from "./banner.js";
import { Chat } from "./chat.js";
import { Outbox } from "./outbox.js";
import { PlaceButton } from "./place.js";
import { Reads } from "./reads.js";
import { listenToLauncher, tell } from "./site.js";
import { say } from "./words.js";

const connection = document.querySelector("#connection");
const signedIn = document.querySelector("#signed-in");
const logo = document.querySelector("#logo");
const container = document.querySelector("#chat");
const alerts = new Alerts();
const reads = new Reads(api.reportRead);
const banner = new Banner({
  end: () => write({ id: crypto.randomUUID(), text: say("end_chat"), choice: { payload: "/end_handoff", title: say("end_chat") } }),
  begin: () => start({ another: true }),
});
const place = new PlaceButton({ share: write, failed: (words) => chat.showNotice(words) });
let chat = null;
let outbox = null;
let followed = null; // the conversation whose events the page receives
let closeStream = () => {};
let turns = 0; // the site around the page may give an identity at any time
let opening = Promise.resolve();

function write(entry) {
  outbox.add(entry);
  tell("active");
}

/**
 * Show this browser's conversation, or begin another one. One such request is done after the other: two at once would
 * begin two conversations, and the cookie would be of either.
 * @param {{another?: boolean, carries?: boolean}} options `carries`: what is not sent yet goes to the conversation
 *   that is found now.
 */
async function start(options = {}) {
  const turn = ++turns;
  const opened = opening.then(() => (turn === turns ? open(options) : {}));
  opening = opened.catch(() => {});
  let asks;
  try {
    ({ asks } = await opened);
  } catch (error) {
    if (!(error instanceof api.RequestError)) throw error;
    if (turn !== turns) return;
    showProblem(error.message);
    if (error.retryable) setTimeout(() => turn === turns && start(options), 3000);
    return;
  }
  if (!asks || turn !== turns) return;
  const wanted = await ask(asks);
  if (turn !== turns) return;
  if (wanted) return start({ another: true });
  api.forgetLink();
  chat.focus();
}

/** A chat that shows the conversation already stays as it is, with what its user is writing. */
async function open({ another = false, carries = false }) {
  const begun = await api.begin({ another });
  showUser(begun.signed_in_as);
  if (begun.conversation === followed) return begun;
  const isOther = outbox?.conversation !== begun.conversation;
  closeStream();
  if (isOther) outbox?.close();
  showProblem(null);
  banner.show({ state: "none", agent: null });
  place.show(false);
  if (!(carries && chat.isEmpty)) {
    chat = new Chat(container, { write, retry: (id) => outbox.retry(id), loadFile: api.loadFile });
    await chat.ready;
  }
  // What the same conversation has not sent stays; another one's is kept for when it is shown again.
  if (isOther) {
    const carried = carries ? outbox.entries : [];
    outbox = new Outbox(begun.conversation, { send: api.send, changed: (entry) => chat.showEntry(entry) });
    outbox.restore(carried);
  }
  alerts.begin(begun.conversation);
  reads.begin(begun.conversation);
  follow(begun.conversation);
  return begun;
}

function follow(conversation) {
  followed = conversation;
  const end = api.listen(handlers());
  closeStream = () => {
    followed = null;
    end();
  };
}

function handlers() {
  const shown = new Set(); // after a reconnection the server repeats some items
  let isLoaded = false;
  let isWithAgent = false;
  return {
    message(item, id) {
      if (shown.has(id)) return;
      shown.add(id);
      if (item.request_id) outbox.confirm(item.request_id.split(":")[0]);
      if (chat.show(id, item)) alerts.note(id, item);
      reads.note(id, item, chat.messageOf(id));
    },
    handoff(handoff) {
      banner.show(handoff);
      isWithAgent = handoff.state === "active";
      place.show(isWithAgent || handoff.state === "waiting");
      reads.setWithAgents(isWithAgent || handoff.state === "waiting");
      if (isLoaded) return;
      isLoaded = true; // the server sends the state after the history
      outbox.start();
      alerts.start();
    },
    typing: ({ busy }) => chat.showTyping(busy === true, isWithAgent ? "agent" : "ai"),
    read: ({ until }) => chat.showRead(until),
    closed() {
      closeStream();
      showProblem(say("error_windows"));
      chat.setOpen(false);
    },
    open() {
      showProblem(null);
      outbox.resume();
    },
    lost: () => showProblem(say("connection_lost")),
    refused(code, text) {
      closeStream();
      if (code === "no_conversation" && api.giveUpCookies()) return start({ carries: true });
      showProblem(code === "no_conversation" ? say("error_cookies") : text);
      chat.setOpen(false);
    },
  };
}

/** @param {string | null} text */
function showProblem(text) {
  connection.textContent = text ?? "";
  connection.hidden = text === null;
}

/** Show as whom the site around the page has signed its user in. */
function showUser(name) {
  signedIn.hidden = !name;
  signedIn.querySelector("bdi").textContent = name ?? "";
}

// Files cannot be kept over a reload: the browser asks before it.
addEventListener("beforeunload", (event) => outbox?.isSendingFiles && event.preventDefault());

const hasLauncher = listenToLauncher({
  start({ told, identity }) {
    api.setLink(told, identity);
    tell("ready");
    start();
  },
  identify({ identity }) {
    api.setIdentity(identity);
    start();
  },
  opened() {
    alerts.setOpen(true);
    reads.setOpen(true);
    chat?.focus();
  },
  closed() {
    alerts.setOpen(false);
    reads.setOpen(false);
  },
});
const close = document.querySelector("#close");
close.hidden = !hasLauncher;
close.addEventListener("click", () => tell("close"));
addEventListener("keydown", ({ key, isComposing }) => key === "Escape" && !isComposing && !document.querySelector("dialog[open]") && tell("close"));
alerts.setOpen(!hasLauncher);
reads.setOpen(!hasLauncher);
logo.hidden = !logo.getAttribute("src");
logo.addEventListener("error", () => (logo.hidden = true));
api.onIdentity(start);
await customElements.whenDefined("deep-chat");
if (!hasLauncher) await start();
