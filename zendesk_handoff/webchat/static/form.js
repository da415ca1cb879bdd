// A form of an agent's, and the user's answers to it.

import { say } from "./words.js";

const KINDS = { email: "email", text: "text" };

/**
 * Build a form.
 * @param {number} itemId The history item that the answers belong to.
 * @param {{text?: string, fields: {label: string, kind: string, hint?: string, options?: string[]}[]}} form
 */
export function formOf(itemId, { text, fields }) {
  const form = document.createElement("form");
  form.className = "form";
  form.dataset.item = String(itemId);
  if (text) form.append(Object.assign(document.createElement("p"), { textContent: text }));
  for (const each of fields) form.append(fieldOf(each));
  form.append(Object.assign(document.createElement("button"), { type: "submit", className: "link-button", textContent: say("send") }));
  return form;
}

function fieldOf({ label, kind, hint, options }) {
  const line = document.createElement("label");
  const name = Object.assign(document.createElement("span"), { textContent: label, dir: "auto" });
  const field = document.createElement(options?.length ? "select" : "input");
  if (options?.length) {
    field.append(new Option(hint || say("choose"), ""), ...options.map((option) => new Option(option)));
  } else {
    field.type = Object.hasOwn(KINDS, kind) ? KINDS[kind] : "text";
    if (hint) field.setAttribute("placeholder", hint);
    field.maxLength = 1000;
  }
  field.required = true;
  line.append(name, field);
  return line;
}

/** Return the answers in words, a line for each field. @param {HTMLFormElement} form */
export function answersOf(form) {
  const lines = [...form.querySelectorAll("label")].map((line) => [
    line.querySelector("span").textContent,
    line.querySelector("input, select").value.trim(),
  ]);
  return lines.filter(([, value]) => value).map(([label, value]) => `${label}: ${value}`).join("\n");
}
