// Looks of the chat within deep-chat's shadow; the variables are in `page.css`.

// Its time stands beside it, in any window.
const bubble = { maxWidth: "min(78%, 100% - 84px)", fontSize: "0.95rem", lineHeight: "1.4", marginTop: "6px" };

/** By deep-chat's roles. */
export const BUBBLES = {
  shared: { bubble },
  user: { bubble: { backgroundColor: "var(--accent)", color: "var(--on-accent)" } },
  ai: { bubble: { backgroundColor: "var(--bot)", color: "var(--ink)" } },
  agent: { bubble: { backgroundColor: "var(--agent)", color: "var(--ink)" } },
  automation: { bubble: { backgroundColor: "var(--automation)", color: "var(--ink)", border: "1px dashed var(--automation-line)" } },
};

const AUTHOR = `
  .inner-message-container:has(> .author) { flex-wrap: wrap; }
  .author {
    flex: 0 0 100%; box-sizing: border-box; margin-top: 10px; padding-right: 22%;
    overflow: hidden; text-align: left; text-overflow: ellipsis; white-space: nowrap;
    font-size: .78rem; color: var(--muted);
  }
  .author img { width: 20px; height: 20px; margin-inline-end: 6px; border-radius: 50%; object-fit: cover; vertical-align: middle; }
  .author.repeated { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; }
  .author:not(.repeated) ~ .message-bubble { margin-top: 2px !important; }`;

const META = `
  .outer-message-container { position: relative; }
  .outer-message-container[hidden] { display: none; }
  .day { margin: 16px auto 4px; text-align: center; font-size: .78rem; color: var(--muted); }
  .meta { padding: 2px 12px 0; font-size: .75rem; color: var(--muted); text-align: start; }
  .deep-chat-outer-container-role-user > .meta { text-align: end; }
  .meta .state:not(:empty)::before { content: " · "; }
  .meta .reason { display: block; }
  .meta:is([data-state="failed"], [data-state="lost"]) .state, .meta .reason { color: var(--alarm); }
  .retry { margin-inline-start: 8px; padding: 2px 8px; border: 0; background: none; color: var(--accent-ink); font: inherit; text-decoration: underline; cursor: pointer; }
  .inner-message-container > .meta { flex: 0 0 0; width: 0; align-self: flex-end; padding: 0 0 4px 8px; white-space: nowrap; opacity: 0; }
  .inner-message-container:has(> .meta) > .message-bubble { margin-inline-end: 0 !important; }
  .inner-message-container:has(.cards) { flex-wrap: wrap; }
  .inner-message-container:has(.cards) > .meta { flex: 0 0 100%; padding-inline-start: 12px; } /* there is no room beside them */
  .outer-message-container:is(:hover, :focus-within) .meta { opacity: 1; }
  .status .inner-message-container { justify-content: center; }
  .status .message-bubble {
    max-width: 92% !important; margin: 12px 0 4px !important; padding: 0 .55em !important; background: none !important;
    color: var(--muted) !important; font-size: .85rem !important; text-align: center;
  }
  .notice { margin: 6px 0; font-size: .85rem; color: var(--alarm); }`;

/** Drawn, not an emoji: not every machine has a font for those. */
const SHEET = `url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 24'%3E%3Cpath d='M3 2h9l5 5v15H3zM11 3v5h5' fill='none' stroke='%23000' stroke-width='2'/%3E%3C/svg%3E")`;

