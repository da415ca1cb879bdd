"""The compared servers and their sessions."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.paths import MODEL
from tools.processes import RASA, Process, free_port
from zendesk_handoff.domain.session import Session, Step
from zendesk_handoff.store import Store, open_store

SECRET = "a-webhook-secret-for-the-benchmarks-alone"
CONNECTOR = "support"
APP = "64b0c0ffee0000000000a001"


@dataclass
class Api:
    """The bare API, in a process of its own.

    Args:
        port: Where it listens.
    """

    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def batches(self) -> list[tuple[str, float]]:
        """Take the messages that arrived since the last call, each with its monotonic time."""
        with urllib.request.urlopen(f"{self.url}/arrivals", timeout=10) as answer:
            return [tuple(each) for each in json.load(answer)]

    async def wait_for(self, count: int, *, timeout: float = 60.0) -> list[tuple[str, float]]:
        """Wait until that number of messages has arrived.

        Raises:
            TimeoutError: Fewer arrived in time.
        """
        found: list[tuple[str, float]] = []
        deadline = time.monotonic() + timeout
        while len(found) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(found)} of {count} messages arrived in {timeout} s.")
            await asyncio.sleep(0.02)
            found += self.batches()
        return found


@asynccontextmanager
async def bare_api(folder: Path, *, latency: float) -> AsyncIterator[Api]:
    """Run the bare API.

    Args:
        folder: Holds its log.
        latency: Seconds between request and answer.
    """
    api = Api(free_port())
    command = [sys.executable, "-m", "benchmarks.speed.api", str(api.port), str(latency * 1000)]
    process = Process("api", command, f"{api.url}/arrivals", folder / "api.log")
    process.start()
    try:
        yield api
    finally:
        process.stop()


@dataclass
class Servers:
    """The same bot twice, with the plugin and without.

    Args:
        with_plugin: The port of the server with the plugin.
        without: The port of the server without it.
        store: The store of the plugin.
        api: The API that receives its messages.
    """

    with_plugin: int
    without: int
    store: Store
    api: Api


@asynccontextmanager
async def servers(
    *, latency: float, trackers: dict[str, Any] | None = None
) -> AsyncIterator[Servers]:
    """Run both bots and the API.

    Args:
        latency: The API's, in seconds.
        trackers: The block ``tracker_store`` of both bots' endpoints; by default they keep their
            trackers in memory.
    """
    endpoints = {"tracker_store": trackers} if trackers else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with bare_api(folder, latency=latency) as api:
            with_plugin, without = free_port(), free_port()
            store_url = f"sqlite:///{folder / 'handoff.db'}"
            ours = rasa(folder, "ours", with_plugin, "webhooks/zendesk/", {
                "rest": None,
                "callback": {"url": f"{api.url}/push"},
                "zendesk_handoff.channels.ZendeskInput": block(store_url, api.url),
            }, endpoints)  # fmt: skip
            theirs = rasa(folder, "theirs", without, "webhooks/bench/", {
                "rest": None,
                "benchmarks.speed.channels.BareInput": None,
            }, endpoints)  # fmt: skip
            try:
                await asyncio.gather(*(asyncio.to_thread(each.start) for each in (ours, theirs)))
                async with await open_store(store_url) as store:
                    yield Servers(with_plugin, without, store, api)
            finally:
                ours.stop()
                theirs.stop()


def block(store_url: str, api_url: str, **settings: Any) -> dict[str, Any]:
    """Make the plugin's block of ``credentials.yml``.

    Args:
        store_url: The address of the store.
        api_url: The address of the API.
        **settings: Additional settings.
    """
    connector = {
        "integration_type": "zendesk",
        "name": "Support",
        "subdomain": "bench",
        "app_id": APP,
        "key_id": "app_64b0c0ffee0000000000b001",
        "key_secret": "a-key-secret-for-the-benchmarks-alone",
        "webhook_secret": SECRET,
        "workspaces": ["default"],
        "base_url": api_url,
    }
    return {
        "public_url": "http://127.0.0.1:5005",
        "store_url": store_url,
        "connectors": {CONNECTOR: connector},
        # The load comes from one address, and faster than from people.
        "limits": {
            "conversations_per_address": "off",
            "conversations": "off",
            "handovers_per_address": "off",
            "handovers_per_connector": "off",
            "handovers": "off",
            "waiting_messages": "off",
        },
        **settings,
    }


def rasa(
    folder: Path,
    name: str,
    port: int,
    health: str,
    credentials: dict[str, Any],
    endpoints: dict[str, Any],
) -> Process:
    """Describe a Rasa server of the demo bot.

    Args:
        folder: Holds its files and its log.
        name: The server's, and that of its files.
        port: Where it listens.
        health: The path that answers once it is up.
        credentials: Its channels.
        endpoints: Its endpoints.
    """
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump(credentials))
    written = folder / "endpoints.yml"
    written.write_text(yaml.safe_dump(endpoints))
    command = [
        *(RASA, "run", "--enable-api"),
        *("-i", "127.0.0.1", "-p", str(port), "--model", str(MODEL)),
        *("--credentials", str(path), "--endpoints", str(written)),
    ]
    return Process(name, command, f"http://127.0.0.1:{port}/{health}", folder / f"{name}.log")


async def open_sessions(store: Store, count: int, *, channel: str = "rest") -> Sequence[Session]:
    """Add sessions with agents to a store, to be acquired by any server.

    Args:
        store: The store.
        count: The number of sessions.
        channel: The Rasa channel of their users.
    """
    return await asyncio.gather(*(_open(store, channel) for _ in range(count)))


async def _open(store: Store, channel: str) -> Session:
    session = await store.sessions.request(
        f"user-{uuid.uuid4().hex}",
        CONNECTOR,
        workspace="default",
        channel=channel,
        reason="a benchmark",
        summary="A benchmark.",
        profile={},
    )
    await store.sessions.finish_step(
        session.id,
        Step.PASS_CONTROL,
        user_id=uuid.uuid4().hex[:24],
        conversation_id=uuid.uuid4().hex[:24],
    )
    # In this order, so that no worker finds a connected user who is to be told of the start.
    await store.sessions.mark_start_notified(session.id)
    await store.sessions.connect(session.id)
    return await store.sessions.record_agent(session.id, agent_id="agent", agent_name="Ana")
