// Web addresses in texts of the outside world: found, checked, and made links.

const ADDRESS = /https?:\/\/[^\s<>"\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi;
const SENTENCE_MARKS = ".,:;!?…'\"*_~`»”’";
const OPENING = { ")": "(", "]": "[", "}": "{" };

/** Return whether a page may link to an address: one of the web, or a path on this server. */
export function isSafe(address) {
  try {
    return /^https?:$/.test(new URL(address, location.href).protocol);
  } catch {
    return false;
  }
}

/** Make an element open an address in another tab. */
export function linkTo(element, address) {
  element.href = address;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}

/**
 * Divide a text at its web addresses.
 * @param {string} text
 * @returns {(string | {address: string})[]}
 */
export function divide(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutMarks(found);
    if (!isSafe(address)) continue;
    parts.push(text.slice(end, index), { address });
    end = index + address.length;
  }
  return [...parts, text.slice(end)];
}

/** Cut what ends a sentence off an address, or closes a bracket that was opened before it. */
function withoutMarks(address) {
  const count = (mark) => address.split(mark).length;
  for (;;) {
    const last = address.at(-1) ?? "";
    const closes = Object.hasOwn(OPENING, last) && count(last) > count(OPENING[last]);
    if (!last || !(SENTENCE_MARKS.includes(last) || closes)) return address;
    address = address.slice(0, -1);
  }
}

/** Make the bare web addresses of Markdown links. */
export function linkBare(markdown) {
  return markdown.replace(ADDRESS, (found, index) => {
    const before = markdown.slice(Math.max(0, index - 2), index);
    const address = withoutMarks(found);
    // In a link, in quotes or in code it is left alone.
    if (before.endsWith("](") || /[<[="'`\w\\]$/.test(before) || !isSafe(address)) return found;
    return `<${address}>${found.slice(address.length)}`;
  });
}
