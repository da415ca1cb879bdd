"""Texts that attack the page, at every place where it shows what others have written.

The page's own code shows them, all in one stream, without the content policy that would stop what
they run: nothing may rest on it alone.
"""

from __future__ import annotations

import json

from tests.support.markup_attacks import ATTACKS
from zendesk_handoff.domain.messages import AgentMessage, Button, Card, Form, FormField
from zendesk_handoff.webchat.history import agent_item, bot_item, user_item

LINK = "https://help.example/"
LAST = "This is the last one."
FILE = "https://bot.example.com/webhooks/zendesk/media/token/x"
HITS = "window.hits = []; window.hit = (number) => window.hits.push(number);"
#: Resolves when the browser has loaded, or failed to load, what was asked for before.
SETTLED = """async () => {
    for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => {
            const probe = new Image();
            probe.onerror = () => setTimeout(resolve);
            probe.src = `${location.origin}/there-is-no-such-picture-${i}`;
        });
    }
    return window.hits;
}"""
#: What the page, or Markdown of the bot's, makes elements of.
ALLOWED = {
    *(
        "a",
        "bdi",
        "blockquote",
        "br",
        "button",
        "code",
        "del",
        "div",
        "em",
        "form",
        "h1",
        "h2",
        "h3",
    ),
    *("hr", "img", "input", "label", "li", "ol", "option", "p", "pre", "s", "select", "span"),
    *("strong", "table", "tbody", "td", "th", "thead", "time", "tr", "ul"),
}
ATTRIBUTES = {
    *("alt", "aria-label", "class", "dir", "disabled", "hidden", "href", "id", "maxlength"),
    *("placeholder", "rel", "required", "role", "src", "style", "tabindex", "target", "title"),
    *("type", "value", "datetime", "rows", "start"),
}
#: Every element of the log that is none of those, or has an attribute of another kind or scheme.
FOREIGN = """(log, [tags, attributes]) => [...log.querySelectorAll("*")].flatMap((each) => {
    const found = [];
    if (!tags.includes(each.localName)) found.push(each.localName);
    for (const { name, value } of each.attributes) {
        if (!attributes.includes(name) && !name.startsWith("data-")) found.push(name);
        if (name === "style" && /url|expression|animation/i.test(value)) found.push(value);
    }
    for (const address of [each.getAttribute("href"), each.getAttribute("src")]) {
        if (address === null) continue;
        const { protocol } = new URL(address, location.href);
        if (!/^(https?|mailto|tel|blob):$/.test(protocol)) found.push(address);
    }
    return found.map((what) => `${what}: ${each.outerHTML.slice(0, 300)}`);
})"""
TEXTS = "(log, selector) => [...log.querySelectorAll(selector)].map((each) => each.textContent)"


def by(texts, count):
    return [texts[start : start + count] for start in range(0, len(texts), count)]


def agents(author, **values):
    return agent_item(
        AgentMessage(**{"id": "m", "agent_id": "7", "text": "", **values}, author=author)
    )


def items():
    """Make items with each text at every place, as the server does; and with it as an address.

    What takes many texts takes many: the page needs some milliseconds for each message.
    """
    for text in ATTACKS:
        yield agents(text, kind="text", text=text)
        yield agents("Ana", kind="file", media_url=FILE, media_name=text, avatar_url=text)
        yield bot_item(text)
        if '"' in text or "'" in text:  # it is an attribute there
            yield agents("Ana", kind="image", media_url=FILE, media_name=text)
    for some in by(ATTACKS, 20):
        buttons = [Button(text, url=url) for text in some for url in ("", text, LINK)]
        yield agents("Ana", kind="text", buttons=buttons)
        cards = [Card(text, description=text, image_url=text) for text in some]
        yield agents("Ana", kind="text", cards=cards)
        fields = [FormField(text, hint=text) for text in some]
        choice = FormField("Which?", kind="select", options=tuple(some))
        yield agents("Ana", kind="text", form=Form("\n".join(some), (*fields, choice)))
        yield bot_item("Which?", buttons=[{"title": each, "payload": each} for each in some])
        yield user_item("\n".join(some), request_id=some[0])
        # What the server would have left out.
        links = [{"title": text, "url": text} for text in some]
        cards = [{"title": text, "image": text, "buttons": links} for text in some[:3]]
        file = {"kind": "file", "url": some[0], "name": some[0]}
        yield {"role": some[0], "name": "Ana", "avatar": some[1], "media": file, "cards": cards}


def stream_of(shown):
    events = (f"id: {number}\ndata: {json.dumps(each)}\n\n" for number, each in shown)
    return "".join(events)


async def test_nothing_that_others_write_is_markup(browser, stack):
    shown = [*items(), bot_item(LAST)]
    problems, dialogs = [], []
    context = await browser.new_context(bypass_csp=True)
    await context.add_init_script(HITS)
    page = await context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    served = []

    async def serve(route):
        if served:
            await route.abort()
            return
        served.append(route)
        await route.fulfill(
            content_type="text/event-stream", body=stream_of(enumerate(shown, start=1))
        )

    await page.route("**/webhooks/webchat/events", serve)
    await page.goto(f"{stack.rasa_url}/webhooks/webchat/")
    address = page.url
    log = page.get_by_role("log")
    await log.get_by_text(LAST).wait_for()

    assert await page.evaluate(SETTLED) == []
    assert dialogs == problems == []
    assert page.url == address
    assert await log.evaluate(FOREIGN, [sorted(ALLOWED), sorted(ATTRIBUTES)]) == []
    # Shown as it was written: an agent's words, name, files, cards, buttons.
    for selector in (
        *(".said", ".author", ".file bdi", ".card .title", ".card .said", ".choice"),
        *("a.link-button", "form label > span", "form option"),
    ):
        texts = {each.strip() for each in await log.evaluate(TEXTS, selector)}
        missing = [each for each in ATTACKS if each.strip() not in texts]
        assert missing == [], f"not in {selector}"
    await context.close()
