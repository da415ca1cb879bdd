"""Handovers in a browser: the customer's page and the agent's.

Screenshots go to ``shots/``.
"""

from __future__ import annotations

import shutil
import uuid

import pytest
from playwright.async_api import async_playwright, expect

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS
from tests.support.identity import identity
from tests.support.names import AGENTS, NAMELESS
from tests.support.webchat import PNG_SIGNATURE
from tools.paths import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = ROOT / "shots"
#: A name that would be emphasis and a link if a text with it were rendered as Markdown.
MARKDOWN = "*Mo* [x](https://x.example)"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture
async def browser():
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        await launched.close()


@pytest.fixture
async def open_page(browser):
    problems = []

    async def open_one(url, *, width=860, height=760):
        context = await browser.new_context(viewport={"width": width, "height": height})
        page = await context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(url)
        return page

    yield open_one
    assert problems == [], "the pages' scripts raise nothing"


class Customer:
    def __init__(self, page):
        self.page = page
        self.input = page.locator("#text-input")

    async def says(self, text):
        await self.input.fill(text)
        await self.input.press("Enter")

    async def sees(self, text, *, times=1):
        await expect(self.page.get_by_text(text)).to_have_count(times, timeout=15_000)

    async def shot(self, name):
        await self.page.screenshot(path=SHOTS / f"{name}.png")


@pytest.fixture
async def customer(open_page, stack):
    SHOTS.mkdir(exist_ok=True)
    token = identity(str(uuid.uuid4()), name="Jo Doe", email="jo@example.com")
    address = f"{stack.rasa_url}/webhooks/webchat/#identity={token}"
    opened = Customer(await open_page(address))
    await expect(opened.input).to_be_visible(timeout=15_000)
    return opened


