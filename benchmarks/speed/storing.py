"""Webhook events stored per second, against a handler that parses the JSON and stores nothing."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tools.processes import Process, free_port
from zendesk_handoff.store import open_store

from . import events
from .bench import Row, alternate
from .stage import open_sessions
from .wire import send

_AT_ONCE = 64
_CALLS = 1500
_ROUNDS = 5
_SESSIONS = 50


async def measure() -> list[Row]:
    """Measure the row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url, port = f"sqlite:///{folder / 'handoff.db'}", free_port()
        async with await open_store(url) as store:
            sessions = await open_sessions(store, _SESSIONS)
        command = [sys.executable, "-m", "benchmarks.speed.receiver", str(port), url]
        server = Process("receiver", command, f"http://127.0.0.1:{port}/", folder / "log")
        server.start()

        async def ours() -> float:
            return await _rate(events.PATH)

        async def theirs() -> float:
            return await _rate("/json/support/webhook")

        async def _rate(path: str) -> float:
            calls = []
            for number in range(_CALLS):
                session = sessions[number % _SESSIONS]
                message = events.agent_message(session, f"Message {number}, which is no novel.")
                calls.append(events.call(session, message, path=path))
            return (await send(port, calls, at_once=_AT_ONCE)).rate

        try:
            result = await alternate(ours, theirs, rounds=_ROUNDS)
        finally:
            server.stop()
    stored, parsed = result.medians
    return [
        Row(
            "webhook events stored, one a call",
            "a Sanic handler that parses the JSON and stores nothing",
            f"{result.ratio:.2f}",
            "≥ 0.5",
            result.ratio >= 0.5,
            f"{stored:.0f}/s against {parsed:.0f}/s",
        )
    ]
