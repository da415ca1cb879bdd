"""Waking up whoever waits for something in the store, in this process and in others."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import structlog

#: Something changed, and it is not known what: everybody looks.
ANYTHING = "*"

log = structlog.get_logger(__name__)


class Signals:
    """Topics and those who listen to them. A signal carries no data: the store has it."""

    def __init__(self) -> None:
        """Begin without listeners."""
        self._events: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._callbacks: list[Callable[[str], None]] = []

    @contextmanager
    def watch(self, topic: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when the topic changes; the watcher clears it.

        Args:
            topic: For example ``chat:<sender>``.
        """
        event = asyncio.Event()
        self._events[topic].add(event)
        try:
            yield event
        finally:
            self._events[topic].discard(event)
            if not self._events[topic]:
                del self._events[topic]

    def on_any(self, callback: Callable[[str], None]) -> None:
        """Call back with every topic that changes, or with ``ANYTHING``."""
        self._callbacks.append(callback)

    def emit(self, topic: str) -> None:
        """Wake the watchers of a topic; ``ANYTHING`` wakes all."""
        topics = list(self._events) if topic == ANYTHING else [topic]
        for each in topics:
            for event in self._events.get(each, ()):
                event.set()
        for callback in self._callbacks:
            callback(topic)


class _Watch:
    """A task that turns other processes' commits into signals."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._run(), name="store watch")

    async def stop(self) -> None:
        """Stop watching."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        raise NotImplementedError


class SqliteWatch(_Watch):
    """SQLite has no notifications; its ``data_version`` tells of others' commits for the asking.

    Args:
        signals: Who is woken.
        data_version: Asks; ``None`` is no answer just now.
    """

    INTERVAL = 0.1

    def __init__(self, signals: Signals, data_version: Callable[[], int | None]) -> None:
        """Watch nothing yet."""
        super().__init__(signals)
        self._data_version = data_version

    async def _run(self) -> None:
        seen = None
        while True:
            try:
                version = self._data_version()
            except sqlite3.Error:  # for example while another process mends what a dead one left
                version = None
            if version is not None:
                if seen is not None and version != seen:
                    self._signals.emit(ANYTHING)
                seen = version
            await asyncio.sleep(self.INTERVAL)


class PostgresWatch(_Watch):
    """``LISTEN``: the topic comes with the commit. After a lost connection everybody looks.

    Args:
        signals: Who is woken.
        address: The arguments of asyncpg's ``connect``.
    """

    CHANNEL = "zendesk_handoff"
    _RETRY = 1.0

    def __init__(self, signals: Signals, address: Mapping[str, Any]) -> None:
        """Watch nothing yet."""
        super().__init__(signals)
        self._address = address

    async def _run(self) -> None:
        import asyncpg  # the extra `postgresql`

        while True:
            try:
                connection = await asyncpg.connect(**self._address)
                await self._listen(connection)
            except (
                OSError,
                asyncio.TimeoutError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
            ):
                log.warning("handoff.store.unreachable")
                await asyncio.sleep(self._RETRY)
            self._signals.emit(ANYTHING)

    async def _listen(self, connection: Any) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())

        def heard(_connection: object, _pid: int, _channel: str, topic: str) -> None:
            self._signals.emit(topic)

        try:
            await connection.add_listener(self.CHANNEL, heard)
            self._signals.emit(ANYTHING)
            await lost.wait()
        finally:
            with suppress(Exception):
                await connection.close(timeout=2)