def picture() -> bytes:
    """Make a small PNG that a browser renders."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = b"".join(
        b"\0" + b"".join(bytes((30 + x, 120, 90 + y)) for x in range(120)) for y in range(80)
    )
    header = struct.pack(">IIBBBBB", 120, 80, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return PNG_SIGNATURE + body


@pytest.mark.timeout(150)
async def test_a_whole_handover_on_both_pages(customer, open_page, stack):
    await customer.says("Where is my order 10234?")
    await customer.sees("blue enamel kettle")
    await customer.says(ASK_HUMAN)
    await customer.sees("Waiting for an agent. You can keep writing.")

    agent = await open_page(stack.simulator_url + "/", width=1040, height=820)
    await agent.locator("nav").get_by_text("Jo Doe").first.click()
    words = agent.get_by_label("Your message")
    await expect(agent.locator("#log")).to_contain_text("10234", timeout=10_000)
    await words.fill("Hello Jo, let me look into your kettle.")
    await words.press("Enter")
    await customer.sees("Hello Jo, let me look into your kettle.")
    await customer.sees("You are talking with Ana.")
    await customer.says("Thank you, it is rather urgent")
    await expect(agent.locator("#log")).to_contain_text("rather urgent", timeout=10_000)

    await agent.locator("#image").set_input_files(
        {"name": "label.png", "mimeType": "image/png", "buffer": picture()}
    )
    await expect(customer.page.locator("deep-chat img")).to_have_count(1, timeout=10_000)
    await agent.locator("#file").set_input_files(
        {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 receipt"}
    )
    await customer.sees("receipt.pdf")
    await customer.shot("chat")
    await agent.screenshot(path=SHOTS / "agent.png")

    await customer.page.reload()
    await customer.sees("Hello Jo, let me look into your kettle.")
    await customer.sees("You are talking with Ana.")

    await agent.get_by_role("button", name="End session").click()
    await customer.sees("The conversation with our team has ended.")
    await customer.sees(ENDED)
    await customer.page.set_viewport_size({"width": 390, "height": 760})
    last = customer.page.get_by_text(ENDED)
    await expect(last).to_be_in_viewport(ratio=1)
    for width in (1000, 320, 800, 390):  # a phone is rotated
        await customer.page.set_viewport_size({"width": width, "height": 760})
        await expect(last).to_be_in_viewport(ratio=1)
    await customer.page.get_by_role("log").hover()
    await customer.page.mouse.wheel(0, -4000)
    first = customer.page.get_by_text("Where is my order 10234?")
    await expect(first).to_be_in_viewport(ratio=1)
    await customer.page.set_viewport_size({"width": 390, "height": 500})
    await customer.page.wait_for_timeout(300)
    await expect(first).to_be_in_viewport(ratio=1)  # a resize keeps the position of a reader
    await customer.page.set_viewport_size({"width": 390, "height": 760})
    await customer.page.mouse.wheel(0, 9000)
    await expect(last).to_be_in_viewport(ratio=1)
    await customer.shot("chat-ended-phone")
    await customer.page.get_by_role("button", name="New conversation").click()
    await customer.sees("blue enamel kettle", times=0)
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)
    await customer.shot("chat-new-phone")


@pytest.mark.timeout(120)
async def test_links_are_harmless_and_parts_have_names(customer, sim, stack):
    conversation = await with_agents(customer, sim, stack)
    bad = "[click me](javascript:alert(1)) and <img src=x onerror=alert(1)> and [fine](https://example.com)"
    await sim.agent_text(conversation, bad)
    await customer.sees("click me")
    await customer.sees(bad)  # agents' words are no markup
    links = customer.page.locator("deep-chat #messages a")
    for link in await links.all():
        href = await link.get_attribute("href")
        assert href is None or href.startswith("https://")
        assert await link.get_attribute("rel") == "noopener noreferrer"
    assert await customer.page.locator("deep-chat #messages img").count() == 0
    await expect(customer.page.get_by_role("log")).to_have_count(1)
    for name in ("Send", "Attach a file"):
        await expect(customer.page.get_by_role("button", name=name)).to_have_count(1)


ADDRESS = "https://help.example/returns?a=1&b=2"
BUTTONS = {
    "type": "text",
    "text": "A refund, or a new kettle?",
    "actions": [
        {"type": "reply", "text": "A refund", "payload": "REFUND"},
        {"type": "reply", "text": "<b>A new</b> *kettle*", "payload": "REPLACE"},
        {"type": "link", "text": "Our shop", "uri": "https://shop.example/"},
        {"type": "link", "text": "Run", "uri": "javascript:alert(1)"},
    ],
}


@pytest.mark.timeout(150)
async def test_links_buttons_and_cards_of_an_agent(customer, open_page, sim, stack):
    conversation = await with_agents(customer, sim, stack)
    name = AGENTS[0]
    html = f'<p>Read our <a href="{ADDRESS.replace("&", "&amp;")}">return policy</a>.</p>'
    await sim.agent_content(conversation, {"type": "text", "htmlText": html}, agent=name)
    link = customer.page.locator("deep-chat .said a")
    await expect(link).to_have_text(ADDRESS, timeout=15_000)
    assert await link.get_attribute("href") == ADDRESS
    assert await link.get_attribute("target") == "_blank"
    assert await link.get_attribute("rel") == "noopener noreferrer"

    await sim.agent_content(conversation, BUTTONS, agent=name)
    shop = customer.page.get_by_role("link", name="Our shop")
    await expect(shop).to_have_attribute("href", "https://shop.example/")
    await expect(customer.page.get_by_role("link", name="Run")).to_have_count(0)
    kettle = customer.page.get_by_role("button", name="<b>A new</b> *kettle*")
    await kettle.click()
    answered = await sim.wait_for_message(conversation, "<b>A new</b> *kettle*")
    assert answered["content"]["payload"] == "REPLACE"
    mine = customer.page.locator("deep-chat .user-message-text").last
    await expect(mine).to_have_text("<b>A new</b> *kettle*")
    await expect(kettle).to_be_disabled()
    await expect(customer.page.get_by_role("button", name="A refund")).to_be_disabled()

    await sim.agent_image(conversation, picture(), filename="blue.png", agent=name)
    *_, posted = await sim.messages(conversation)
    choose = {"type": "postback", "text": "Choose"}
    items = [
        {
            "title": f"{colour} kettle",
            "description": "1.7 l, enamel",
            "mediaUrl": posted["content"]["mediaUrl"],
            "actions": [
                {**choose, "payload": colour.upper()},
                {"type": "link", "text": "Details", "uri": f"https://shop.example/{colour}"},
            ],
        }
        for colour in ("Blue", "Red", "Green")
    ]
    items[2]["mediaUrl"] = "https://elsewhere.example/green.png"  # no host of the page's policy
    await sim.agent_content(conversation, {"type": "carousel", "items": items}, agent=name)
    cards = customer.page.locator("deep-chat .card")
    await expect(cards).to_have_count(3, timeout=15_000)
    loaded = "images => images.every((each) => each.complete && each.naturalWidth > 0)"
    pictures = customer.page.locator("deep-chat .card img")
    await expect(pictures).to_have_count(2)
    assert await pictures.evaluate_all(loaded)
    instead = cards.nth(2).get_by_role("link", name="Picture: Green kettle")
    await expect(instead).to_have_attribute("href", "https://elsewhere.example/green.png")
    await cards.nth(1).get_by_role("button", name="Choose").click()
    answered = await sim.wait_for_message(conversation, "Choose: Red kettle")
    assert answered["content"]["payload"] == "RED"
    await customer.sees("Choose: Red kettle")
    await expect(cards.nth(0).get_by_role("button", name="Choose")).to_be_disabled()

    await sim.agent_file(conversation, b"%PDF-1.4", filename="01H.pdf", alt_text="Invoice 10234")
    await customer.sees("Invoice 10234.pdf")
    place = {
        "type": "location",
        "coordinates": {"lat": 52.516275, "long": 13.377704},
        "location": {"name": "Our shop", "address": "Pariser Platz 1, Berlin"},
    }
    await sim.agent_content(conversation, place, agent=name)
    await customer.sees("Pariser Platz 1, Berlin")
    secret = await sim.agent_text(conversation, "The code is 4711.", agent=name)
    await customer.sees("The code is 4711.")
    await sim.delete_message(conversation, secret)
    await sim.agent_text(conversation, "Sorry, that was for another customer.", agent=name)
    await customer.sees("This message was deleted.")
    await customer.sees("The code is 4711.", times=0)
    log = customer.page.get_by_role("log")
    assert await log.evaluate("log => log.scrollWidth <= log.clientWidth"), "nothing sticks out"
    await customer.page.set_viewport_size({"width": 860, "height": 1500})
    await customer.shot("chat-rich")
    await customer.page.set_viewport_size({"width": 390, "height": 1500})
    await customer.shot("chat-rich-phone")
    assert await log.evaluate("log => log.scrollWidth <= log.clientWidth"), "nothing sticks out"
    await customer.says(f"*Bold* [words](javascript:x) and {ADDRESS}")
    await customer.sees("*Bold* [words](javascript:x)")
    before = await read_messages(customer)
    await customer.page.reload()
    await customer.sees("This message was deleted.")
    await customer.sees("The code is 4711.", times=0)
    await expect(kettle).to_be_disabled()
    assert await read_messages(customer) == before

    agent = await open_page(f"{stack.simulator_url}/#{conversation}", width=1040, height=820)
    await agent.locator("#more summary").click()
    await agent.get_by_role("button", name="Rich message…").click()
    await agent.screenshot(path=SHOTS / "agent-compose.png")
    await agent.get_by_role("button", name="Send", exact=True).last.click()
    await customer.sees("Would you like a refund or a new kettle?")
    await agent.screenshot(path=SHOTS / "agent-rich.png")


async def with_agents(customer, sim, stack):
    """Hand the customer over and return the conversation's id."""
    app = stack.connectors["support"]["app_id"]
    before = {one["id"] for one in await sim.conversations(app)}
    await customer.says(ASK_HUMAN)
    await customer.sees("Waiting for an agent. You can keep writing.")
    found = await sim.wait_for_conversation(
        app, lambda one: one["id"] not in before and one["ticket"]
    )
    return found["id"]


