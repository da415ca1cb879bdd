"""Signals of changes in the store, within a process and between processes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import structlog

from zendesk_handoff.errors import StoreUnavailable

#: The topic for an unknown change: every watcher is woken, unless its kind is narrowed.
ANYTHING = "*"

log = structlog.get_logger(__name__)


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait until an event is set, and tell whether it was in time.

    Python 3.10's ``asyncio.wait_for`` loses a cancellation that arrives together with the event.

    Args:
        event: For example a watcher's.
        seconds: The longest wait.
    """
    waiter = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiter}, timeout=seconds)
    finally:
        waiter.cancel()
    return event.is_set()


#: Finds the topics of a kind that have changed.
Find = Callable[[], Awaitable["Iterable[str] | None"]]


class Signals:
    """Topics and their watchers. A signal carries no data, which is in the store."""

    def __init__(self) -> None:
        """Start without watchers."""
        self._events: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._callbacks: list[Callable[[str], None]] = []
        self._narrowed: dict[str, _Narrowed] = {}
        self._hurries = 0

    @property
    def is_hurried(self) -> bool:
        """Whether somebody waits for a change at this moment."""
        return self._hurries > 0

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """Look for changes more often meanwhile, where they are looked for."""
        self._hurries += 1
        try:
            yield
        finally:
            self._hurries -= 1

    @contextmanager
    def watch(self, topic: str) -> Iterator[asyncio.Event]:
        """Return an event that is set when the topic changes; the watcher clears it.

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
        """Register a callback for every topic that changes; its argument may be ``ANYTHING``."""
        self._callbacks.append(callback)

    def narrow(self, prefix: str, find: Find) -> None:
        """Ask at ``ANYTHING`` which topics of a kind have changed, instead of waking all of them.

        For topics with many watchers, each of which would read the database.

        Args:
            prefix: Beginning of the topics.
            find: Returns those that have changed since it was called before, or ``None`` if all may
                have.
        """
        self._narrowed[prefix] = _Narrowed(prefix, find, self)

    def emit(self, topic: str) -> None:
        """Wake the watchers of a topic; ``ANYTHING`` wakes all that are not narrowed."""
        if topic == ANYTHING:
            narrowed = tuple(self._narrowed)
            self._wake(each for each in list(self._events) if not each.startswith(narrowed))
            for each in self._narrowed.values():
                each.look()
        else:
            self._wake([topic])
        for callback in self._callbacks:
            callback(topic)

    async def close(self) -> None:
        """End what looks for changes."""
        for each in self._narrowed.values():
            await each.close()

    def topics(self, prefix: str) -> list[str]:
        """List the watched topics with a prefix."""
        return [each for each in self._events if each.startswith(prefix)]

    def _wake(self, topics: Iterable[str]) -> None:
        for each in topics:
            for event in self._events.get(each, ()):
                event.set()


class _Narrowed:
    """Looks which topics of a kind have changed, once at a time."""

    def __init__(self, prefix: str, find: Find, signals: Signals) -> None:
        self._prefix = prefix
        self._find = find
        self._signals = signals
        self._is_due = False
        self._task: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Look soon; a look that is under way is followed by another."""
        self._is_due = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="store changes")

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._is_due:
            self._is_due = False
            watched = self._signals.topics(self._prefix)
            if not watched:
                continue
            try:
                changed = await self._find()
            except StoreUnavailable:
                changed = None
            for topic in watched if changed is None else changed:
                self._signals.emit(topic)


class Watch:
    """A task that emits signals for commits of other processes."""

    def __init__(self, signals: Signals) -> None:
        """Prepare the watch; ``start`` begins it."""
        self._signals = signals
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the task."""
        self._task = asyncio.create_task(self._run(), name="store watch")

    async def stop(self) -> None:
        """Stop the task."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        raise NotImplementedError


class SqliteWatch(Watch):
    """A watch for SQLite, which has no notifications: it polls ``data_version``.

    Args:
        signals: The signals to emit.
        data_version: Returns a number that changes with commits of other processes; ``None`` while
            it cannot be read.
    """

    INTERVAL = 0.1
    #: While a user waits for what another process does; a look costs some microseconds.
    HURRIED_INTERVAL = 0.02

    def __init__(self, signals: Signals, data_version: Callable[[], int | None]) -> None:
        """Prepare the watch; ``start`` begins it."""
        super().__init__(signals)
        self._data_version = data_version

    async def _run(self) -> None:
        last = None
        while True:
            try:
                version = self._data_version()
            except sqlite3.Error:  # for example during another process's recovery after a crash
                version = None
            if version is not None:
                if last is not None and version != last:
                    self._signals.emit(ANYTHING)
                last = version
            hurried = self._signals.is_hurried
            await asyncio.sleep(self.HURRIED_INTERVAL if hurried else self.INTERVAL)


class PostgresWatch(Watch):
    """A watch for PostgreSQL with ``LISTEN``, by which each commit sends its topics.

    Whenever it connects, it emits ``ANYTHING``, for the notifications it may have missed.

    Args:
        signals: The signals to emit.
        address: Arguments of asyncpg's ``connect``.
    """

    CHANNEL = "zendesk_handoff"
    _RETRY = 1.0

    def __init__(self, signals: Signals, address: Mapping[str, Any]) -> None:
        """Prepare the watch; ``start`` begins it."""
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
                log.warning("handoff.store.unavailable")
                await asyncio.sleep(self._RETRY)
            self._signals.emit(ANYTHING)

    async def _listen(self, connection: Any) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())

        def on_notify(_connection: object, _pid: int, _channel: str, topic: str) -> None:
            self._signals.emit(topic)

        try:
            await connection.add_listener(self.CHANNEL, on_notify)
            self._signals.emit(ANYTHING)
            await lost.wait()
        finally:
            with suppress(Exception):
                await connection.close(timeout=2)
