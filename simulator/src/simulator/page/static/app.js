// The agent page: keeps the list and the selected conversation up to date and runs actions.

import * as api from "./api.js";
import { refreshDeliveries } from "./deliveries.js";
import { PRESETS } from "./presets.js";
import { $, drawConversation, drawList } from "./view.js";

let conversations = [];
let current = null;
const seen = JSON.parse(localStorage.getItem("seen") || "{}");
const drafts = {};

const chosen = () => location.hash.slice(1) || null;
const agent = () => $("agent").value.trim() || "Ana";

const unread = (one) =>
  one.lastMessage && ["user", "business"].includes(one.lastMessage.kind)
  && one.ticket && one.lastMessage.id > (seen[one.id] || "");

function markSeen(one) {
  const last = one.messages.at(-1);
  if (!last || document.hidden || (seen[one.id] || "") >= last.id) return;
  seen[one.id] = last.id;
  localStorage.setItem("seen", JSON.stringify(seen));
}

function redrawList() {
  drawList(conversations, chosen(), unread, (id) => { location.hash = id; });
  const count = conversations.filter(unread).length;
  document.title = (count ? `(${count}) ` : "") + "Agent page";
}

// One refresh at a time; changes during a refresh cause one more.
let refreshing = false;
let again = false;
async function refresh() {
  if (refreshing) { again = true; return; }
  refreshing = true;
  try {
    do {
      again = false;
      const id = chosen();
      const both = [api.list(), id ? api.conversation(id).catch(() => null) : null];
      const [all, one] = await Promise.all(both);
      if (id !== chosen()) { again = true; continue; }
      conversations = all;
      show(one);
    } while (again);
  } catch (error) {
    showError(error);
  } finally {
    refreshing = false;
  }
}

function show(one) {
  const other = current?.id !== one?.id;
  if (other && current) drafts[current.id] = $("text").value;
  current = one;
  $("layout").classList.toggle("chosen", Boolean(one));
  $("conversation").hidden = !one;
  $("placeholder").hidden = Boolean(one);
  if (other) $("log").replaceChildren();
  if (other) refreshDeliveries(one?.id);
  if (one) {
    markSeen(one);
    drawConversation(one);
    if (other) {
      $("text").value = drafts[one.id] || "";
      grow();
      if (matchMedia("(min-width: 46rem)").matches) $("text").focus();
    }
  }
  redrawList();
}

async function act(action, body = {}) {
  if (!current) return false;
  try {
    if (body instanceof FormData) body.append("agent", agent());
    await api.act(current.id, action, body instanceof FormData ? body : { agent: agent(), ...body });
    refresh();
    return true;
  } catch (error) {
    showError(error);
    return false;
  }
}

let hideError;
function showError(error) {
  $("error").textContent = error.message;
  $("error").hidden = false;
  clearTimeout(hideError);
  hideError = setTimeout(() => { $("error").hidden = true; }, 6000);
}

// Composer

function grow() {
  const input = $("text");
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
}

let typing = null;
function typed() {
  grow();
  if (!typing && $("text").value) act("typing", { on: true });
  clearTimeout(typing);
  typing = $("text").value ? setTimeout(stopTyping, 4000) : null;
}

function stopTyping() {
  if (!typing) return;
  clearTimeout(typing);
  typing = null;
  act("typing", { on: false });
}

async function send() {
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  clearTimeout(typing);
  typing = null;
  grow();
  $("text").focus();
  if (!await act("text", { text })) { $("text").value = text; grow(); }
}

async function attach(action, input) {
  const file = input.files[0];
  if (!file) return;
  const form = new FormData();
  form.append("source", file, file.name);
  await act(action, form);
  input.value = "";
}

async function automation() {
  const ask = $("ask");
  ask.returnValue = "";
  ask.showModal();
  await new Promise((closed) => { ask.addEventListener("close", closed, { once: true }); });
  if (ask.returnValue === "send") act("automation", { text: $("automated").value });
}

// A message of any content: one of the presets, to be changed by hand.
function usePreset() {
  $("content").value = JSON.stringify(PRESETS[$("preset").selectedIndex][1](), null, 2);
}

async function compose() {
  const dialog = $("compose");
  if (!$("content").value) usePreset();
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => { dialog.addEventListener("close", closed, { once: true }); });
  if (dialog.returnValue !== "send") return;
  try {
    await act("content", { content: JSON.parse($("content").value), check: true });
  } catch (error) {
    showError(error);
  }
}

// Event listeners

$("preset").append(...PRESETS.map(([name]) => new Option(name)));
$("preset").addEventListener("change", usePreset);
$("log").addEventListener("click", (event) => {
  const { deletes } = event.target.dataset;
  if (deletes) act("delete_message", { message_id: deletes });
});

$("agent").value = localStorage.getItem("agent") || "Ana";
$("agent").addEventListener("change", () => localStorage.setItem("agent", agent()));
$("back").addEventListener("click", () => { location.hash = ""; });
$("text").addEventListener("input", typed);
$("text").addEventListener("blur", stopTyping);
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("image").addEventListener("change", (event) => attach("image", event.target));
$("file").addEventListener("change", (event) => attach("file", event.target));
$("solve").addEventListener("click", () => act("solve"));
$("end").addEventListener("click", () => act("end_session"));
$("more").addEventListener("click", (event) => {
  const action = event.target.dataset.action;
  if (!action) return;
  $("more").open = false;
  if (action === "automation") automation();
  else if (action === "rich") compose();
  else act(action);
});
document.addEventListener("click", (event) => {
  if (!$("more").contains(event.target)) $("more").open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") $("more").open = false;
});
addEventListener("hashchange", refresh);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

const IGNORED = new Set(["request", "fault", "user"]); // they change nothing that is shown here
api.follow(
  (change) => {
    if (change.kind === "delivery") refreshDeliveries(chosen());
    else if (!IGNORED.has(change.kind)) refresh();
  },
  (up) => {
    $("live").dataset.on = up ? "yes" : "no";
    $("live").textContent = up ? "live" : "reconnecting";
    if (up) refresh();
  },
);
refresh();
