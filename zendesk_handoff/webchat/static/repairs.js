// What deep-chat 2.4 leaves open: links that run scripts, and parts without a name or a role.

const SAFE = new Set(["http:", "https:", "mailto:", "tel:", "blob:"]);

/** @param {ShadowRoot} root */
export function repair(root) {
  const mend = () => {
    for (const link of root.querySelectorAll("a")) mendLink(link);
    for (const button of root.querySelectorAll("[role=button]")) mendButton(button);
    const log = root.querySelector("#messages");
    if (log && log.getAttribute("role") !== "log") {
      log.setAttribute("role", "log");
      log.setAttribute("aria-live", "polite");
      log.setAttribute("aria-label", "Conversation");
      log.tabIndex = 0;
    }
    const input = root.querySelector("#text-input");
    if (input && !input.hasAttribute("aria-label")) input.setAttribute("aria-label", "Your message");
  };
  new MutationObserver(mend).observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["href", "src"] });
  mend();
}

function mendLink(link) {
  const href = link.getAttribute("href");
  if (href !== null) {
    let scheme = "";
    try {
      scheme = new URL(href, location.href).protocol;
    } catch {
      scheme = "invalid:";
    }
    if (!SAFE.has(scheme)) link.removeAttribute("href");
  }
  if (link.getAttribute("rel") !== "noopener noreferrer") link.setAttribute("rel", "noopener noreferrer");
}

function mendButton(button) {
  const uploads = button.querySelector("input[type=file], [id*=upload]") !== null;
  const label = button.textContent.trim() || (uploads ? "Attach a file" : "Send");
  if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
}
