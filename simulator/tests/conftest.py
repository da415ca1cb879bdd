"""Fixtures: a simulator, a bot's webhook target, accounts with an API caller."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from simulator import Simulator

from .support.account import Account
from .support.bot import Bot
from .support.shared import check_shared


def pytest_runtest_setup(item: pytest.Item) -> None:
    check_shared(item)


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture
async def frozen() -> AsyncIterator[Simulator]:
    """A simulator whose clock moves only by `advance`."""
    async with Simulator(frozen=True) as running:
        yield running


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with Bot() as running:
        yield running


@pytest.fixture
async def account(sim: Simulator, bot: Bot) -> AsyncIterator[Account]:
    """An account whose custom integration is outside the switchboard."""
    app = await sim.add_app(label="acme", agents=["Ana"], integrations=[{"target": bot.url}])
    async with Account(sim, app) as caller:
        yield caller


@pytest.fixture
async def inside(sim: Simulator, bot: Bot) -> AsyncIterator[Account]:
    """An account whose integration is in the switchboard as `rasa`, with an int_ key."""
    app = await sim.add_app(
        label="inside",
        integrations=[{"target": bot.url, "switchboard_name": "rasa", "key": {}}],
    )
    async with Account(sim, app) as caller:
        yield caller
