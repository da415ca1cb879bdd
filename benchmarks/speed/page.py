"""The chat page in a browser: what is loaded, when it is painted, when a message is shown."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, Page, async_playwright

from tools.processes import free_port
from zendesk_handoff.webchat.page import BUNDLE
from zendesk_handoff.webchat.page import Page as Files
from zendesk_handoff.webchat.page_settings import PageSettings

from .bench import Row
from .stage import bare_api, block, rasa

_CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]
_ROUNDS = 20
_KB = 1024
#: Pages of other users that are open meanwhile, and how many of them open at once.
_PAGES, _AT_ONCE = 2_000, 20
#: Seconds before a message, in which the bot has answered the one before: Rasa's work on that is
#: not measured here, and stops the event loop for longer than all that is.
_PAUSE = 0.6
#: Limits on what the pages of one address may do.
_OFF = (
    *("messages_per_conversation", "messages_per_conversation_and_hour", "messages_per_address"),
    *("conversations", "conversations_per_address"),
)
#: KB gzipped of the launcher, and of deep-chat: what the page had when it was bare.
_LAUNCHER, _BUNDLE_SIZE = 8, 111


async def measure() -> list[Row]:
    """Measure sizes, and in Chromium, if there is one, times."""
    files = Files(PageSettings())
    launcher = len(files.widget.gzipped) / _KB
    bundle = len(files.assets[BUNDLE].gzipped) / 1000
    own = sum(len(each.gzipped) for name, each in files.assets.items() if name != BUNDLE) / _KB
    rows = [
        _row(
            "the launcher, before it is opened", f"{launcher:.1f} KB gzipped", _LAUNCHER, launcher
        ),
        _row(
            "the chat's component, loaded on opening",
            f"{bundle:.0f} KB gzipped",
            _BUNDLE_SIZE,
            round(bundle),
            f"and {own:.1f} KB of the page's own scripts and styles",
        ),
    ]
    if _CHROMIUM is None:
        return rows
    async with _server() as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        cold, warm = await _paints(browser, url)
        shown = await _shown(browser, url)
        async with _open_pages(url):
            crowded = await _shown(browser, url)
        await browser.close()
    detail = f"median of {_ROUNDS}; {cold:.0f} ms with an empty cache"
    return [
        *rows,
        _row("first paint of the open chat", f"{warm:.0f} ms", 150, warm, detail),
        _shown_row(shown, "one page"),
        _shown_row(crowded, f"beside {_PAGES:,} open pages"),
    ]


def _row(what: str, figure: str, goal: float, value: float, detail: str = "") -> Row:
    return Row(what, "the goal of a widget", figure, f"≤ {goal}", value <= goal, detail)


def _shown_row(shown: list[float], detail: str) -> Row:
    what = f"another tab's message, from its request until it is shown, {detail}"
    p95 = statistics.quantiles(shown, n=20)[-1]
    return _row(what, f"{statistics.median(shown):.0f} ms", 100, p95, f"p95 {p95:.0f} ms")


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        async with bare_api(folder, latency=0) as api:
            own = block(f"sqlite:///{folder / 'handoff.db'}", api.url)
            own["limits"] |= dict.fromkeys(_OFF, "off")
            credentials: dict[str, Any] = {
                "zendesk_handoff.channels.WebChatInput": None,
                "zendesk_handoff.channels.ZendeskInput": own,
            }
            server = rasa(folder, "page", port, "webhooks/zendesk/", credentials, {})
            server.start()
            try:
                yield f"http://127.0.0.1:{port}/webhooks/webchat/"
            finally:
                server.stop()


@asynccontextmanager
async def _open_pages(url: str) -> AsyncIterator[None]:
    """Open the event streams of other users' pages, as their browsers do."""
    turn = asyncio.Semaphore(_AT_ONCE)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    ) as http:

        async def open_one() -> aiohttp.ClientResponse:
            async with turn:
                async with http.post(f"{url}conversations", json={}) as answer:
                    answer.raise_for_status()
                    [cookie] = answer.cookies.values()
                headers = {"Cookie": f"{cookie.key}={cookie.value}"}
                stream = await http.get(f"{url}events", headers=headers)
                stream.raise_for_status()
                await stream.content.readany()
                return stream

        streams = await asyncio.gather(*(open_one() for _ in range(_PAGES)))
        try:
            yield
        finally:
            for stream in streams:
                stream.close()


async def _paints(browser: Browser, url: str) -> tuple[float, float]:
    """Return the milliseconds to the first paint with content: without a cache, and with one."""
    cold, warm = [], []
    for _ in range(_ROUNDS):
        context = await browser.new_context()
        page = await context.new_page()
        for figures in (cold, warm):
            await page.goto(url)
            await page.locator("#text-input").wait_for()
            figures.append(await page.evaluate(_PAINT))
        await context.close()
    return statistics.median(cold), statistics.median(warm)


_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
_WAIT = """words => {
    const log = document.querySelector("deep-chat").shadowRoot.querySelector("#messages");
    window.shown = new Promise((resolve) => new MutationObserver(() => {
        if (log.textContent.includes(words)) resolve(Date.now());
    }).observe(log, { childList: true, subtree: true }));
}"""


async def _shown(browser: Browser, url: str) -> list[float]:
    """Return the milliseconds from another tab's request until its message is on the page."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    await page.locator("#text-input").wait_for()
    [cookie] = await context.cookies()
    headers = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        return [await _round(page, http, url) for _ in range(_ROUNDS * 2)]


async def _round(page: Page, http: aiohttp.ClientSession, url: str) -> float:
    words = uuid.uuid4().hex
    await page.evaluate(_WAIT, words)
    await asyncio.sleep(_PAUSE)
    began = time.time() * 1000
    async with http.post(f"{url}messages", json={"id": str(uuid.uuid4()), "text": words}) as answer:
        answer.raise_for_status()
    return float(await page.evaluate("() => window.shown")) - began
