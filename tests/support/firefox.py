"""Firefox, driven by WebDriver BiDi, which it speaks itself (https://w3c.github.io/webdriver-bidi/).

Playwright drives builds of Firefox of its own, which package managers do not have.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
#: The inner root of the component, in which the messages are.
_LOG = "document.querySelector('deep-chat').shadowRoot.querySelector('#messages')"


class Firefox:
    """A window with one page.

    Args:
        socket: The connection.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._context = ""

    async def open(self, url):
        tree = await self.call("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]
        await self.call("browsingContext.navigate", context=self._context, url=url, wait="complete")
        await self.call("browsingContext.activate", context=self._context)  # keys go to the page

    async def call(self, method, **parameters):
        """Send a command; events that come meanwhile are skipped."""
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json(timeout=60)
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    async def reload(self):
        """Load the page again, and wait until it is loaded."""
        await self.call("browsingContext.reload", context=self._context, wait="complete")

    async def evaluate(self, expression):
        """Evaluate an expression whose value is JSON."""
        found = await self.call(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then(JSON.stringify)",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert found["type"] == "success", found
        value = found["result"].get("value")
        return None if value is None else json.loads(value)

    async def types(self, text):
        """Press the keys of a text, and Enter, wherever the cursor is."""
        keys = [*text, "\ue007"]
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        await self.call(
            "input.performActions",
            context=self._context,
            actions=[{"type": "key", "id": "keyboard", "actions": actions}],
        )

    async def click(self, element):
        """Click on an element, by an expression."""
        box = await self.evaluate(f"{element}.getBoundingClientRect()")
        x, y = round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        await self.call(
            "input.performActions",
            context=self._context,
            actions=[
                {
                    "type": "pointer",
                    "id": "mouse",
                    "actions": [{"type": "pointerMove", "x": x, "y": y}, *press],
                }
            ],
        )

    async def until(self, expression):
        """Wait until an expression is true; while the page loads, it may raise."""
        tried = f"(() => {{ try {{ return {expression} }} catch {{ return false }} }})()"
        for _ in range(600):
            if await self.evaluate(tried):
                return
            await asyncio.sleep(0.1)
        shown = await self.evaluate(f"{_LOG}?.innerText")
        raise AssertionError(f"{expression} is not true: {shown}")

    async def sees(self, words):
        await self.until(f"{_LOG}?.innerText.includes({json.dumps(words)})")

    async def shot(self):
        """Take a picture, a PNG."""
        taken = await self.call("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(taken["data"])


@asynccontextmanager
async def open_firefox(profile: Path):
    """Start Firefox without a window on the screen.

    Args:
        profile: An empty folder.
    """
    process = await asyncio.create_subprocess_exec(
        *(FIREFOX, "--headless", "--no-remote", "--profile", str(profile)),
        *("--remote-debugging-port", "0", "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        address = await _address(profile / "WebDriverBiDiServer.json")
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{address}/session", max_msg_size=0) as socket,
        ):
            firefox = Firefox(socket)
            await firefox.call("session.new", capabilities={})
            yield firefox
            await firefox.call("session.end")
    finally:
        process.terminate()
        await process.wait()


async def _address(file):
    """Read where Firefox listens, which it writes into its profile."""
    for _ in range(600):
        with suppress(OSError, ValueError):
            found = json.loads(file.read_text())
            return f"ws://{found['ws_host']}:{found['ws_port']}"
        await asyncio.sleep(0.1)
    raise AssertionError("Firefox does not listen")
