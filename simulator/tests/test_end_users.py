"""The user's side of Zendesk's own channels: kit, control API and page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from simulator import Simulator, SimulatorError
from simulator.kit.models import AppInfo

from .test_page import CHROMIUM, FLAGS


@pytest.fixture
async def app(sim: Simulator) -> AppInfo:
    bot = {"target": "http://127.0.0.1:9/nobody", "switchboard_name": "bot"}
    return await sim.add_app(integrations=[bot], default_integration="bot", agents=["Ana"])


async def test_a_users_message_begins_with_the_default(sim: Simulator, app: AppInfo) -> None:
    conversation = await sim.user_begin(app.id, source="whatsapp", name="Mara O'Neil")
    assert (await sim.conversation(conversation))["control"]["active"] is None
    await sim.user_text(conversation, "hello")
    view = await sim.conversation(conversation)
    assert view["control"]["active"] == "bot" and view["ticket"] is None
    [message] = view["messages"]
    assert message["source"]["type"] == "whatsapp"
    assert message["author"]["displayName"] == "Mara O'Neil"


async def test_buttons_come_back_by_their_kind(sim: Simulator, app: AppInfo) -> None:
    conversation = await sim.user_begin(app.id)
    await sim.user_text(conversation, "hello")
    await sim.pass_control(conversation, "zd-agentWorkspace")
    actions = [
        {"type": "reply", "text": "Yes", "payload": "/affirm"},
        {"type": "postback", "text": "Later", "payload": "/later"},
    ]
    content = {"type": "text", "text": "Well?", "actions": actions}
    message_id = str(await sim.agent_content(conversation, content))
    await sim.user_press(conversation, message_id, "Yes")
    last = (await sim.messages(conversation))[-1]
    assert last["content"] == {"type": "text", "text": "Yes", "payload": "/affirm"}
    before = len(await sim.messages(conversation))
    await sim.user_press(conversation, message_id, "Later")
    assert len(await sim.messages(conversation)) == before, "a postback is an event alone"
    with pytest.raises(SimulatorError, match="404"):
        await sim.user_press(conversation, message_id, "Never")


async def test_a_form_is_answered_once(sim: Simulator, app: AppInfo) -> None:
    conversation = await sim.user_begin(app.id)
    await sim.user_text(conversation, "hello")
    await sim.pass_control(conversation, "zd-agentWorkspace")
    options = [{"name": "l", "label": "Large"}]
    fields = [
        {"type": "text", "name": "order", "label": "Order"},
        {"type": "select", "name": "size", "label": "Size", "options": options},
    ]
    form = str(await sim.agent_content(conversation, {"type": "form", "fields": fields}))
    await sim.user_submit(conversation, form, order="10234", size="l")
    content = (await sim.messages(conversation))[-1]["content"]
    assert content["type"] == "formResponse"
    assert content["textFallback"] == "Order: 10234\nSize: Large"
    with pytest.raises(SimulatorError, match="404"):
        await sim.user_submit(conversation, form, order="1")


async def test_one_person_may_have_two_conversations(sim: Simulator, app: AppInfo) -> None:
    both = [await sim.user_begin(app.id, external_id="customer-7") for _ in range(2)]
    users = {(await sim.conversation(one))["user"]["id"] for one in both}
    assert len(users) == 1
    with pytest.raises(SimulatorError, match="source should be one of"):
        await sim.user_begin(app.id, source="fax")


@pytest.fixture
async def page(sim: Simulator, app: AppInfo) -> AsyncIterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: install it, or name it in the environment variable CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = await browser.new_page(viewport={"width": 900, "height": 800})
        problems: list[str] = []
        opened.on("pageerror", lambda error: problems.append(str(error)))
        await opened.goto(f"{sim.url}/user")
        yield opened
        await browser.close()
        assert problems == []


async def test_the_page_plays_a_user(page: Page, sim: Simulator, app: AppInfo) -> None:
    await page.get_by_label("Channel").select_option("whatsapp")
    await page.get_by_label("Name").fill("عائشة")
    await page.get_by_role("button", name="Begin").click()
    await page.get_by_label("Your message").fill("hello <b>you</b>")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("hello <b>you</b>")).to_be_visible()
    await expect(page.locator("#control")).to_have_text("bot")
    conversation = page.url.partition("#")[2]
    await sim.pass_control(conversation, "zd-agentWorkspace")
    actions = [{"type": "reply", "text": "Yes, please", "payload": "/affirm"}]
    content = {"type": "text", "text": "Shall I?", "actions": actions}
    await sim.agent_content(conversation, content, agent="Ana")
    await expect(page.get_by_text("Ana")).to_be_visible()
    await page.get_by_role("button", name="Yes, please").click()
    await expect(page.get_by_role("button", name="Yes, please")).to_have_count(0)
    assert (await sim.messages(conversation))[-1]["content"]["payload"] == "/affirm"
