"""Accessibility: axe has no objection in any state, light or dark, and the keyboard is enough."""

from __future__ import annotations

import uuid

import pytest
from playwright.async_api import expect

from tests.support.agent_messages import FORM, REPLIES, send_every_kind
from tests.support.bot_texts import ENDED
from tests.support.browser import picture, violations
from tests.support.identity import identity


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_objects_to_nothing_in_any_state(open_chat, sim, stack, scheme):
    token = identity(str(uuid.uuid4()), name="Jo Doe")
    customer = await open_chat(f"#identity={token}", color_scheme=scheme, width=390)
    await customer.sees("Jo Doe")
    assert await violations(customer.frame) == []
    conversation = await customer.with_agents(sim, stack)
    await send_every_kind(sim, conversation, picture())
    await customer.sees("A trigger has no name.")
    await sim.agent_typing(conversation)
    typing = customer.frame.locator("deep-chat .deep-chat-loading-message-bubble")
    await expect(typing).to_have_count(1)
    await customer.scrolls_up()
    await sim.agent_text(conversation, "One more thing.")
    await expect(customer.frame.locator("#new-messages")).to_be_visible()
    assert await violations(customer.frame) == []
    await customer.nothing_sticks_out()
    await customer.page.set_viewport_size({"width": 390, "height": 4200})
    assert await violations(customer.frame) == []
    await customer.shot(f"every-kind-{scheme}")
    for looks in ({"forced_colors": "active"}, {"contrast": "more"}):
        await customer.page.emulate_media(**looks)
        assert await violations(customer.frame) == []
        await customer.shot(f"{next(iter(looks))}-{scheme}")
    await customer.page.emulate_media(forced_colors="none", contrast="no-preference")
    for width, height in ((320, 256), (768, 1024), (390, 760)):  # 1280 at 400 %, a tablet, a phone
        await customer.page.set_viewport_size({"width": width, "height": height})
        await customer.nothing_sticks_out()
        await expect(customer.input).to_be_in_viewport(ratio=1)
        await expect(customer.frame.locator("#end-chat")).to_be_in_viewport(ratio=1)
        await customer.shot(f"{width}-{scheme}")
    await customer.frame.locator("deep-chat .picture").first.click()
    viewer = customer.frame.get_by_role("dialog", name="Picture")
    await expect(viewer).to_be_visible()
    assert await violations(customer.frame) == []
    await customer.shot(f"viewer-{scheme}")
    await customer.page.keyboard.press("Escape")
    await customer.page.context.set_offline(True)
    await customer.says("while offline")
    await customer.sees("Not sent yet. Trying again …")
    assert await violations(customer.frame) == []
    refusal = {"error": "No.", "code": "limit", "limit": "messages"}
    await customer.page.route(
        "**/webchat/messages", lambda route: route.fulfill(status=429, json=refusal)
    )
    await customer.page.context.set_offline(False)
    await customer.sees("Not sent")
    await customer.sees("Too many messages at once.")
    assert await violations(customer.frame) == []
    await customer.page.unroute("**/webchat/messages")
    await customer.frame.get_by_role("button", name="Send again").click()
    await customer.sees("Not sent yet. Trying again …", times=0)
    await customer.frame.get_by_role("button", name="End chat").click()
    await customer.sees(ENDED)
    assert await violations(customer.frame) == []
    await customer.shot(f"ended-{scheme}")
    await customer.page.goto(f"{stack.rasa_url}/webhooks/webchat/?workspace=wholesale&name=Mo")
    question = customer.frame.get_by_role("dialog", name="Begin another conversation?")
    await expect(question).to_be_visible()
    assert await violations(customer.frame) == []
    await customer.shot(f"ask-{scheme}")


async def test_the_keyboard_is_enough(customer, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    await sim.agent_content(conversation, REPLIES)
    await customer.sees("A refund, or a new kettle?")
    keyboard = customer.page.keyboard
    await customer.input.focus()
    await tab_to(customer, "A refund", back=True)
    await keyboard.press("Enter")
    await sim.wait_for_message(conversation, "A refund")
    await expect(customer.input).to_be_focused(), "its button has vanished"
    await expect(customer.frame.get_by_role("button", name="A new kettle")).to_have_count(0)
    await expect(customer.frame.get_by_role("link", name="Our shop")).to_have_count(1)
    await tab_to(customer, "End chat", back=True)
    await tab_to(customer, "Sound and notification", back=True)
    await keyboard.press("Space")
    bell = customer.frame.get_by_role("button", name="Sound and notification")
    await expect(bell).to_have_attribute("aria-pressed", "true")
    await sim.agent_image(conversation, picture(), filename="lid.png")
    await expect(customer.frame.get_by_role("img", name="lid.png")).to_be_visible()
    await customer.input.focus()
    await tab_to(customer, "lid.png", back=True)
    await keyboard.press("Enter")
    viewer = customer.frame.get_by_role("dialog", name="Picture")
    await expect(viewer.get_by_role("button", name="Close")).to_be_focused()
    await keyboard.press("Escape")
    await expect(customer.frame.get_by_role("button", name="lid.png")).to_be_focused()
    await customer.input.focus()
    await tab_to(customer, "Attach a file")
    customer.page.on("filechooser", lambda _: None)
    await customer.page.evaluate("() => {}")  # Playwright hears of choosers only from now on
    for key in ("Enter", "Space"):
        async with customer.page.expect_file_chooser():
            await keyboard.press(key)
    await sim.agent_content(conversation, FORM)
    name = customer.frame.get_by_label("Your name")
    await expect(name).to_be_visible()
    await name.focus()
    await keyboard.type("Jo /inform")
    await keyboard.press("Tab")
    await keyboard.type("jo@example.com")
    await keyboard.press("Tab")
    await keyboard.type("Large")
    await customer.shot("form")
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    answer = "Your name: Jo /inform\nE-mail: jo@example.com\nSize <b>now</b>: Large"
    await sim.wait_for_message(conversation, answer)
    await expect(name).to_be_disabled()
    await customer.page.reload()
    await expect(name).to_be_disabled()


async def tab_to(customer, name, *, back=False):
    """Press Tab until a button has the focus, which must be visible."""
    button = customer.frame.get_by_role("button", name=name)
    for _ in range(20):
        await customer.page.keyboard.press("Shift+Tab" if back else "Tab")
        if await button.evaluate("one => one.matches(':focus')"):
            style = await button.evaluate("one => getComputedStyle(one).outlineStyle")
            assert style != "none"
            return
    raise AssertionError(f"the keyboard does not reach {name}")


async def test_announcements_are_not_doubled(customer, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    await customer.frame.evaluate(
        """() => {
            const log = document.querySelector("deep-chat").shadowRoot.querySelector("#messages");
            window.added = [];
            new MutationObserver((changes) => {
                for (const { addedNodes } of changes) {
                    window.added.push(...addedNodes);
                }
            }).observe(log, { childList: true, subtree: true });
        }"""
    )
    await sim.agent_text(conversation, "These are the words.")
    await customer.sees("These are the words.")
    added = await customer.frame.evaluate(
        """() => window.added.filter((each) => each.matches?.(".outer-message-container"))
            .map((each) => each.textContent)"""
    )
    for said in ("These are the words.", "Ana is here now"):
        assert len([each for each in added if said in each]) == 1
    live = customer.frame.locator("[aria-live], [role=log], [role=status]")
    shown = "all => all.filter((one) => !one.closest('[hidden]')).map((one) => one.innerText)"
    live = await live.evaluate_all(shown)
    for said in ("These are the words.", "Ana is here now"):
        assert sum(said in each for each in live) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_objects_to_nothing_on_the_agent_page(customer, open_page, sim, stack, scheme):
    conversation = await customer.with_agents(sim, stack)
    await send_every_kind(sim, conversation, picture())
    # Without the movement in which a message appears: axe would measure its colours on the way.
    agent = await open_page(
        stack.simulator_url + "/", width=1100, color_scheme=scheme, reduced_motion="reduce"
    )
    await expect(agent.locator("nav").get_by_text("Jo Doe").first).to_be_visible()
    assert await violations(agent) == []
    await agent.goto(f"{stack.simulator_url}/#{conversation}")
    await expect(agent.locator("#log")).to_contain_text("A trigger has no name.")
    await agent.locator("#calls").click()
    assert await violations(agent) == []
    await agent.locator("#more summary").click()
    assert await violations(agent) == []
    for action in ("Rich message…", "Automation message…"):
        await agent.get_by_role("button", name=action).click()
        assert await violations(agent) == []
        await agent.get_by_role("button", name="Cancel").last.click()
        await agent.locator("#more summary").click()
    await agent.set_viewport_size({"width": 360, "height": 700})
    assert await violations(agent) == []
    await agent.get_by_role("button", name="Continue by email").click()
    await customer.sees("The conversation with our team has ended.")
    assert await violations(agent) == []
    await agent.goto(stack.simulator_url + "/user")
    await expect(agent.locator("#live")).to_have_text("live")
    assert await violations(agent) == []
    await agent.get_by_role("button", name="Begin").click()
    await agent.get_by_label("Your message").fill("Hello")
    await agent.get_by_role("button", name="Send", exact=True).click()
    await expect(agent.locator("#log")).to_contain_text("Hello")
    assert await violations(agent) == []
