// Rendering of the control API's answers. Text is inserted as text, never as HTML.

export const $ = (id) => document.getElementById(id);

export const STATES = {
  bot: "With the bot",
  waiting: "Waiting",
  open: "Open",
  solved: "Solved",
  closed: "Closed",
  email: "By email",
  ended: "Session ended",
  released: "Released",
};

const GROUPS = [
  ["Waiting for an agent", ["waiting"]],
  ["In conversation", ["open", "solved"]],
  ["With the bot", ["bot"]],
  ["Done", ["ended", "released", "closed", "email"]],
];

const NOTES = {
  bot: "The bot has this conversation. You can write once it is handed over.",
  closed: "The ticket is closed.",
  email: "The conversation continues by email.",
  ended: "The session has ended. The user is back with the bot.",
  released: "Control was released. The user is with the bot.",
};

// A map, because a foreign type such as "constructor" is a property of every object.
const KINDS = new Map([["image", "Picture"], ["file", "File"]]);

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function initials(name) {
  const parts = name.split(/\s+/).filter(Boolean);
  return parts.slice(0, 2).map(([first]) => first.toUpperCase()).join(""); // whole characters: an emoji is two units
}

// A colour for a name, dark enough for white letters.
export function drawAvatar(avatar, name) {
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  avatar.textContent = initials(name);
  avatar.style.backgroundColor = `hsl(${hue} 38% 30%)`;
}

export function formatTime(stamp) {
  const date = new Date(stamp);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { day: "numeric", month: "short" });
}

function preview(message) {
  if (!message) return "No message yet";
  const text = message.content.text || KINDS.get(message.content.type) || String(message.content.type);
  const from = { agent: "You: ", automation: "Auto: ", business: "Bot: " }[message.kind] || "";
  return from + text.replace(/\s+/g, " ").slice(0, 90);
}

// The list; `unread` returns whether a conversation has unread messages.
export function drawList(conversations, chosen, unread, choose) {
  const groups = $("groups");
  const focused = document.activeElement?.dataset?.id;
  groups.replaceChildren();
  for (const [title, states] of GROUPS) {
    const members = conversations.filter((one) => states.includes(one.state));
    if (!members.length) continue;
    const items = make("ul");
    groups.append(make("h2", "", `${title} · ${members.length}`), items);
    for (const one of members) items.append(entry(one, one.id === chosen, unread(one), choose));
  }
  $("empty").hidden = conversations.length > 0;
  if (focused) groups.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
}

function entry(one, current, unread, choose) {
  const button = make("button", unread ? "entry unread" : "entry");
  button.type = "button";
  button.dataset.id = one.id;
  button.setAttribute("aria-current", current);
  const avatar = make("span", "avatar");
  avatar.setAttribute("aria-hidden", "true");
  drawAvatar(avatar, one.userName);
  const name = make("span", "name", one.userName);
  name.dir = "auto";
  name.title = one.userName;
  const last = make("span", "last");
  last.dir = "auto";
  last.textContent = preview(one.lastMessage);
  const mark = make("span", unread ? "dot" : "");
  if (unread) mark.append(make("span", "hidden", "unread"));
  button.append(avatar, name,
    make("span", "when", formatTime(one.lastUpdatedAt)), last, mark,
    make("span", "app", one.app.label));
  button.addEventListener("click", () => choose(one.id));
  const item = make("li");
  item.append(button);
  return item;
}

