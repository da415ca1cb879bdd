"""The start of a server with many open sessions, against a start with none."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import sqlalchemy as sa

from zendesk_handoff.domain.session import State
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import sessions

from .bench import Row
from .stage import CONNECTOR, bare_api

_SESSIONS = 10_000
_ROUNDS = 2


async def measure() -> list[Row]:
    """Start with and without sessions, alternating."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        full, empty = (f"sqlite:///{folder / each}" for each in ("full.db", "empty.db"))
        async with await open_store(full):
            pass  # creates the schema
        _fill(full)
        async with bare_api(folder, latency=0.02) as api:
            pairs = []
            for _ in range(_ROUNDS):
                sides = [await asyncio.to_thread(_start, url, api.url) for url in (full, empty)]
                pairs.append(sides)
    seconds = statistics.median(a["seconds"] - b["seconds"] for a, b in pairs)
    megabytes = statistics.median(a["megabytes"] - b["megabytes"] for a, b in pairs)
    return [
        Row(
            f"start with {_SESSIONS:,} open sessions",
            "start with none",
            f"+ {seconds:.2f} s, + {megabytes:.0f} MB",
            "+ ≤ 2 s, + ≤ 50 MB",
            seconds <= 2 and megabytes <= 50,
            "until users are served; maximum memory while every session is reconciled",
        )
    ]


def _fill(url: str) -> None:
    """Add sessions with agents to a store in one statement."""
    now = time.time()
    rows = [
        {
            "id": uuid.uuid4().hex,
            "connector_id": CONNECTOR,
            "workspace": "default",
            "sender_id": f"user-{number}",
            "channel": "rest",
            "state": State.ACTIVE.value,
            "summary": "A summary of some length, for the agent. " * 10,
            "profile": {"givenName": "Mia"},
            "user_id": uuid.uuid4().hex[:24],
            "conversation_id": uuid.uuid4().hex[:24],
            "step": "pass_control",
            "created_at": now,
            "connected_at": now,
            "start_notified": True,
        }
        for number in range(_SESSIONS)
    ]
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.insert(sessions), rows)


def _start(store_url: str, api_url: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.speed.starter", store_url, api_url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer
