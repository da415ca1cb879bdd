"""The bell: a sound and a notification, and the number of messages that the user has not seen."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import Customer

#: A window in the background; it counts tones and notifications instead of making them.
BACKGROUND = """
document.hasFocus = () => window.isLookedAt === true;
window.made = { contexts: 0, tones: 0, notifications: [] };
const Real = AudioContext;
window.AudioContext = class extends Real {
    constructor() { super(); made.contexts++; }
    createOscillator() { made.tones++; return super.createOscillator(); }
};
window.Notification = class {
    static permission = "granted";
    constructor(title, { body }) {
        if (window.isPhone) throw new TypeError("Illegal constructor");
        made.notifications.push(body);
    }
};
"""


@pytest.fixture
async def background(customer, sim, stack):
    """A page with an open session in the background, and the session's conversation."""
    conversation = await customer.with_agents(sim, stack)
    await customer.page.add_init_script(BACKGROUND)
    await customer.page.reload()
    await customer.sees("Waiting for an agent. You can keep writing.")
    return customer, conversation


async def made(customer):
    return await customer.page.evaluate("() => made")


async def test_who_wants_it_hears_and_reads_of_a_message_but_not_its_words(background, sim):
    customer, conversation = background
    await sim.agent_text(conversation, "Are you there?", agent="Ana")
    await expect(customer.page).to_have_title("(1) Chat with us")  # "… is here now" is none
    assert (await made(customer))["tones"] == 0, "it was not asked for"
    bell = customer.frame.get_by_role("button", name="Sound and notification for new messages")
    await bell.click()
    await expect(bell).to_have_attribute("aria-pressed", "true")
    for number in range(8):
        await sim.agent_text(conversation, f"Number {number}", agent="Ana")
        await customer.sees(f"Number {number}")
    shown = await made(customer)
    assert shown == {
        "contexts": 1,
        "tones": 9,
        "notifications": ["New message from Ana"] * 8,
    }
    await customer.page.reload()
    await expect(bell).to_have_attribute("aria-pressed", "true")
    await customer.sees("Number 7")
    assert (await made(customer))["tones"] == 0, "the history makes no sound"


async def test_a_phone_that_makes_no_notification_raises_nothing(background, sim):
    customer, conversation = background
    await customer.page.evaluate("() => { window.isPhone = true; }")
    bell = customer.frame.get_by_role("button", name="Sound and notification for new messages")
    await bell.click()
    await sim.agent_text(conversation, "Are you there?", agent="Ana")
    await customer.sees("Are you there?")
    await expect(customer.page).to_have_title("(1) Chat with us")


async def test_what_is_seen_in_one_window_is_not_new_in_another(background, sim):
    customer, conversation = background
    other = Customer(await customer.page.context.new_page())
    await other.page.add_init_script(BACKGROUND)
    await other.page.goto(customer.page.url)
    await other.sees("Waiting for an agent. You can keep writing.")
    await sim.agent_text(conversation, "Are you there?", agent="Ana")
    for each in (customer, other):
        await expect(each.page).to_have_title("(1) Chat with us")
    await other.page.evaluate("() => { isLookedAt = true; dispatchEvent(new Event('focus')); }")
    for each in (customer, other):
        await expect(each.page).to_have_title("Chat with us")