async def read_messages(customer):
    """Read the messages of the page: role, name, words, style."""
    return await customer.page.locator("deep-chat #messages").evaluate(
        """log => [...log.querySelectorAll(".outer-message-container")].map((each) => ({
            role: [...each.classList].find((name) => name.includes("-role-")).split("-role-")[1],
            name: each.querySelector(".author")?.textContent ?? null,
            title: each.querySelector(".author")?.title ?? null,
            words: each.querySelector(".message-bubble").innerText.trim(),
            colour: getComputedStyle(each.querySelector(".message-bubble")).backgroundColor,
        }))"""
    )


@pytest.mark.timeout(120)
async def test_every_author_is_shown_with_a_name(customer, open_page, sim, stack):
    conversation = await with_agents(customer, sim, stack)
    expected = []
    names = (*AGENTS, MARKDOWN)
    for number, name in enumerate((*names, NAMELESS, "  "), 1):
        await sim.agent_text(conversation, f"These are words {number}.", agent=name)
        expected.append(("agent", name.strip() or "Our team", f"These are words {number}."))
    await sim.agent_text(conversation, "Once more, and", agent=AGENTS[0])
    await sim.agent_text(conversation, "once again.", agent=AGENTS[0])
    expected += [("agent", AGENTS[0], words) for words in ("Once more, and", "once again.")]
    await sim.automation(conversation, "A trigger has no name.", name=NAMELESS)
    expected.append(("automation", "Automatic message", "A trigger has no name."))
    await sim.automation(conversation, "A trigger has a name.", name="user")
    expected.append(("automation", "user", "A trigger has a name."))

    for reloads in range(2):
        if reloads:
            await customer.page.reload()
        await customer.sees("A trigger has a name.")
        messages = await read_messages(customer)
        team = [each for each in messages if each["role"] in ("agent", "automation")]
        assert [(each["role"], each["name"], each["words"]) for each in team] == expected
        assert all(each["title"] == each["name"] for each in team)
        others = [each for each in messages if each not in team]
        assert {each["role"] for each in others} == {"user", "ai"}
        assert {each["name"] for each in others} == {None}
        joined = [each["words"] for each in others if "is here now" in each["words"]]
        assert [words.split(" is here now")[0] for words in joined] == list(names)
        # Styled alike by role, and unlike the bot and the user.
        colours = {(each["role"], each["colour"]) for each in messages}
        assert len(colours) == len({colour for _, colour in colours}) == 4
        markup = customer.page.locator("deep-chat #messages :is(a, b, em, strong)")
        await expect(markup).to_have_count(0)
    lines = customer.page.locator("deep-chat .author:not(.repeated)")
    await expect(lines).to_have_count(len(expected) - 2)  # two go on where the same name is
    long = lines.get_by_text(AGENTS[-1])
    widths = await long.evaluate("one => [one.clientWidth, one.scrollWidth]")
    assert widths[0] < widths[1], "a long name is cut"
    log = customer.page.get_by_role("log")
    assert await log.evaluate("log => log.scrollWidth <= log.clientWidth"), "nothing sticks out"
    await customer.shot("chat-names-end")
    await customer.page.set_viewport_size({"width": 390, "height": 1500})
    await customer.shot("chat-names-phone")

    agent = await open_page(f"{stack.simulator_url}/#{conversation}", width=1040, height=820)
    metas = agent.locator("#log .message:not(.summary) .meta bdi")
    for name in names:
        await expect(metas.get_by_text(name, exact=True).first).to_be_attached()
    log = agent.locator("#log")
    assert await log.evaluate("log => log.scrollWidth <= log.clientWidth"), "nothing sticks out"
    await agent.screenshot(path=SHOTS / "agent-names.png")
    # A type that is also a property of every JavaScript object.
    await sim.agent_content(conversation, {"type": "constructor"}, agent=AGENTS[0])
    await expect(agent.locator("nav").get_by_text("You: constructor")).to_be_visible()


