// The launcher on another site: a button in the corner, and a frame with the chat once it is opened.
//
// <script src="https://bot.example.com/webhooks/webchat/widget.js" async></script>
// The site and the frame talk by messages, whose origin both check. The server fills in the settings.
(() => {
  "use strict";
  const script = document.currentScript ?? document.querySelector('script[src*="/webchat/widget.js"]');
  if (window.HandoffChat || !script) return;
  const settings = "{{settings}}";
  const root = new URL(".", script.src);
  const { workspace, name, email, locale, position = settings.position } = script.dataset;
  const language = [locale, document.documentElement.lang, ...navigator.languages].find((tag) => tag && Object.hasOwn(settings.words, languageOf(tag)));
  const words = settings.words[languageOf(language ?? "en")];
  const ACTIVE = `handoff-chat:${root.host}`;
  const listeners = new Map();
  let identity = script.dataset.identity; // empty: nobody is signed in
  let started; // the identity that the frame has
  let frame = null;
  let isReady = false;
  let isOpen = false;
  let unread = 0;

  const host = document.createElement("handoff-chat");
  const shadow = host.attachShadow({ mode: "open" });
  const launcher = make("button", { type: "button", className: "launcher" });
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const badge = make("span", { className: "badge", hidden: true });
  const panel = make("div", { className: "panel", hidden: true });
  const refusal = make("p", { className: "refusal", hidden: true });
  const CHAT = "M4 4h16v12H9l-5 4z";
  const CROSS = "M6 6l12 12M18 6L6 18";

  function languageOf(tag) {
    return tag.split(/[-_]/)[0].toLowerCase();
  }

  function make(tag, properties) {
    return Object.assign(document.createElement(tag), properties);
  }

  /** Call the site's listeners; one that raises stops no other one. */
  function emit(event, detail) {
    for (const call of listeners.get(event) ?? []) {
      try {
        call(detail);
      } catch (error) {
        console.error(error);
      }
    }
  }

  /** Post to the frame, by the chat's own origin: a frame that shows anything else gets nothing. */
  function post(type, values) {
    frame.contentWindow?.postMessage({ ...values, handoffChat: type }, root.origin);
  }

  function start() {
    isReady = false;
    started = identity;
    post("start", { told: { workspace, name, email, locale: locale ?? language }, identity });
    refuseUnlessReady(5000);
  }

  function load() {
    if (frame && refusal.hidden) return;
    frame?.remove(); // it was refused: the server may be back
    refusal.hidden = true;
    isReady = false;
    const address = new URL(`?widget&locale=${encodeURIComponent(language ?? "en")}`, root);
    frame = make("iframe", { src: address, title: settings.title[languageOf(language ?? "en")] || words.title, allow: "clipboard-write; geolocation" });
    frame.addEventListener("load", start);
    panel.append(frame);
    refuseUnlessReady(20_000); // also where nothing is loaded at all
  }

  function refuseUnlessReady(milliseconds) {
    const waited = frame;
    setTimeout(() => frame === waited && !isReady && refuse(true), milliseconds);
  }

  /** Say that the chat does not answer, and where it can be opened. */
  function refuse(isRefused) {
    refusal.hidden = !isRefused;
    frame.hidden = isRefused;
    if (isRefused) console.error(`HandoffChat: ${root} does not answer. Does \`embed_origins\` have ${location.origin}?`);
  }

  function open() {
    load();
    show(true);
    frame.focus();
  }

  function close() {
    if (!isOpen) return;
    show(false);
    launcher.focus();
  }

  function show(isShown) {
    if (isOpen === isShown) return;
    isOpen = isShown;
    panel.hidden = !isShown;
    host.toggleAttribute("open", isShown);
    draw();
    if (isReady) post(isShown ? "opened" : "closed");
    emit(isShown ? "open" : "close");
  }

  function draw() {
    shape.setAttribute("d", isOpen ? CROSS : CHAT);
    badge.textContent = unread > 99 ? "99+" : unread;
    badge.hidden = isOpen || !unread;
    launcher.setAttribute("aria-expanded", isOpen);
    launcher.setAttribute("aria-label", isOpen ? words.close : unread ? words.unread.replace("{count}", unread) : words.open);
  }

  const received = {
    ready() {
      isReady = true;
      refuse(false);
      if (identity !== started) post("identify", { identity });
      post(isOpen ? "opened" : "closed");
      emit("ready");
    },
    close,
    unread({ count }) {
      unread = Number(count) || 0;
      draw();
      emit("unread", { count: unread });
    },
    message: ({ id, role }) => emit("message", { id, role }),
    active: () => remember(),
  };

  addEventListener("message", ({ data, origin, source }) => {
    if (!frame || source !== frame.contentWindow || origin !== root.origin) return;
    const type = data?.handoffChat;
    if (Object.hasOwn(received, type)) received[type](data);
  });

  /** Remember that there is a conversation: then the frame is loaded for the number of unread messages. */
  function remember() {
    try {
      localStorage.setItem(ACTIVE, "1");
    } catch {} // a browser may refuse
  }

  function isRemembered() {
    try {
      return localStorage.getItem(ACTIVE) === "1";
    } catch {
      return false;
    }
  }

  function mount() {
    // Not by an element: the site's policy may forbid styles, and none of its own reach in here.
    const sheet = new CSSStyleSheet();
    const colours = Object.entries(settings.style).map(([key, value]) => `${key}:${value}`).join(";");
    const side = position === "left" ? "left" : "right";
    sheet.replaceSync(`:host{all:initial;${colours}}${STYLE.replaceAll("SIDE", side)}`);
    shadow.adoptedStyleSheets = [sheet];
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    icon.append(shape);
    launcher.append(icon, badge);
    launcher.addEventListener("click", () => (isOpen ? close() : open()));
    refusal.append(`${words.refused} `, make("a", { href: root, target: "_blank", rel: "noopener", textContent: words.window }));
    panel.append(refusal);
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-label", words.title);
    panel.addEventListener("keydown", ({ key }) => key === "Escape" && close());
    shadow.append(panel, launcher);
    draw(); // the site may have opened it already
    document.body.append(host);
    if (isRemembered()) (window.requestIdleCallback ?? setTimeout)(load);
  }

  const STYLE = `
    [hidden]{display:none!important}
    .launcher,.panel{position:fixed;SIDE:20px;z-index:2147483000;font:16px/1.4 system-ui,sans-serif}
    .launcher{bottom:20px;width:56px;height:56px;padding:0;border:0;border-radius:50%;cursor:pointer;
      background:var(--accent);color:var(--on-accent);box-shadow:0 4px 16px rgb(0 0 0/.3);transition:transform .15s}
    .launcher:hover{transform:scale(1.05)}
    .launcher:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #1c2b2d}
    svg{width:28px;height:28px;fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round;vertical-align:middle}
    .badge{position:absolute;top:-4px;right:-4px;min-width:22px;box-sizing:border-box;padding:0 6px;border-radius:11px;
      background:#b3261e;color:#fff;font-size:13px;line-height:22px;text-align:center}
    .panel{bottom:88px;width:min(400px,calc(100vw - 40px));height:min(640px,calc(100dvh - 108px));overflow:hidden;
      border-radius:16px;background:Canvas;color:CanvasText;color-scheme:light dark;box-shadow:0 8px 40px rgb(0 0 0/.35)}
    iframe{display:block;width:100%;height:100%;border:0}
    .refusal{margin:0;padding:24px}
    @media(max-width:480px),(max-height:480px){
      .panel{inset:0;width:100%;height:100dvh;border-radius:0}
      :host([open]) .launcher{display:none}
    }
    @media(prefers-reduced-motion:reduce){.launcher{transition:none}}
    @media(forced-colors:active){.launcher,.panel{border:1px solid}}`;

  window.HandoffChat = Object.freeze({
    open,
    close,
    /** Say who the user is, with a token that the site's server has signed; with none, that they have signed out. */
    identify(token) {
      identity = String(token || "");
      if (isReady) post("identify", { identity });
    },
    /** Listen to `ready`, `open`, `close`, `message` and `unread`; returns a function that ends it. */
    on(event, call) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event).add(call);
      return () => listeners.get(event).delete(call);
    },
  });
  if (document.body) mount();
  else addEventListener("DOMContentLoaded", mount);
  dispatchEvent(new Event("handoffchat"));
})();
