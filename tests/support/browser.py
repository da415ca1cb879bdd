"""A browser with the customer's page, and the agent's."""

from __future__ import annotations

import shutil
import struct
import zlib

from playwright.async_api import expect

from tests.support.bot_texts import ASK_HUMAN
from tests.support.waiting import PATIENCE, until
from tests.support.webchat import PNG_SIGNATURE
from tools.paths import ROOT

expect.set_options(timeout=PATIENCE * 1000)

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
#: The page from which the customer opens the chat.
SITE = "https://shop.example/returns"
WAITING = "Waiting for an agent. You can keep writing."
_AXE = ROOT / "zendesk_handoff/webchat/static/node_modules/axe-core/axe.min.js"

_MESSAGES = """log => [...log.querySelectorAll(".outer-message-container")]
.filter((each) => !each.hidden).map((each) => {
    const role = [...each.classList].find((name) => name.includes("-role-"));
    const author = each.querySelector(".author");
    const bubble = each.querySelector(".message-bubble");
    return {
        role: role.split("-role-")[1],
        name: author?.textContent ?? null,
        title: author?.title ?? null,
        isLine: each.classList.contains("status"),
        words: bubble.innerText.trim(),
        colour: getComputedStyle(bubble).backgroundColor,
    };
})"""


class Customer:
    """The chat, in a window of its own or in a frame.

    Args:
        page: The window, with the keyboard.
        frame: The frame, or the page itself.
    """

    def __init__(self, page, frame=None):
        self.page = page
        self.frame = frame or page
        self.input = self.frame.locator("#text-input")
        self.log = self.frame.get_by_role("log")

    async def says(self, text):
        await self.input.fill(text)
        await self.input.press("Enter")

    async def sees(self, text, *, times=1):
        await expect(self.frame.get_by_text(text)).to_have_count(times)

    async def shot(self, name):
        SHOTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=SHOTS / f"{name}.png")

    async def with_agents(self, sim, stack):
        """Ask for a person and return the conversation's id."""
        app = stack.connectors["support"]["app_id"]
        before = {one["id"] for one in await sim.conversations(app)}
        await self.says(ASK_HUMAN)
        await self.sees(WAITING)
        found = await sim.wait_for_conversation(
            app, lambda one: one["id"] not in before and one["ticket"]
        )
        return found["id"]

    async def scrolls_up(self):
        """Turn the wheel over the log, and wait until its beginning is shown."""
        await self.log.hover()

        async def is_up():
            await self.page.mouse.wheel(0, -9000)
            return await self.log.evaluate("one => one.scrollTop === 0")

        await until(is_up)

    async def messages(self):
        """Read the messages that are shown: role, name, words, style."""
        return await self.log.evaluate(_MESSAGES)

    async def nothing_sticks_out(self):
        for one in (self.log, self.frame.locator("main")):
            found = await one.evaluate(_STICKS_OUT)
            assert found == [], found


#: Lists what is wider than the place that it is shown in.
_STICKS_OUT = """
(root) => root.scrollWidth <= root.clientWidth ? [] : [root, ...root.querySelectorAll("*")]
  .filter((one) => one.getBoundingClientRect().right > root.getBoundingClientRect().right)
  .map((one) => `${one.tagName}#${one.id}.${one.className}`)
  .concat(`${root.scrollWidth} > ${root.clientWidth}`)
"""
#: Notes what moves on a page by itself; not what moves because somebody has just pressed a key.
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
    shifts.push(...list.getEntries().filter((one) => !one.hadRecentInput));
}).observe({ type: "layout-shift", buffered: true });
"""


async def nothing_has_jumped(page) -> None:
    """Check what ``WATCH_SHIFTS`` has noted; what is under 0.1 in all counts as good (web.dev)."""
    moved = "() => shifts.map(({value, sources}) => [value, `${sources[0]?.node?.id}`])"
    shifts = await page.evaluate(moved)
    assert sum(value for value, _ in shifts) < 0.01, shifts


async def violations(frame) -> list[str]:
    """Check a page with axe; return what it objects to, with the elements."""
    if not await frame.evaluate("() => 'axe' in window"):
        await frame.evaluate(_AXE.read_text("utf-8"))  # no tag: the page's policy forbids it
    found = await frame.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']} {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def picture() -> bytes:
    """Make a small PNG that a browser renders."""

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
