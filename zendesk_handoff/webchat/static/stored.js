// What the browser keeps for this site. It may refuse to: then the page forgets it with its end.

/** @param {string} key @param {string} [value] Kept, if given. @returns {string | null} What is kept. */
export function stored(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch {
    return null;
  }
}
