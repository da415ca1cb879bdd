"""Languages, sizes and motion."""

from __future__ import annotations

import base64

import pytest
from playwright.async_api import expect

from tests.support.agent_messages import send_every_kind
from tests.support.bot_texts import ASK_HUMAN
from tests.support.browser import Customer, picture
from tests.support.names import TEXTS
from zendesk_handoff.webchat.page import Page
from zendesk_handoff.webchat.page_settings import PageSettings
from zendesk_handoff.webchat.theme import Theme

LOGO = base64.b64encode(picture()).decode()
GREETINGS = {
    "de-AT": "Wie können wir Ihnen heute helfen?",
    "es": "¿En qué podemos ayudarle hoy?",
    "fr-CH": "Comment pouvons-nous vous aider aujourd'hui ?",
    "pt": "How can we help you today?",
}


@pytest.mark.parametrize("locale", GREETINGS)
async def test_the_page_speaks_the_browsers_language(open_chat, locale):
    customer = await open_chat(locale=locale)
    await expect(customer.frame.get_by_text(GREETINGS[locale])).to_be_visible()


async def test_the_address_says_the_language_and_days_are_named_in_it(open_chat):
    customer = await open_chat("?locale=de", locale="fr")
    await expect(customer.frame.get_by_text(GREETINGS["de-AT"])).to_be_visible()
    await customer.says(ASK_HUMAN)
    await expect(customer.frame.locator(".day")).to_have_text("heute")
    await customer.sees("Gesendet")
    await expect(customer.frame.get_by_role("button", name="Chat beenden")).to_be_visible()
    await expect(
        customer.frame.get_by_role("textbox", name="Nachricht schreiben …")
    ).to_be_visible()
    await customer.shot("german")
    notices = await customer.frame.evaluate(
        """async () => {
            const main = document.querySelector("script[src*='main.js']").src;
            const { sayNotice } = await import(new URL("words.js", main));
            const say = (code) => sayNotice({ code, text: "Words" });
            return ["failed", "of a newer server"].map(say);
        }"""
    )
    assert "schiefgegangen" in notices[0] and notices[1] == "Words"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_sticks_out_of_the_smallest_window(open_chat, sim, stack, scheme):
    customer = await open_chat(width=320, height=480, color_scheme=scheme, reduced_motion="reduce")
    conversation = await customer.with_agents(sim, stack)
    await send_every_kind(sim, conversation, picture())
    await customer.sees("A trigger has no name.")
    await customer.nothing_sticks_out()
    await expect(customer.input).to_be_in_viewport(ratio=1)
    moving = await customer.frame.evaluate(
        "() => document.getAnimations().filter((each) => each.playState === 'running').length"
    )
    assert moving == 0
    await customer.shot(f"smallest-{scheme}")
    directions = await customer.frame.locator("deep-chat .said").evaluate_all(
        "all => all.map((one) => [one.innerText, getComputedStyle(one).direction])"
    )
    to_left = {text for text, direction in directions if direction == "rtl"}
    assert to_left == {TEXTS[0]}, "by what is written, not by the page's language"
    await customer.input.fill("مرحبا")
    assert await customer.input.evaluate("one => getComputedStyle(one).direction") == "rtl"
    await customer.shot(f"right-to-left-{scheme}")


async def test_a_reader_is_told_of_new_messages(customer, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    await send_every_kind(sim, conversation, picture())
    await customer.sees("A trigger has no name.")
    button = customer.frame.get_by_role("button", name="New messages", exact=True)
    await expect(button).to_be_hidden()
    await customer.scrolls_up()
    first = customer.frame.get_by_text(ASK_HUMAN)
    await expect(first).to_be_in_viewport()
    await sim.agent_text(conversation, "One more thing.")
    await expect(button).to_be_visible()
    await expect(first).to_be_in_viewport()
    await customer.shot("new-messages")
    await button.click()
    await expect(customer.frame.get_by_text("One more thing.")).to_be_in_viewport(ratio=1)
    await expect(button).to_be_hidden()


async def test_a_theme_is_seen(open_page, stack):
    theme = Theme(colour="#8a1c5b", name="The Kettle Shop", logo="data:image/png;base64," + LOGO)
    themed = Page(PageSettings(theme=theme)).html["en"]
    page = await open_page("about:blank")
    address = f"{stack.rasa_url}/webhooks/webchat/"
    await page.route(address, lambda route: route.fulfill(body=themed, content_type="text/html"))
    await page.goto(address)
    customer = Customer(page)
    await expect(page.get_by_role("heading", name="The Kettle Shop")).to_be_visible()
    await expect(page.locator("#logo")).to_have_js_property("naturalWidth", 120)
    await customer.says(ASK_HUMAN)
    mine = page.locator(".deep-chat-outer-container-role-user .message-bubble")
    for each in (page.locator("header"), mine):
        await expect(each).to_have_css("background-color", "rgb(138, 28, 91)")
    await customer.shot("theme")
