"""A session in a conversation of 20,000 tracker events, beside one message of Rasa's own in it."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import aiohttp
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.domain.session import EndReason, Session

from . import events
from .bench import Row
from .stage import APP, Servers, open_sessions, servers
from .wire import post_request, send

_EVENTS = 20_000
_ROUNDS = 5
#: Seconds between two requests of somebody else.
_PROBE_EVERY = 0.005


async def measure() -> list[Row]:
    """Measure an agent's first message, and what others wait while a session ends."""
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "trackers.db")
        trackers = {"type": "SQL", "dialect": "sqlite", "db": database}
        async with servers(latency=0.0, trackers=trackers) as stage:
            sessions = await open_sessions(stage.store, _ROUNDS + 1, channel="callback")
            for session in sessions:
                _fill(database, session.sender_id)
                _fill(database, f"{session.sender_id}-of-rasa")
            async with aiohttp.ClientSession() as http:
                return await _measure(stage, http, sessions)


async def _measure(
    stage: Servers, http: aiohttp.ClientSession, sessions: list[Session]
) -> list[Row]:
    first, message, wait, ours, theirs = [], [], [], [], []
    for number, session in enumerate(sessions):
        call = await _agent_writes(stage, http, session, "one")
        seconds, longest = await _watched(stage.with_plugin, http, _agent(stage, call, pushes=2))
        call = await _agent_writes(stage, http, session, "two")
        repeated, _ = await _watched(stage.with_plugin, http, _agent(stage, call, pushes=1))
        _, at_end = await _watched(stage.with_plugin, http, _end(stage, session))
        body = {"sender": f"{session.sender_id}-of-rasa", "message": "hello"}
        request = post_request("/webhooks/rest/webhook", body)
        sending = send(stage.without, [request], at_once=1)
        rasas, longest_of_rasa = await _watched(stage.without, http, sending)
        if number:  # the first round is not counted
            first.append(seconds)
            message.append(repeated)
            wait.append(max(longest, at_end))
            ours.append(rasas)
            theirs.append(longest_of_rasa)
    worst = max(*first, *message)
    return [
        Row(
            f"an agent's first and second message in a conversation of {_EVENTS:,} events",
            "one message to the bot in such a conversation, without the plugin",
            f"{statistics.median(first) / statistics.median(ours):.2f}",
            "≤ 300 ms",
            worst <= 0.3,
            f"{statistics.median(first) * 1000:.0f} and "
            f"{statistics.median(message) * 1000:.0f} ms, at most {worst * 1000:.0f}, "
            f"against {statistics.median(ours) * 1000:.0f} ms",
        ),
        Row(
            f"longest wait of other requests during a session in {_EVENTS:,} events",
            "while Rasa answers one message in such a conversation, without the plugin",
            f"{statistics.median(wait) / statistics.median(theirs):.2f}",
            "≤ 200 ms",
            max(wait) <= 0.2,
            f"{statistics.median(wait) * 1000:.0f} ms, at most {max(wait) * 1000:.0f}, "
            f"against {statistics.median(theirs) * 1000:.0f} ms",
        ),
    ]


async def _agent(stage: Servers, call: bytes, *, pushes: int) -> None:
    """Wait until the user has an agent's message, and before the first one the introduction."""
    await send(stage.with_plugin, [call], at_once=1)
    await stage.api.wait_for(pushes)


async def _end(stage: Servers, session: Session) -> None:
    await stage.store.sessions.end_by_us(session.id, EndReason.BOT)
    while True:
        found = await stage.store.sessions.get(session.id)
        if found is not None and found.end_notified:
            return
        await asyncio.sleep(0.02)


async def _watched(
    port: int, http: aiohttp.ClientSession, work: Awaitable[object]
) -> tuple[float, float]:
    """Return how long some work takes, and the longest time another request takes meanwhile."""
    longest, done = 0.0, asyncio.Event()

    async def probe() -> None:
        nonlocal longest
        while not done.is_set():
            began = time.perf_counter()
            async with http.get(f"http://127.0.0.1:{port}/version") as answer:
                await answer.read()
            longest = max(longest, time.perf_counter() - began)
            await asyncio.sleep(_PROBE_EVERY)

    probing = asyncio.create_task(probe())
    began = time.perf_counter()
    await work
    seconds = time.perf_counter() - began
    done.set()
    await probing
    return seconds, longest


async def _agent_writes(
    stage: Servers, http: aiohttp.ClientSession, session: Session, text: str
) -> bytes:
    """Store a message of an agent who is new, and make the webhook call for it."""
    message = events.agent_message(session, text)
    message["metadata"]["__zendesk_msg.agent.id"] = "another agent"
    path = f"/v2/apps/{APP}/conversations/{session.conversation_id}/messages"
    async with http.post(stage.api.url + path, json=message) as answer:
        await answer.read()
    stage.api.batches()  # it is not a push
    return events.call(session, message)


def _fill(database: str, sender_id: str) -> None:
    """Write a long conversation into the database of the trackers."""
    store = SQLTrackerStore(Domain.empty(), db=database)
    started: list[Event] = [SessionStarted(), ActionExecuted("action_listen")]
    turn = [
        UserUttered("hello", {"name": "greet", "confidence": 1.0}, input_channel="callback"),
        SlotSet("order_number", "10234"),
        ActionExecuted("utter_greet"),
        BotUttered("Hello! I am Fern, the bot of Fernhill Homeware."),
        ActionExecuted("action_listen"),
    ]
    every = started + turn * (_EVENTS // len(turn))
    tracker = DialogueStateTracker(sender_id, [])
    tracker.events.extend(every)
    saving = store.save(tracker)
    try:
        saving.send(None)
    except StopIteration:
        return
    raise RuntimeError("The tracker store waits for the event loop.")
