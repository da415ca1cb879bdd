// The calls by which the account tells the bot what happens: its webhook's, and those of ticket triggers.

import * as api from "./api.js";
import { $, formatTime, make } from "./view.js";

const SHOWN = 30;
const OUTCOMES = new Map([
  ["retrying", "is repeated"], ["gave_up", "given up"], ["refused", "refused, not repeated"],
]);

// At most one request at a time: a burst of events is many calls.
let loading = null;
let again = false;
export async function refreshDeliveries(id) {
  if (loading) { again = true; return; }
  loading = id ? api.deliveries(id).catch(() => []) : Promise.resolve([]);
  draw(await loading);
  loading = null;
  if (again) { again = false; refreshDeliveries(location.hash.slice(1)); }
}

function draw(calls) {
  const last = new Map(calls.map((one) => [one.id, one])); // the last attempt at each
  const failed = [...last.values()].filter((one) => !isTaken(one)).length;
  $("deliveries").hidden = !calls.length;
  $("deliveries").dataset.failed = failed;
  $("calls").textContent = `Calls to the bot: ${last.size}${failed ? `, ${failed} not taken` : ""}`;
  $("attempts").replaceChildren(...calls.slice(-SHOWN).reverse().map(row));
}

const isTaken = ({ status }) => status >= 200 && status < 300;

function row(one) {
  const line = make("li", isTaken(one) ? "" : "bad");
  const answer = one.status ?? one.error ?? "no answer";
  const outcome = isTaken(one) ? `in ${Math.round(one.seconds * 1000)} ms` : OUTCOMES.get(one.outcome) || one.outcome;
  const attempt = one.attempt > 1 ? `attempt ${one.attempt}` : "";
  line.append(make("code", "", one.types.join(", ")), ` ${[answer, outcome, attempt, formatTime(one.at)].filter(Boolean).join(" · ")}`);
  return line;
}
