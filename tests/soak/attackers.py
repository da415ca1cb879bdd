"""Attackers beside the visitors. Each has an address of its own, and goes on until it is cancelled.

Their rates leave the machine, which runs attackers, visitors and servers, some time for the
visitors.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp

from .record import Record

_PAGE = "/webhooks/webchat"
_WEBHOOK = "/api/v1/connectors/support/webhook"
_MEGABYTE = bytes(1024 * 1024)
_PDF = b"%PDF-1.7\n" + bytes(4 * 1024 * 1024)


class Attacker:
    """One attacker.

    Args:
        url: The Rasa server's.
        number: Chooses the address.
        record: Counts what is answered.
    """

    def __init__(self, url: str, number: int, record: Record) -> None:
        """Begin without a connection."""
        self.url = url
        self._record = record
        self.source = f"127.66.0.{number}"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Open connections from the attacker's address."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(local_addr=(self.source, 0), limit=0),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=60),
        ) as session:
            yield session

    def count(self, attack: str, status: int) -> None:
        """Count an answer; 0 for a connection that was closed."""
        self._record.attacked(attack, status)

    async def post(
        self, attack: str, http: aiohttp.ClientSession, path: str, **given: object
    ) -> int:
        """Post, count the answer, and return its status."""
        status = 0
        try:
            async with http.post(self.url + path, **given) as answer:  # type: ignore[arg-type]
                status = answer.status
                answer.close()  # without waiting for the rest of the body to be sent
        except (aiohttp.ClientError, asyncio.TimeoutError):
            pass
        self.count(attack, status)
        return status


async def guess_keys(attacker: Attacker) -> None:
    """Try webhook keys, 20 a second."""
    async with attacker.session() as http:
        while True:
            key = {"X-API-Key": uuid.uuid4().hex}
            await attacker.post("webhook keys guessed", http, _WEBHOOK, json={}, headers=key)
            await asyncio.sleep(0.05)


async def send_large_bodies(attacker: Attacker) -> None:
    """Post 100 MB to the webhook without a key, four at once, without and with a length."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield _MEGABYTE

    async def one(http: aiohttp.ClientSession, *, with_length: bool) -> None:
        while True:
            length = {"Content-Length": str(100 * len(_MEGABYTE))} if with_length else {}
            await attacker.post(
                "100 MB to the webhook", http, _WEBHOOK, data=endless(), headers=length
            )
            await asyncio.sleep(1)

    async with attacker.session() as http:
        await asyncio.gather(*(one(http, with_length=each) for each in (True, True, False, False)))


async def begin_conversations(attacker: Attacker) -> None:
    """Begin conversations, 20 a second."""
    async with attacker.session() as http:
        while True:
            body = {"new": True}
            await attacker.post("new conversations", http, f"{_PAGE}/conversations", json=body)
            await asyncio.sleep(0.05)


async def write_without_pause(attacker: Attacker) -> None:
    """Send messages to the bot in one conversation, 20 a second."""
    async with attacker.session() as http:
        await attacker.post("messages", http, f"{_PAGE}/conversations", json={})
        while True:
            body = {"id": str(uuid.uuid4()), "text": "when are you open?"}
            await attacker.post("messages", http, f"{_PAGE}/messages", json=body)
            await asyncio.sleep(0.05)


async def ask_for_agents(attacker: Attacker) -> None:
    """Begin a conversation and ask for a person, once a second."""
    while True:
        async with attacker.session() as http:
            await attacker.post("requests for agents", http, f"{_PAGE}/conversations", json={})
            body = {"id": str(uuid.uuid4()), "text": "can i talk to a real person please"}
            await attacker.post("requests for agents", http, f"{_PAGE}/messages", json=body)
        await asyncio.sleep(1)


async def upload(attacker: Attacker) -> None:
    """Upload 4 MB to an agent twice a second, in one conversation."""
    async with attacker.session() as http:
        await attacker.post("uploads", http, f"{_PAGE}/conversations", json={})
        body = {"id": str(uuid.uuid4()), "text": "can i talk to a real person please"}
        await attacker.post("uploads", http, f"{_PAGE}/messages", json=body)
        while True:
            form = aiohttp.FormData()
            form.add_field("id", str(uuid.uuid4()))
            form.add_field("files", _PDF, filename="a.pdf", content_type="application/pdf")
            await attacker.post("uploads", http, f"{_PAGE}/files", data=form)
            await asyncio.sleep(0.5)


async def open_streams(attacker: Attacker) -> None:
    """Open streams of one conversation, ten a second, and keep them."""
    async with attacker.session() as http:
        await attacker.post("streams", http, f"{_PAGE}/conversations", json={})
        opened: list[aiohttp.ClientResponse] = []
        while True:
            try:
                answer = await http.get(f"{attacker.url}{_PAGE}/events")
                attacker.count("streams", answer.status)
                opened.append(answer)
            except (aiohttp.ClientError, asyncio.TimeoutError):
                attacker.count("streams", 0)
            if len(opened) > 200:
                opened.pop(0).close()
            await asyncio.sleep(0.1)


async def send_slowly(attacker: Attacker) -> None:
    """Keep 100 connections, each with a body that arrives a byte a second."""
    parts = urlsplit(attacker.url)

    async def one() -> None:
        while True:
            try:
                _reader, writer = await asyncio.open_connection(
                    parts.hostname, parts.port, local_addr=(attacker.source, 0)
                )
                head = f"POST {_WEBHOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
                writer.write(head.encode())
                while not writer.is_closing():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(1)
            except OSError:
                pass
            attacker.count("slow bodies", 0)
            await asyncio.sleep(1)

    await asyncio.gather(*(one() for _ in range(100)))


#: All attacks.
ATTACKS: tuple[Callable[[Attacker], Awaitable[None]], ...] = (
    guess_keys,
    send_large_bodies,
    begin_conversations,
    write_without_pause,
    ask_for_agents,
    upload,
    open_streams,
    send_slowly,
)
