// The page's settings, and its words in the user's language, as the server has filled them in.

export const settings = JSON.parse(document.querySelector("#settings").textContent);

const { words, language } = settings;

/**
 * Return words.
 * @param {string} key
 * @param {Object<string, string | number>} values Of the placeholders.
 */
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? values[name] : whole));
}

/** Return the words for a reason that the server gives; its own sentence where there are none. */
export function sayError({ code, limit, error } = {}, otherwise = "error_unknown") {
  const key = ["error", code, limit].filter(Boolean).join("_");
  return Object.hasOwn(words, key) ? say(key, settings) : error || say(otherwise);
}

/** Return the words of a message of the chat itself; the server's own where there are none for its code. */
export function sayNotice({ code, text }) {
  const key = `notice_${code}`;
  return Object.hasOwn(words, key) ? say(key) : text;
}

const TIME = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
const DATED = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
const RELATIVE = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** @param {Date} date */
export const timeOf = (date) => TIME.format(date);

/** @param {Date} date */
export const dateAndTimeOf = (date) => DATED.format(date);

/** Name a day: today and yesterday by these words. @param {Date} date */
export function dayOf(date) {
  const midnight = (one) => new Date(one.getFullYear(), one.getMonth(), one.getDate());
  const days = Math.round((midnight(date) - midnight(new Date())) / 86_400_000);
  return days === 0 || days === -1 ? RELATIVE.format(days, "day") : DAY.format(date);
}

/** @param {number} bytes */
export function sizeOf(bytes) {
  const units = ["byte", "kilobyte", "megabyte"];
  const step = Math.min(2, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const style = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step === 2 ? 1 : 0 };
  return new Intl.NumberFormat(language, style).format(bytes / 1000 ** step);
}