const CONTENT = `
  .said { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
  .said.emoji { font-size: 2rem; line-height: 1.2; }
  .message-bubble { overflow-wrap: anywhere; }
  .message-bubble a { color: inherit; }
  .deleted { opacity: .85; }
  .picture { display: block; padding: 0; border: 0; background: none; cursor: zoom-in; max-width: 100%; }
  .picture img { display: block; max-width: 100%; max-height: 260px; min-width: 40px; min-height: 24px; border-radius: 8px; color: inherit; }
  .file { display: inline-flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; color: inherit; }
  .file::before {
    content: ""; width: 1em; height: 1.1em; align-self: center; background: currentColor; --sheet: ${SHEET} center / contain no-repeat;
    -webkit-mask: var(--sheet); mask: var(--sheet);
  }
  .file .size { font-size: .8rem; opacity: .9; }
  .choice, .link-button {
    display: inline-block; max-width: 100%; margin: 4px 6px 4px 0; padding: 7px 14px; border: 1px solid var(--accent-ink);
    border-radius: 999px; background: var(--paper); color: var(--accent-ink); font: inherit; cursor: pointer;
    overflow-wrap: anywhere; text-align: start; unicode-bidi: plaintext;
  }
  .link-button, .message-bubble a.link-button { border-color: var(--accent); border-radius: 8px; background: var(--accent); color: var(--on-accent); text-decoration: none; }
  .choice:disabled, .form :disabled { opacity: .6; cursor: default; }
  .message-bubble:has(.cards) { max-width: 96% !important; overflow: hidden; }
  .cards { display: flex; gap: 10px; overflow-x: auto; margin: 0 -4px; padding: 4px 4px 8px; list-style: none; }
  .card {
    flex: 0 0 min(210px, 80%); display: flex; flex-direction: column; overflow: hidden;
    border: 1px solid var(--line); border-radius: 12px; background: var(--paper); color: var(--ink);
  }
  .card img { width: 100%; height: 130px; object-fit: contain; background: var(--bot); }
  .card .words { flex: 1; padding: 10px 12px 4px; }
  .card .title { font-weight: 600; }
  .card .title, .card .said { overflow-wrap: anywhere; unicode-bidi: plaintext; }
  .card .buttons, .card > a:not(.link-button) { padding: 4px 12px 10px; }
  .form { display: grid; gap: 10px; min-width: min(240px, 60vw); }
  .form p { margin: 0; }
  .form label { display: grid; gap: 3px; font-size: .85rem; }
  .form :is(input, select) { box-sizing: border-box; width: 100%; padding: 7px 9px; border: 1px solid var(--muted); border-radius: 8px; background: var(--paper); color: var(--ink); font: inherit; }`;

const INPUT = `
  #container, #chat-view, #messages { background: var(--paper); }
  #messages { padding-top: max(var(--notices-room), var(--notices-height, 0px)); padding-bottom: 8px; scroll-padding-top: var(--notices-height, 0px); color: var(--ink); }
  #text-input-container { border-color: var(--line) !important; background: var(--field) !important; }
  #text-input { color: var(--ink); padding-right: 2.4em !important; padding-left: .55em !important; } /* the icon stays on its side */
  #file-attachment-container { background-color: var(--bot) !important; color: var(--ink); } /* it covers messages */
  button[disabled] { cursor: default !important; }
  :focus-visible { outline: 3px solid var(--focus) !important; outline-offset: 2px; }
  #messages:focus-visible { outline-offset: -3px; }
  #text-input:focus-visible { outline-offset: 0; }
  /* Users and agents write in either direction. The bot's sentences keep theirs, even after a name at the start. */
  .outer-message-container:not(.deep-chat-outer-container-role-ai) :is(.message-bubble, p, li) { unicode-bidi: plaintext; }
  /* deep-chat colours its icons by filters, made for black ones; those that take their surroundings' colour would be inverted twice. */
  #container svg { filter: none !important; color: var(--muted); }
  #container svg:not([fill="none"], [stroke]), #container svg [fill]:not([fill="none"]) { fill: currentColor; }
  #container svg [stroke]:not([stroke="none"]) { stroke: currentColor; }
  #container :is(:hover, :focus-visible) > svg { color: var(--ink); }
  @media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; } }
  .message-bubble { --loading-message-color: var(--muted) !important; --loading-message-color-fade: var(--line) !important; }
  @media (forced-colors: active) {
    .message-bubble { border: 1px solid; }
    .status .message-bubble { border: 0; }
    .file::before { background: LinkText; }
    .loading-message-dots, .loading-message-dots::before, .loading-message-dots::after { background: CanvasText !important; animation: none !important; }
  }`;

export const STYLE = AUTHOR + META + CONTENT + INPUT;
