"""One set of servers for all scenarios of a worker; each scenario has a sender of its own."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from simulator import SimulatorClient
from tests.support import users, webchat
from tests.support.servers import Stack
from tests.support.users import RestUser


@pytest.fixture
async def sim(stack: Stack) -> AsyncIterator[SimulatorClient]:
    async with SimulatorClient(stack.simulator_url) as client:
        yield client
        await client.clear_faults()


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


@pytest.fixture
async def page(stack: Stack) -> AsyncIterator[webchat.ChatPage]:
    async with webchat.open_chat_page(stack.rasa_url) as opened:
        yield opened


@pytest.fixture
def hand_over(stack: Stack, sim: SimulatorClient) -> Callable[..., Any]:
    return functools.partial(users.hand_over, sim=sim, stack=stack)


@pytest.fixture
def command(stack):
    """Run a command of the operator's and return its output."""

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
    """Read a session as the command ``sessions`` lists it."""

    async def read(conversation):
        lines = (await command("sessions", "--json", "--all")).splitlines()
        return next(
            record for record in map(json.loads, lines) if record["conversation_id"] == conversation
        )

    return read