// The conversation on the right.
export function drawConversation(one) {
  drawAvatar($("avatar"), one.userName);
  $("name").textContent = $("name").title = one.userName;
  const ticket = one.ticket;
  $("about").textContent = [one.app.displayName, ticket && `Ticket #${ticket.id}`,
    one.user?.profile.email, one.user?.profile.locale].filter(Boolean).join(" · ");
  $("state").textContent = STATES[one.state];
  $("state").dataset.state = one.state;
  drawFields(ticket);
  drawNotes(ticket);
  drawMessages(one.messages, one.userName, one.channel !== "api:conversations");
  drawRead(one);
  const canWrite = ["waiting", "open", "solved"].includes(one.state);
  $("note").hidden = canWrite;
  $("note").textContent = NOTES[one.state] || "";
  $("composer").setAttribute("aria-disabled", !canWrite);
  for (const id of ["text", "send", "image", "file", "end"]) $(id).disabled = !canWrite;
  $("solve").disabled = !canWrite || one.state === "solved";
  for (const button of $("more").querySelectorAll("[data-action]")) {
    button.disabled = button.dataset.action === "rich" ? !canWrite : button.dataset.action === "close" ? !ticket || one.state === "closed"
      : button.dataset.action === "transfer_to_email" && !canWrite;
  }
}

// Names of a ticket's fields, in the order in which an agent looks for them; others follow.
const FIELDS = new Map([
  ["subject", "Subject"], ["priority", "Priority"], ["group_id", "Group"], ["assignee_id", "Assignee"],
  ["brand_id", "Brand"], ["organization_id", "Organization"], ["requester.name", "Requester"],
  ["requester.email", "E-mail"], ["channel", "Channel"],
]);

function drawFields(ticket) {
  const { custom = {}, tags = [], ...rest } = ticket?.fields || {};
  const known = [...FIELDS.keys()].filter((name) => name in rest);
  const others = Object.keys(rest).filter((name) => !FIELDS.has(name));
  const rows = [...known, ...others].map((name) => field(FIELDS.get(name) || name, [rest[name]], name));
  if (tags.length) rows.push(field("Tags", tags, "tags"));
  for (const [id, value] of Object.entries(custom)) rows.push(field(`Field ${id}`, [value], "custom"));
  $("fields").replaceChildren(...rows);
}

// Internal notes, which no user sees.
function drawNotes(ticket) {
  const notes = (ticket?.notes || []).map((text) => {
    const note = make("article", "internal");
    note.append(make("div", "title", "Internal note"), textBox(text));
    return note;
  });
  $("notes").replaceChildren(...notes);
}

function field(label, values, name) {
  const row = make("div");
  row.dataset.field = name;
  if (name === "priority") row.dataset.value = String(values[0]);
  row.append(make("dt", "", label));
  for (const value of values) {
    const shown = make("dd", "", String(value));
    shown.dir = "auto";
    row.append(shown);
  }
  return row;
}

// A reader at the newest message stays there when the log or the composer changes its size.
let atEnd = true;
function keepEnd() {
  if (atEnd) $("log").scrollTop = $("log").scrollHeight;
}
function updateAtEnd() {
  const log = $("log");
  atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
}
$("log").addEventListener("scroll", updateAtEnd);
new ResizeObserver(keepEnd).observe($("log"));

// Only new messages are added, so that nothing flickers and screen readers read new ones only.
function drawMessages(messages, userName, isNative) {
  const log = $("log");
  const ids = new Set(messages.map(keyOf));
  for (const child of [...log.children]) if (!ids.has(child.dataset.id)) child.remove();
  const known = new Set([...log.children].map((child) => child.dataset.id));
  const stays = atEnd;
  const first = messages.findIndex((one) => one.kind !== "business");
  const summaries = isNative ? 0 : first === -1 ? messages.length : first;
  let grew = false;
  messages.forEach((one, index) => {
    if (known.has(keyOf(one))) return;
    const drawn = message(one, messages[index - 1], index < summaries, userName);
    drawn.dataset.id = keyOf(one);
    log.insertBefore(drawn, log.children[index] || null);
    grew = true;
  });
  if (grew && !known.size && summaries === messages.length) {
    log.scrollTop = 0; // only the summary so far: it is read from its first line
    updateAtEnd();
  } else if (grew && (stays || !known.size || messages.at(-1).kind === "agent")) {
    log.scrollTop = log.scrollHeight;
  }
}

