"""A handover in a browser: the customer's page and the agent's. Screenshots go to ``shots/``."""

from __future__ import annotations

from playwright.async_api import expect

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS
from tests.support.browser import (
    SHOTS,
    SITE,
    WAITING,
    WATCH_SHIFTS,
    Customer,
    nothing_has_jumped,
    picture,
)
from tests.support.waiting import until


async def test_a_whole_handover_on_both_pages(customer, open_page, stack):
    await customer.page.evaluate(WATCH_SHIFTS)
    await customer.page.add_init_script(WATCH_SHIFTS)
    await customer.says("Where is my order 10234?")
    await customer.sees("blue enamel kettle")
    await customer.says(ASK_HUMAN)
    await customer.sees(WAITING)

    agent = await open_page(stack.simulator_url + "/", width=1040, height=820)
    await agent.locator("nav").get_by_text("Jo Doe").first.click()
    words = agent.get_by_label("Your message")
    await expect(agent.locator("#log")).to_contain_text("10234")
    await expect(agent.locator("#log")).to_contain_text("Browser: Mozilla/5.0")
    await expect(agent.locator("#log")).to_contain_text(f"Page: {SITE}")
    await expect(agent.locator("#fields")).to_contain_text("default: The user asked for a human.")
    await words.fill("Hello Jo, let me look into your kettle.")
    typing = customer.page.locator("deep-chat .deep-chat-loading-message-bubble")
    await expect(typing).to_have_count(1)
    await customer.shot("typing")
    await words.press("Enter")
    await customer.sees("Hello Jo, let me look into your kettle.")
    await customer.sees("You are talking with Ana.")
    await expect(typing).to_have_count(0)
    await customer.says("Thank you, it is rather urgent")
    await expect(agent.locator("#log")).to_contain_text("rather urgent")

    await agent.locator("#image").set_input_files(
        {"name": "label.png", "mimeType": "image/png", "buffer": picture()}
    )
    images = customer.page.locator("deep-chat .message-bubble img")
    await expect(images).to_have_count(1)
    await agent.locator("#file").set_input_files(
        {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 receipt"}
    )
    await customer.sees("receipt.pdf")
    await customer.shot("chat")
    await agent.screenshot(path=SHOTS / "agent.png")
    await nothing_has_jumped(customer.page)

    await customer.page.reload()
    await customer.sees("Hello Jo, let me look into your kettle.")
    await customer.sees("You are talking with Ana.")
    await nothing_has_jumped(customer.page)

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


async def test_an_app_from_which_the_chat_was_opened_is_no_page(customer, sim, stack):
    referrer = "Object.defineProperty(document, 'referrer', {value: 'android-app://mail.example/'})"
    await customer.page.add_init_script(referrer)
    await customer.page.reload()
    await expect(customer.input).to_be_visible()
    conversation = await customer.with_agents(sim, stack)
    [summary, *_] = await sim.messages(conversation)
    assert "Browser: Mozilla/5.0" in summary["content"]["text"]
    assert "Page:" not in summary["content"]["text"]


async def test_what_an_agent_has_read_is_marked(customer, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    await customer.says("It is rather urgent")
    await sim.wait_for_message(conversation, "It is rather urgent")
    await customer.sees("Sent", times=2)
    await sim.agent_read(conversation)
    await customer.sees("Seen", times=2)
    await customer.says("Are you there?")
    await customer.sees("Sent")
    await customer.shot("seen")
    await customer.page.reload()
    await customer.sees("Seen", times=2)
    await customer.sees("Sent")


async def test_what_the_user_has_seen_is_read_at_zendesk(customer, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    hidden = "Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {} }});"
    await customer.page.evaluate(hidden.format("true"))
    await sim.agent_text(conversation, "Which order is it?", agent="Ana")
    await customer.sees("Which order is it?")
    await customer.page.wait_for_timeout(500)
    assert (await sim.conversation(conversation))["userLastRead"] is None
    shown = hidden.format("false") + "document.dispatchEvent(new Event('visibilitychange'));"
    await customer.page.evaluate(shown)

    async def last_read():
        return (await sim.conversation(conversation))["userLastRead"]

    await until(last_read)
    first = await last_read()
    await customer.page.reload()
    await customer.sees("Which order is it?")
    await customer.page.wait_for_timeout(500)
    assert await last_read() == first, "it was reported already"


async def test_two_tabs_and_the_end_button(customer, stack):
    await customer.says(ASK_HUMAN)
    await customer.sees(WAITING)
    other = Customer(await customer.page.context.new_page())
    await other.page.goto(customer.page.url)
    await other.sees(ASK_HUMAN)
    await other.says("from the other tab")
    await customer.sees("from the other tab")
    await customer.page.get_by_role("button", name="End chat").click()
    await customer.sees(ENDED)
    await other.sees("The conversation with our team has ended.")
