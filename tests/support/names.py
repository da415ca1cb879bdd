"""Samples of real-world names, sender ids and texts, for tests to run over.

Code that turns such a value into a CSS class, a role, a path, an id, markup or a log line breaks
on one of these.
"""

from __future__ import annotations

#: Display names of agents. A space, an apostrophe, three other scripts, an emoji outside the first
#: plane, words that have a meaning of their own in chat libraries, markup, and a long one.
AGENTS = (
    "Ana Smith",
    "Jörg O'Neil",
    "王 小明",
    "عائشة",
    "Dr. Bo 🙂",
    "user",
    "ai",
    "bot",
    "<b>Mo</b>",
    ("Maximiliane Theodora von und zu Hohenstein-Wittgenstein, " * 3)[:119] + "X",
)

#: An author without a display name: automations and triggers have none, and an agent may.
NAMELESS = ""

#: Sender ids that channels give: addresses, paths, numbers, and one that fits no column.
SENDERS = (
    "19:abc/def@thread.tacv2;id=1",
    "mara+test@example.com",
    "whatsapp:+491700000001",
    "4915170000001",
    "s" * 1_500,
)

#: Texts: right-to-left, emoji of several code points, Markdown, HTML, Zendesk's longest
#: text, an address with both separators, a direction override, and Zendesk's own shorthand.
TEXTS = (
    "متى يصل طلبي 10234؟",
    "👍🏽 👩‍👩‍👧 🏳️‍🌈",
    "*one* _two_ `three` [four](five)",
    "<p>a &amp; b</p><img src=x onerror=alert(1)>",
    "long " * 819 + "x",
    "https://shop.example/orders?id=10234&lang=de#top",
    "invoice\u202egnp.exe",
    "%((switchboard:passControl:next))%",
    "%[Pay](https://shop.example)",
)
