"""A simulator with one account, a bot's webhook that listens, and API callers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from simulator import Simulator

from .helpers import Account, Bot


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture
async def frozen() -> AsyncIterator[Simulator]:
    """A simulator whose time moves only by `advance`."""
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
async def seated(sim: Simulator, bot: Bot) -> AsyncIterator[Account]:
    """An account whose integration sits at the switchboard as `rasa`, with an int_ key."""
    app = await sim.add_app(
        label="seated",
        integrations=[{"target": bot.url, "switchboard_name": "rasa", "key": {}}],
    )
    async with Account(sim, app) as caller:
        yield caller