// The newest message to the user of those that they have read says so, as only the conversation counts as read.
function drawRead({ messages, userLastRead }) {
  const read = userLastRead && messages.findLast((one) =>
    ["agent", "automation"].includes(one.kind) && one.received <= userLastRead);
  for (const child of $("log").children) {
    const known = child.querySelector(":scope > .read");
    if (!read || child.dataset.id !== keyOf(read)) known?.remove();
    else if (!known) child.append(make("p", "read", `Read · ${formatTime(userLastRead)}`));
    else known.textContent = `Read · ${formatTime(userLastRead)}`;
  }
}

// A message that is deleted is drawn again.
const keyOf = (one) => (one.deleted ? `${one.id} deleted` : one.id);

function message(one, before, summary, userName) {
  const out = !["user", "notice"].includes(one.kind);
  if (one.kind === "notice") {
    const line = make("p", "notice", `${one.content.text} · ${formatTime(one.received)}`);
    return line;
  }
  const box = make("article", `message ${one.kind}${out ? " out" : ""}${summary ? " summary" : ""}`);
  const follows = before && before.kind === one.kind
    && before.author.displayName === one.author.displayName && !summary
    && new Date(one.received) - new Date(before.received) < 120_000;
  if (follows) box.classList.add("follows");
  const bubble = make("div", "bubble");
  if (summary) bubble.append(make("div", "title", "Handover from the bot"));
  bubble.append(...(one.deleted ? [make("em", "deleted", "Deleted")] : contents(one.content)));
  const author = one.author.displayName || { user: userName, business: "Bot" }[one.kind] || "";
  if (!summary) box.append(meta(author, formatTime(one.received)));
  if (one.kind === "agent" && !one.deleted) {
    const remove = make("button", "delete", "Delete");
    remove.type = "button";
    remove.dataset.deletes = one.id;
    box.firstChild.prepend(remove);
  }
  box.append(bubble);
  return box;
}

// The name is isolated: its direction does not change that of the line.
function meta(author, when) {
  const line = make("p", "meta");
  if (author) {
    line.append(make("bdi", "", author), " · ");
    line.title = author;
  }
  line.append(when);
  return line;
}

export function contents(content) {
  const parts = [];
  const url = address(content.mediaUrl);
  if (url && content.type === "image") {
    const image = make("img");
    image.src = url;
    image.alt = content.altText || "Picture";
    image.addEventListener("load", keepEnd);
    const link = make("a");
    link.append(image);
    parts.push(open(link, url));
  } else if (url) {
    parts.push(open(make("a", "filename", content.altText || filename(content.mediaUrl)), url));
  }
  if (content.text && !content.items) parts.push(textBox(content.text));
  else if (content.htmlText) parts.push(textBox(content.htmlText.replace(/<[^<>]*>/g, " ")));
  for (const item of content.items || []) {
    parts.push(textBox([item.title, item.description].filter(Boolean).join(" · ")));
    for (const action of item.actions || []) parts.push(make("span", "choice", action.text || action.type));
  }
  for (const field of content.fields || []) {
    parts.push(textBox([field.label, ...(field.options || []).map((one) => `– ${one.label}`)].join("\n")));
  }
  if (content.coordinates) {
    const place = content.location || {};
    parts.push(textBox([place.name, place.address, Object.values(content.coordinates).join(", ")].filter(Boolean).join("\n")));
  }
  if (!parts.length) parts.push(make("div", "text", `(${content.type})`));
  for (const action of content.actions || []) {
    parts.push(make("span", "choice", action.text || action.type));
  }
  return parts;
}

function textBox(text) {
  const box = make("div", "text", text);
  box.dir = "auto";
  return box;
}

function open(link, url) {
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

// The simulator's own files come from the control API, which needs no credentials; others only
// over http(s).
function address(mediaUrl) {
  if (!mediaUrl) return "";
  const own = /\/sc\/attachments\/v2\/([^/?]+)\//.exec(mediaUrl);
  if (own) return `/sim/attachments/${own[1]}`;
  return /^https?:\/\//i.test(mediaUrl) ? mediaUrl : "";
}

function filename(mediaUrl) {
  const last = mediaUrl.split(/[?#]/)[0].split("/").at(-1);
  try {
    return decodeURIComponent(last) || "File";
  } catch {
    return last;
  }
}
