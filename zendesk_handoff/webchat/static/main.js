// The page: one conversation with its chat, its banner and its connection to the server.

import * as api from "./api.js";
import { ask } from "./ask.js";
import { Banner } from "./banner.js";
import { Chat } from "./chat.js";

const { greeting, extensions, maxText, maxFiles } = document.body.dataset;
const connection = document.querySelector("#connection");
const signedIn = document.querySelector("#signed-in");
const container = document.querySelector("#chat");
const banner = new Banner({
  end: () => choose("/end_handoff", { title: "End chat" }),
  begin: () => start({ another: true }),
});
let chat = null;
let source = null;
let turns = 0; // the site around the page may give an identity at any time

/** Send the choice of one of the page's own buttons. */
async function choose(payload, { title }) {
  try {
    await api.sendChoice(crypto.randomUUID(), { payload, title });
  } catch (error) {
    chat.showNotice(error.message);
  }
}

/** Show this browser's conversation, or begin another one. */
async function start({ another = false } = {}) {
  const turn = ++turns;
  source?.close();
  let begun;
  try {
    begun = await api.begin({ another });
  } catch (error) {
    connection.textContent = error.message;
    connection.hidden = false;
    return;
  }
  if (turn !== turns) return;
  showUser(begun.signed_in_as);
  banner.show({ state: "none", agent: null });
  chat = new Chat(container, { greeting, extensions, maxText: Number(maxText), maxFiles: Number(maxFiles) });
  await chat.ready;
  const shown = new Set(); // after a reconnection the server repeats some items
  source = api.listen({
    item: (id, item) => {
      if (shown.has(id)) return;
      shown.add(id);
      chat.show(id, item);
    },
    handoff: (handoff) => banner.show(handoff),
    typing: (busy) => chat.showTyping(busy),
    connection: (open) => {
      connection.hidden = open;
      chat.setOpen(open);
    },
    closed: (text) => {
      connection.textContent = text;
      connection.hidden = false;
      chat.setOpen(false);
    },
  });
  if (!begun.asks) return;
  const wanted = await ask(begun.asks);
  if (turn !== turns) return;
  if (wanted) return start({ another: true });
  api.forgetLink();
  chat.focus();
}

/** Show as whom the site around the page has signed its user in. */
function showUser(name) {
  signedIn.hidden = !name;
  signedIn.querySelector("bdi").textContent = name ?? "";
}

await customElements.whenDefined("deep-chat");
api.onIdentity(start);
await start();
