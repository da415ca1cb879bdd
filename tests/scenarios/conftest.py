"""One set of servers for all stories; each story has a sender of its own."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from simulator import SimulatorClient
from tests.support.servers import MODEL, Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    assert MODEL.is_file(), "There is no trained model: run `make setup`."
    servers = Stack(tmp_path_factory.mktemp("stack"))
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
async def sim(stack: Stack) -> AsyncIterator[SimulatorClient]:
    async with SimulatorClient(stack.simulator_url) as client:
        yield client
        await client.clear_faults()


@dataclass
class RestUser:
    """A user on Rasa's ``rest`` channel, which cannot push."""

    rasa_url: str
    http: aiohttp.ClientSession
    workspace: str | None = None
    sender: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:12]}")

    async def gets(self, text: str) -> list[dict[str, Any]]:
        body: dict[str, Any] = {"sender": self.sender, "message": text}
        if self.workspace:
            body["metadata"] = {"workspace": self.workspace}
        async with self.http.post(f"{self.rasa_url}/webhooks/rest/webhook", json=body) as answer:
            return list(await answer.json())

    async def says(self, text: str) -> list[str]:
        return [each["text"] for each in await self.gets(text) if "text" in each]

    async def tracker(self) -> dict[str, Any]:
        url = f"{self.rasa_url}/conversations/{self.sender}/tracker?include_events=ALL"
        async with self.http.get(url) as answer:
            return dict(await answer.json())

    async def slot(self, name: str) -> Any:
        return (await self.tracker())["slots"].get(name)

    async def hears(self, *words: str, asking: str = "still there?") -> list[dict[str, Any]]:
        """Collect what is held for the user until it contains the words."""
        heard: list[dict[str, Any]] = []

        async def look() -> bool:
            heard.extend(await self.gets(asking))
            return all(any(word in str(each) for each in heard) for word in words)

        await until(look)
        return heard


async def until(look: Callable[[], Any], *, timeout: float = 15.0) -> None:
    """Look until it is so; other processes give no event that could be awaited here."""
    deadline = asyncio.get_running_loop().time() + timeout
    while not await look():
        assert asyncio.get_running_loop().time() < deadline, "It did not come about in time."
        await asyncio.sleep(0.1)


async def none_left(stack: Stack, query: str, *values: str) -> None:
    """Wait until a query of the servers' SQLite store counts nothing any more."""
    file = f"file:{stack.folder / 'handoff.db'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as store:

        async def look() -> bool:
            return bool(store.execute(query, values).fetchone() == (0,))

        await until(look)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def new_user(stack: Stack, http: aiohttp.ClientSession) -> Callable[..., RestUser]:
    def make(**values: Any) -> RestUser:
        return RestUser(stack.rasa_url, http, **values)

    return make


@pytest.fixture
def user(new_user: Callable[..., RestUser]) -> RestUser:
    return new_user()


@dataclass
class Handover:
    """A user who is with the agents."""

    user: RestUser
    conversation: str
    told: list[str]


@pytest.fixture
def hand_over(stack: Stack, sim: SimulatorClient) -> Callable[..., Any]:
    async def act(user: RestUser, *, connector: str = "support") -> Handover:
        app = stack.connectors[connector]["app_id"]
        told = await user.says("I want to talk to a human")
        found = await sim.wait_for_conversation(
            app, lambda one: one["user"]["externalId"] == user.sender
        )
        return Handover(user, found["id"], told)

    return act


@pytest.fixture
def crash(stack: Stack) -> Iterator[Any]:
    from tests.support.crashes import Crash  # which waits with what is here

    crash = Crash(stack)
    yield crash
    crash.mend()


@pytest.fixture
def command(stack):
    async def run(*arguments):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "zendesk_handoff.cli", *arguments),
            *("--credentials", str(stack.folder / "credentials.yml")),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return output.decode()

    return run


@pytest.fixture
def status_of(command):
    async def read(conversation):
        lines = (await command("sessions", "--json", "--all")).splitlines()
        return next(
            record for record in map(json.loads, lines) if record["conversation_id"] == conversation
        )

    return read
