// The user page: plays a user of the Web Widget, of WhatsApp and of other channels of Zendesk's.

import * as api from "./api.js";
import { $, contents, formatTime, make } from "./view.js";

const SOURCES = ["web", "ios", "android", "whatsapp", "messenger", "instagram", "telegram", "line"];

const chosen = () => location.hash.slice(1) || null;

let hideError;
function showError(error) {
  $("error").textContent = error.message;
  $("error").hidden = false;
  clearTimeout(hideError);
  hideError = setTimeout(() => { $("error").hidden = true; }, 6000);
}

async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    showError(error);
    return false;
  }
}

const act = (action, body) => attempt(async () => {
  await api.actAsUser(chosen(), action, body);
  await refresh();
});

// Drawing: only new messages are added, so that nothing flickers.

function draw(one) {
  $("begin").hidden = Boolean(one);
  $("conversation").hidden = !one;
  if (!one) return;
  const log = $("log");
  if (log.dataset.of !== one.id) log.replaceChildren();
  log.dataset.of = one.id;
  $("who").textContent = one.app.displayName;
  $("about").textContent = [one.channel, one.userName].join(" · ");
  $("control").textContent = one.control.active || "nobody";
  $("end").disabled = !one.control.withAgents;
  const known = new Set([...log.children].map((child) => child.dataset.id));
  const last = one.messages.at(-1)?.id;
  for (const message of one.messages) {
    if (known.has(message.id)) continue;
    log.append(drawMessage(message));
  }
  for (const child of log.children) {
    // Replies are gone once the user has gone on.
    if (child.dataset.id !== last) child.querySelectorAll("[data-reply]").forEach((each) => each.remove());
  }
  if (known.size < one.messages.length) log.scrollTop = log.scrollHeight;
}

function drawMessage(message) {
  const isOwn = message.author.type === "user";
  const box = make("article", `message ${isOwn ? "agent out" : "user"}`);
  box.dataset.id = message.id;
  if (!isOwn) {
    const line = make("p", "meta");
    line.append(make("bdi", "", message.author.displayName || "Business"), " · ", formatTime(message.received));
    box.append(line);
  }
  const bubble = make("div", "bubble");
  const content = message.content;
  if (content.type === "carousel" || content.type === "list") bubble.append(cards(message));
  else if (content.type === "form" && !content.submitted) bubble.append(form(message));
  else bubble.append(...contents({ ...content, text: content.text || content.textFallback, actions: [] }));
  const actions = (content.actions || []).map((action) => button(message, action));
  if (actions.length) {
    const row = make("div", "choices");
    row.append(...actions);
    bubble.append(row);
  }
  box.append(bubble);
  return box;
}

function button(message, action) {
  if (action.uri) {
    const link = make("a", "choice", action.text);
    if (/^https?:/i.test(action.uri)) link.href = action.uri;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }
  const element = make("button", "ghost", action.text);
  element.type = "button";
  if (action.type === "reply") element.dataset.reply = "";
  element.addEventListener("click", () => {
    if (action.type === "locationRequest") sendPlace();
    else act("press", { message_id: message.id, label: action.text });
  });
  return element;
}

function cards(message) {
  const row = make("div", "cards");
  for (const item of message.content.items) {
    const card = make("div", "card");
    if (/^https?:/i.test(item.mediaUrl || "")) {
      const image = make("img");
      image.src = item.mediaUrl;
      image.alt = item.altText || "";
      card.append(image);
    }
    card.append(make("strong", "", item.title));
    if (item.description) card.append(make("span", "", item.description));
    card.append(...(item.actions || []).map((action) => button(message, action)));
    row.append(card);
  }
  return row;
}

function form(message) {
  const element = make("form", "fill");
  for (const field of message.content.fields) {
    const label = make("label", "", field.label);
    const input = make(field.type === "select" ? "select" : "input");
    input.name = field.name;
    if (field.type === "email") input.type = "email";
    for (const option of field.options || []) input.append(new Option(option.label, option.name));
    label.append(input);
    element.append(label);
  }
  const send = make("button", "strong", "Send");
  element.append(send);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    act("submit", { message_id: message.id, answers: Object.fromEntries(new FormData(element)) });
  });
  return element;
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
      const one = id ? await api.conversation(id).catch(() => null) : null;
      if (id === chosen()) draw(one);
      else again = true;
    } while (again);
  } finally {
    refreshing = false;
  }
}

async function send() {
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  $("text").focus();
  if (!await act("text", { text })) $("text").value = text;
}

const sendPlace = () => act("content", {
  content: { type: "location", coordinates: { lat: 52.5208, long: 13.4094 } },
});

async function begin() {
  await attempt(async () => {
    const found = await api.begin($("app").value, {
      source: $("source").value,
      name: $("name").value,
      email: $("email").value || null,
      locale: $("locale").value || null,
    });
    location.hash = found.id;
  });
}

$("source").append(...SOURCES.map((one) => new Option(one)));
$("begin").addEventListener("submit", (event) => { event.preventDefault(); begin(); });
$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
$("image").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  const body = new FormData();
  body.append("source", file, file.name);
  await act("image", body);
  event.target.value = "";
});
$("place").addEventListener("click", sendPlace);
$("end").addEventListener("click", () => act("end", {}));
$("back").addEventListener("click", () => { location.hash = ""; });
addEventListener("hashchange", refresh);

api.follow(
  (change) => { if (!["request", "delivery", "fault"].includes(change.kind)) refresh(); },
  (up) => {
    $("live").dataset.on = up ? "yes" : "no";
    $("live").textContent = up ? "live" : "reconnecting";
    if (up) refresh();
  },
);
$("app").append(...(await api.apps()).map((one) => new Option(one.label, one.id)));
refresh();
