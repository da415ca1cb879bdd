"""The agent page, in a real browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright, expect

import simulator
from simulator import Simulator

from .support.account import Account
from .support.bot import Bot

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
STATIC = Path(simulator.__file__).parent / "page" / "static"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cf500f0003860180a5b0e6a50000000049454e44ae426082"
)
SUMMARY = "Reason: asked for a person\n\nOrder 10482 <img src=x onerror=alert(1)>"


@pytest.fixture
async def page(sim: Simulator) -> AsyncIterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: install it, or name it in the environment variable CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = await browser.new_page(viewport={"width": 1200, "height": 800})
        problems: list[str] = []
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on("control_api", lambda line: problems.append(line.text)
                  if line.type in ("error", "warning") else None)  # fmt: skip
        await opened.goto(sim.url)
        yield opened
        await browser.close()
        assert problems == []


async def handed_over(
    account: Account, name: str = "Mia", *, summary: str = SUMMARY
) -> tuple[str, dict[str, str]]:
    user = await account.user(profile={"givenName": name})
    conversation = await account.conversation(user)
    await account.say(conversation, summary)
    await account.hand_over(conversation, {"dataCapture.systemField.tags": "refund"})
    return conversation, {"type": "user", "userId": user["id"]}


async def test_a_full_ticket(sim: Simulator, account: Account, page: Page) -> None:
    conversation = await account.conversation(await account.user(profile={"givenName": "Mia"}))
    await account.say(conversation, SUMMARY)
    system = "dataCapture.systemField."
    await account.hand_over(conversation, {
        f"{system}subject": "Refund <b>now</b>",
        f"{system}priority": "urgent",
        f"{system}group_id": "4711",
        f"{system}brand_id": "7",
        f"{system}tags": "refund,vip",
        "dataCapture.ticketField.36": "x" * 400,
    })  # fmt: skip
    await page.get_by_role("button", name=re.compile("Mia")).click()
    fields = page.locator("#fields")
    await expect(fields.locator("div")).to_have_count(6)
    shown = [
        *(("Subject", "Refund <b>now</b>"), ("Priority", "urgent"), ("Group", "4711")),
        *(("Brand", "7"), ("Tags", "refundvip"), ("Field 36", "x" * 400)),
    ]
    for row, (label, value) in enumerate(shown):
        await expect(fields.locator("div").nth(row)).to_have_text(f"{label}{value}")
    await expect(fields.locator("[data-field=tags] dd")).to_have_count(2)
    assert await fields.evaluate("one => one.scrollWidth <= one.clientWidth"), "nothing sticks out"


async def test_an_agent_handles_a_conversation(
    sim: Simulator, account: Account, bot: Bot, page: Page
) -> None:
    await expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    conversation, author = await handed_over(account)

    entry = page.get_by_role("button", name=re.compile("Mia"))
    await expect(entry).to_contain_text("unread")
    await expect(entry).to_contain_text("acme")
    await expect(page).to_have_title("(1) Agent page")
    await entry.click()
    await expect(entry).not_to_contain_text("unread")
    await expect(page.locator("#state")).to_have_text("Waiting")
    await expect(page.locator("#fields")).to_contain_text("refund")
    summary = page.locator(".summary .text")
    await expect(summary).to_have_text(SUMMARY)
    await expect(summary).to_have_css("white-space", "pre-wrap")

    await page.get_by_label("You are").fill("Bo")
    composer = page.get_by_label("Your message")
    await composer.fill("First line")
    await composer.press("Shift+Enter")
    await composer.type("second line")
    await composer.press("Enter")
    await expect(composer).to_have_value("")
    message = await sim.wait_for_message(conversation, "First line\nsecond line")
    assert message["author"]["displayName"] == "Bo"
    await expect(page.locator("#state")).to_have_text("Open")

    await account.say(conversation, "I see <b>you</b>", author=author)
    log = page.get_by_role("log")
    await expect(log.get_by_text("I see <b>you</b>", exact=True)).to_be_visible()

    picture = {"name": "a.png", "mimeType": "image/png", "buffer": PNG}
    await page.get_by_label("Send a picture").set_input_files(picture)
    shown = log.get_by_role("img")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    document = {"name": "Label 1.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    await page.get_by_label("Send a file").set_input_files(document)
    await expect(log.get_by_role("link", name="Label 1.pdf")).to_be_visible()
    kinds = [one["content"]["type"] for one in await sim.messages(conversation)]
    assert kinds == ["text", "text", "text", "image", "file"]

    await page.get_by_label("More actions").click()
    await page.get_by_role("button", name="Automation message…").click()
    await page.get_by_label("A trigger writes").fill("We are closed")
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(log.get_by_text("Automated Response")).to_be_visible()
    await page.get_by_role("button", name="Solve").click()
    await expect(page.locator("#state")).to_have_text("Solved")
    await page.get_by_role("button", name="End session").click()
    await expect(page.get_by_text("The session has ended.")).to_be_visible()
    await expect(composer).to_be_disabled()
    await sim.wait_for_delivery(type="switchboard:releaseControl")
    typing = [one["payload"]["activity"]["type"] for one in bot.of_type("conversation:typing")]
    assert typing[0] == "typing:start"


async def test_what_the_user_has_read_says_so(sim: Simulator, account: Account, page: Page) -> None:
    conversation, author = await handed_over(account)
    await page.get_by_role("button", name=re.compile("Mia")).click()
    await sim.agent_text(conversation, "Which order is it?", agent="Ana")
    await sim.agent_text(conversation, "Take your time.", agent="Ana")
    await account.must(
        "POST",
        f"/conversations/{conversation}/activity",
        {"author": author, "type": "conversation:read"},
    )
    await expect(page.locator(".message", has=page.locator(".read"))).to_contain_text("Take your")
    await sim.agent_text(conversation, "Are you there?", agent="Ana")
    await expect(page.locator(".message").last).to_contain_text("Are you there?")
    await expect(page.locator(".read")).to_have_count(1)
    await expect(page.locator(".message", has=page.locator(".read"))).to_contain_text("Take your")


async def test_calls_to_the_bot_are_listed_and_one_that_it_refuses_stands_out(
    sim: Simulator, account: Account, bot: Bot, page: Page
) -> None:
    conversation, _ = await handed_over(account)
    await page.get_by_role("button", name=re.compile("Mia")).click()
    calls = page.locator("#calls")
    await expect(calls).to_contain_text(re.compile(r"^Calls to the bot: \d+$"))
    bot.answers = [400]
    await sim.agent_text(conversation, "Hello")
    await expect(calls).to_contain_text(", 1 not taken")
    await calls.click()
    newest = page.locator("#attempts .bad")
    await expect(newest).to_contain_text("conversation:message 400 · refused, not repeated")


async def test_two_conversations_stay_separate(
    sim: Simulator, account: Account, page: Page
) -> None:
    first, _ = await handed_over(account, "Mia")
    second, _ = await handed_over(account, "Tom")
    composer = page.get_by_label("Your message")
    await page.get_by_role("button", name=re.compile("Mia")).click()
    await expect(page.locator("#name")).to_have_text("Mia")
    await composer.fill("a draft for Mia")
    await page.get_by_role("button", name=re.compile("Tom")).click()
    await expect(page.locator("#name")).to_have_text("Tom")
    await expect(composer).to_have_value("")
    await composer.fill("Hello Tom")
    await composer.press("Enter")
    await sim.wait_for_message(second, "Hello Tom")
    await page.get_by_role("button", name=re.compile("Mia")).click()
    await expect(composer).to_have_value("a draft for Mia")
    assert len(await sim.messages(first)) == 1
    await page.reload()
    await expect(page.locator("#name")).to_have_text("Mia")


async def test_private_pictures_are_shown(sim: Simulator, account: Account, page: Page) -> None:
    await sim.set_switches(account.app.id, private_attachments=True)
    conversation, _ = await handed_over(account)
    await sim.agent_image(conversation, PNG)
    await page.get_by_role("button", name=re.compile("Mia")).click()
    shown = page.get_by_role("log").get_by_role("img")
    assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1


async def test_on_a_phone(sim: Simulator, account: Account, page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    await handed_over(account)
    entry = page.get_by_role("button", name=re.compile("Mia"))
    await entry.click()
    await expect(page.get_by_label("Your message")).to_be_visible()
    await expect(entry).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.get_by_label("Back to the list").click()
    await expect(entry).to_be_visible()


async def test_a_long_summary_is_read_from_its_first_line(
    sim: Simulator, account: Account, page: Page
) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    lines = [f"Line {number}" for number in range(60)]
    conversation, user = await handed_over(account, summary="\n".join(lines))
    await page.get_by_role("button", name=re.compile("Mia")).click()
    await expect(page.get_by_text("Handover from the bot")).to_be_in_viewport()
    await account.say(conversation, "Are you there?", author=user)
    await expect(page.get_by_text("Are you there?").last).to_be_attached()
    await expect(page.get_by_text("Handover from the bot")).to_be_in_viewport()

    await page.get_by_label("Your message").fill("Yes")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("log").get_by_text("Yes", exact=True)).to_be_in_viewport()


async def test_by_keyboard_alone(sim: Simulator, account: Account, page: Page) -> None:
    conversation, _ = await handed_over(account)
    entry = page.get_by_role("button", name=re.compile("Mia"))
    await entry.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Your message")).to_be_focused()
    await page.keyboard.type("Hello")
    await page.keyboard.press("Enter")
    await sim.wait_for_message(conversation, "Hello")
    for label in ("Send a file", "Send a picture"):
        await page.keyboard.press("Shift+Tab")
        await expect(page.get_by_label(label)).to_be_focused()


async def test_the_page_loads_nothing_from_elsewhere(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(sim.url) as response:
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        async with session.get(sim.url + "/page/..%2f__init__.py") as response:
            assert response.status == 404
        async with session.get(sim.url + "/avatars/x.png") as response:
            assert (await response.read()).startswith(b"\x89PNG")


def test_no_html_from_strings_and_no_inline_handlers() -> None:
    for path in STATIC.iterdir():
        text = path.read_text("utf-8")
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", text), path
        assert not re.search(r"<[^>]+\son[a-z]+=", text), path
        assert not re.search(r"""(src|href)=["']https?:|@import|url\(http""", text), path