@pytest.mark.timeout(120)
async def test_messages_that_deep_chat_cannot_show_become_plain_text(customer, sim, stack):
    conversation = await with_agents(customer, sim, stack)
    await customer.page.locator("deep-chat").evaluate(
        """chat => {
            const add = chat.addMessage;
            chat.addMessage = (message) => {
                if (message.html?.includes("Now it **raises**.")) throw new Error("refused");
                if (message.html?.includes("Now it is ignored.")) return;
                add(message);
            };
        }"""
    )
    said = ["Now it **raises**.", "Now it is ignored.", "Now it works."]
    for words in said:
        await sim.agent_text(conversation, words, agent=AGENTS[-1])
    await customer.sees("Now it works.")
    team = [each for each in await read_messages(customer) if each["role"] == "agent"]
    assert [(each["name"], each["words"]) for each in team] == [(AGENTS[-1], one) for one in said]
    assert len({each["colour"] for each in team}) == 1

    await customer.page.set_viewport_size({"width": 390, "height": 760})
    name = customer.page.locator("#banner bdi")
    await expect(name).to_have_attribute("title", AGENTS[-1])
    box, button = await name.bounding_box(), await customer.page.locator("#end-chat").bounding_box()
    assert box["x"] + box["width"] <= button["x"], "a long name leaves the button free"
    main = customer.page.locator("main")
    assert await main.evaluate("main => main.scrollWidth <= main.clientWidth"), "nothing sticks out"
    await customer.shot("chat-long-name-phone")


@pytest.mark.timeout(120)
async def test_two_tabs_and_the_end_button(customer, stack):
    await customer.says(ASK_HUMAN)
    await customer.sees("Waiting for an agent. You can keep writing.")
    other = Customer(await customer.page.context.new_page())
    await other.page.goto(customer.page.url)
    await other.sees(ASK_HUMAN)
    await other.says("from the other tab")
    await customer.sees("from the other tab")
    await customer.page.get_by_role("button", name="End chat").click()
    await customer.sees(ENDED)
    await other.sees("The conversation with our team has ended.")
