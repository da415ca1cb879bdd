// The page: one conversation, its chat, its banner, and the connection between them.

import * as api from "./api.js";
import { Banner } from "./banner.js";
import { Chat } from "./chat.js";

const { greeting, extensions } = document.body.dataset;
const lost = document.querySelector("#connection");
const place = document.querySelector("#chat");
const banner = new Banner({
  end: () => say("/end_handoff", { title: "End chat" }),
  begin: () => start({ anew: true }),
});
let chat = null;
let source = null;

/** Say something that has no input field: a button of the page's own. */
async function say(payload, { title }) {
  try {
    await api.sayChoice(crypto.randomUUID(), { payload, title });
  } catch (refused) {
    chat.tell(refused.message);
  }
}

/** Begin to show a conversation: this browser's, or another one. */
async function start({ anew = false } = {}) {
  source?.close();
  try {
    await api.begin({ anew });
  } catch (refused) {
    lost.textContent = refused.message;
    lost.hidden = false;
    return;
  }
  banner.show({ state: "none", agent: null });
  chat = new Chat(place, { greeting, extensions });
  await chat.ready;
  const shown = new Set(); // a reconnection may repeat what the page has
  source = api.listen({
    entry: (id, entry) => {
      if (shown.has(id)) return;
      shown.add(id);
      chat.show(id, entry);
    },
    handoff: (handoff) => banner.show(handoff),
    typing: (busy) => chat.showTyping(busy),
    connection: (open) => {
      lost.hidden = open;
      chat.setOpen(open);
    },
  });
}

await customElements.whenDefined("deep-chat");
await start();
