"""Ordinary visitors of the chat page: each holds a stream, some talk to an agent."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import aiohttp

from simulator import SimulatorClient
from tests.support.bot_texts import ASK_HOURS, HOURS
from zendesk_handoff.store.engine.signals import is_set_within

from .record import AGENT, BOT, TAKEN, Record

#: Visitors who share an address, as behind the router of an office.
_PER_ADDRESS = 10
_PAGE = "/webhooks/webchat"
ASK = "can i talk to a real person please"
#: Seconds after which an answer counts as not given.
_PATIENCE = 60.0


def address_of(number: int) -> str:
    """Return the loopback address of a visitor."""
    place = number // _PER_ADDRESS
    return f"127.1.{place // 250}.{place % 250 + 1}"


class Visitors:
    """The HTTP sessions of all visitors, one for each address.

    Args:
        url: The Rasa server's.
        record: Gets the measurements.
    """

    def __init__(self, url: str, record: Record) -> None:
        """Begin without visitors."""
        self.url = url
        self.record = record
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    def visitor(self, number: int) -> Visitor:
        """Make a visitor."""
        address = address_of(number)
        if address not in self._sessions:
            self._sessions[address] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(local_addr=(address, 0), limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
            )
        return Visitor(self.url + _PAGE, self._sessions[address], self.record)

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(each.close() for each in self._sessions.values()))


class Visitor:
    """One page.

    Args:
        root: The page's address.
        http: The HTTP session.
        record: Gets the measurements.
    """

    def __init__(self, root: str, http: aiohttp.ClientSession, record: Record) -> None:
        """Begin without a conversation."""
        self.root = root
        self.sender = ""
        #: The conversation at Zendesk.
        self.conversation = ""
        self.is_connected = asyncio.Event()
        #: Everything that the page has shown, by the item's id.
        self.items: dict[int, str] = {}
        self.said: list[str] = []
        self.answered: list[str] = []
        self._http = http
        self.record = record
        self._cookie = ""
        self._changed = asyncio.Event()

    async def begin(self) -> None:
        """Begin a conversation."""
        async with self._http.post(f"{self.root}/conversations", json={}) as answer:
            if answer.status >= 400:
                self.record.failures["conversations", answer.status] += 1
            self.sender = (await answer.json())["conversation"]
            self._cookie = answer.headers["Set-Cookie"].partition(";")[0]

    async def listen(self) -> None:
        """Hold a stream, and open another one when it ends; until it is cancelled."""
        while True:
            with suppress(aiohttp.ClientError, asyncio.TimeoutError):
                headers = {**self._headers, "Last-Event-ID": str(max(self.items, default=0))}
                async with self._http.get(f"{self.root}/events", headers=headers) as answer:
                    if answer.status != 200:
                        self.record.failures["events", answer.status] += 1
                    await self._read(answer.content)
            await asyncio.sleep(2)

    async def says(self, text: str) -> None:
        """Send a message until it is taken, as the page does."""
        body = {"id": str(uuid.uuid4()), "text": text}
        while True:
            with suppress(aiohttp.ClientError), self.record.timed(TAKEN):
                async with self._http.post(
                    f"{self.root}/messages", json=body, headers=self._headers
                ) as answer:
                    await answer.read()
                    if answer.status == 202:
                        self.said.append(text)
                        return
                    self.record.failures["messages", answer.status] += 1
            await asyncio.sleep(1)

    async def asks(self, text: str, *, answer: str) -> None:
        """Ask the bot something, and wait until the page shows the answer once more than before."""
        times = self._times(answer) + 1
        try:
            with self.record.timed(BOT):
                await self.says(text)
                await asyncio.wait_for(self.shows(answer, times=times), _PATIENCE)
        except asyncio.TimeoutError:
            self.record.failures[BOT, 0] += 1

    async def shows(self, words: str, *, times: int = 1) -> None:
        """Wait until the page shows some words, in so many items."""
        while self._times(words) < times:
            self._changed.clear()
            await self._changed.wait()

    def _times(self, words: str) -> int:
        return sum(words in each for each in self.items.values())

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._cookie}

    async def _read(self, content: aiohttp.StreamReader) -> None:
        number = 0
        async for line in content:
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key == "id":
                number = int(value)
            elif key == "data" and number:
                self.items[number] = str(json.loads(value))
                number = 0
                self._changed.set()


async def talk(
    visitor: Visitor,
    sim: SimulatorClient,
    find: Callable[[str], Awaitable[str | None]],
    *,
    every: float,
    end: asyncio.Event,
) -> None:
    """Ask for a person, then exchange messages with an agent until the end.

    Args:
        visitor: Whose conversation it is.
        sim: The simulator, whose agents answer.
        find: Finds the conversation at Zendesk of a sender; ``None`` if the handover has failed.
        every: Seconds between two messages of either side, on average.
        end: Set when the last exchange is to be finished.
    """
    found = None
    while found is None:  # a handover that has failed is asked for again, as people do
        await visitor.says(ASK)
        found = await find(visitor.sender)
    visitor.conversation = found
    visitor.is_connected.set()
    for number in itertools.count(1):
        if await is_set_within(end, random.uniform(0.5, 1.5) * every):
            return
        await visitor.says(f"question {number} of {visitor.sender}")
        text = f"answer {number} to {visitor.sender}"
        try:
            with visitor.record.timed(AGENT):
                await sim.agent_text(visitor.conversation, text)
                visitor.answered.append(text)
                await asyncio.wait_for(visitor.shows(text), _PATIENCE)
        except asyncio.TimeoutError:
            visitor.record.failures[AGENT, 0] += 1


async def wonder(visitor: Visitor, *, every: float, end: asyncio.Event) -> None:
    """Ask the bot something now and then.

    Args:
        visitor: Who asks.
        every: Seconds between two questions, on average.
        end: Set when no other question is to be asked.
    """
    for _ in range(2):  # the bot offers a person to somebody who asks the same thing a third time
        if await is_set_within(end, random.uniform(0.0, 2.0) * every):
            return
        await visitor.asks(ASK_HOURS, answer=HOURS)


def lost(visitor: Visitor, arrived: Sequence[str | None]) -> int:
    """Count what was lost or doubled on the way, in both directions.

    Args:
        visitor: A visitor with an agent.
        arrived: The texts that Zendesk has of them.
    """
    questions = [text for text in visitor.said if text != ASK]
    shown = list(visitor.items.values())
    missing = sum(arrived.count(text) != 1 for text in questions)
    return missing + sum(sum(text in each for each in shown) != 1 for text in visitor.answered)
