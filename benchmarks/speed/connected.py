"""Time from the request to a connected user: the action and its server, against one process."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
from rasa.core.lock_store import InMemoryLockStore
from rasa_sdk import Tracker

from simulator import Simulator
from zendesk_handoff.actions.request import request_session
from zendesk_handoff.actions.resources import Resources
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Settings, read_settings
from zendesk_handoff.store import Store, open_store
from zendesk_handoff.zendesk import ConversationsClient

from .bench import Row, alternate
from .stage import CONNECTOR, block

_HOST = "127.0.0.1"
_ROUNDS = 40
#: Milliseconds that a second process may add, by database.
_GOALS = {"SQLite": 150, "PostgreSQL": 30}


async def measure() -> list[Row]:
    """Open sessions on both databases, if PostgreSQL answers."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [await _measure("SQLite", f"sqlite:///{Path(folder) / 'handoff.db'}")]
    with suppress(OSError):
        async with _database() as url:
            rows.append(await _measure("PostgreSQL", url))
    return rows


@asynccontextmanager
async def _database() -> AsyncIterator[str]:
    name = f"handoff_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(host=_HOST, database="postgres")
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        yield f"postgresql://{_HOST}/{name}"
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


async def _measure(name: str, url: str) -> Row:
    async with Simulator() as sim:
        app = await sim.add_app(switchboard=True)
        raw = block(url, sim.base_url)
        account = {"app_id": app.id, "key_id": app.key_id, "key_secret": app.key_secret}
        raw["connectors"][CONNECTOR] |= account
        settings = read_settings(raw)
        # Two stores on one database, as two processes have them.
        async with await open_store(url) as action, await open_store(url) as server:
            bot = Bot(_app(), InHand(server.signals))
            runtime = Runtime(server, settings, bot)
            runtime.start()
            try:
                compared = await alternate(
                    lambda: _requested(Resources(settings, action), bot),
                    lambda: _opened_alone(action, settings),
                    rounds=_ROUNDS,
                )
            finally:
                await runtime.stop()
    ours, alone = compared.medians
    more = (ours - alone) * 1000
    return Row(
        f"median time from a request to a connected user, {name}",
        "the opening by the process that requests it",
        f"{more:.0f} ms more",
        f"at most {_GOALS[name]} ms more",
        more <= _GOALS[name],
        f"{ours * 1000:.0f} ms to {alone * 1000:.0f} ms",
    )


def _app() -> Any:
    agent = SimpleNamespace(lock_store=InMemoryLockStore(), processor=None)
    return SimpleNamespace(ctx=SimpleNamespace(agent=agent, input_channels=[]))


async def _requested(resources: Resources, bot: Bot) -> float:
    sender = uuid.uuid4().hex
    tracker = Tracker(sender, {}, {}, [], False, None, {}, "action_listen")
    began = time.perf_counter()
    async with bot.lock(sender):
        with bot.in_hand.turn(sender):
            session = await request_session(resources, tracker, reason="a benchmark")
    assert session.connected_at is not None
    return time.perf_counter() - began


async def _opened_alone(store: Store, settings: Settings) -> float:
    began = time.perf_counter()
    async with ConversationsClient(settings.connectors[CONNECTOR]) as client:
        session = await store.sessions.request(
            uuid.uuid4().hex,
            CONNECTOR,
            workspace="default",
            channel="rest",
            reason="a benchmark",
            summary="A benchmark.",
            profile={},
        )
        await store.leases.acquire(session.id)
        await open_session(store, client, session)
    return time.perf_counter() - began
