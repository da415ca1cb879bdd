"""Rasa's trackers, loaded and saved in a thread: their cost grows with the conversation.

A tracker is rebuilt from all events of the conversation, which takes about a second for 20,000 of
them. Rasa's own tracker stores do that without ever waiting for the event loop, so a thread can do
it, and nobody else's request waits. Other tracker stores may need the loop, and stay in it.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from rasa.core.actions.action import ActionSessionStart
from rasa.core.channels.channel import OutputChannel
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_SESSION_START_NAME
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.errors import HandoffError
from zendesk_handoff.rasa.collector import paused_collector
from zendesk_handoff.rasa.compat import (
    AwaitableTrackerStore,
    FailSafeTrackerStore,
    InMemoryTrackerStore,
    MongoTrackerStore,
    RedisTrackerStore,
    SQLTrackerStore,
    TrackerStore,
    publish,
    session_over,
)

T = TypeVar("T")

#: In an event's metadata: the key of what is recorded only once.
_KEY = "handoff_key"
#: Tracker stores that never wait for the event loop, and whose clients may be used in threads.
_FOR_THREADS = (InMemoryTrackerStore, MongoTrackerStore, RedisTrackerStore, SQLTrackerStore)
_WRAPPERS = (AwaitableTrackerStore, FailSafeTrackerStore)


class OpenTracker:
    """A tracker that was loaded once and is changed while its sender's lock is held.

    Args:
        processor: The bot.
        tracker: The tracker, as loaded.
    """

    def __init__(self, processor: MessageProcessor, tracker: DialogueStateTracker) -> None:
        """Keep the tracker."""
        self.processor = processor
        self.tracker = tracker

    async def look(self, at: Callable[[DialogueStateTracker], T]) -> T:
        """Compute something that may need all events, in a thread.

        Args:
            at: Does so, without changing the tracker.
        """
        return await asyncio.to_thread(at, self.tracker)

    async def has(self, key: str) -> bool:
        """Tell whether events with a key are recorded.

        Args:
            key: As given to ``append``.
        """
        return await self.look(lambda tracker: _has_key(tracker, key))

    async def append(self, events: Iterable[Event], *, key: str | None = None) -> None:
        """Append events and save the tracker.

        Slots that the domain lacks are left out: Rasa would log an error at every handover.

        Args:
            events: In order.
            key: Identifies the events; events whose key the tracker has are not appended again.
        """
        if key is not None and await self.has(key):
            return
        if not self.tracker.events:
            # The tracker is empty where a server died with the user's first message. Rasa starts no
            # session in a tracker with events, and the bot could not answer.
            await start_first_session(self.processor, self.tracker)
        slots = self.tracker.slots
        known = [each for each in events if not isinstance(each, SlotSet) or each.key in slots]
        if key is not None:
            for each in known:
                each.metadata[_KEY] = key
        self.tracker.update_with_events(known, self.processor.domain)
        await self.save(known)

    async def start_session(self, output: OutputChannel) -> None:
        """Start a new Rasa session, which the next message belongs to, and save the tracker.

        Args:
            output: The user's channel, for an ``action_session_start`` of the bot's own.
        """
        processor, tracker = self.processor, self.tracker
        before = len(tracker.events)
        tracker.update_with_events(session_over(), processor.domain)
        action = processor._get_action(ACTION_SESSION_START_NAME)
        log_action: Any = getattr(processor, "_log_action_on_tracker", None)

        async def start() -> None:
            # As `MessageProcessor._run_action` does, without its copy of the tracker.
            events = await action.run(output, processor.nlg, tracker, processor.domain)
            log_action(tracker, action, events, _session_start(processor))

        if type(action) is ActionSessionStart and log_action is not None:
            await asyncio.to_thread(_run, start)
        else:
            await _run_session_start(processor, tracker, output)
        await self.save(list(tracker.events)[before:])
        # Stores count the events since the last session start, and would save older ones again.
        self.tracker = await _load(processor, tracker.sender_id)

    async def save(self, new: Iterable[Event]) -> None:
        """Save the tracker.

        Args:
            new: The events that were appended since it was loaded or saved, for an event broker.
        """
        store = self.processor.tracker_store
        if not _may_leave_loop(store):
            await store.save(self.tracker)
            return
        await publish(_innermost(store), self.tracker, new)  # here: some brokers need the loop
        silent = _without_broker(store)
        await asyncio.to_thread(_run, lambda: silent.save(self.tracker))


@asynccontextmanager
async def open_tracker(processor: MessageProcessor, sender_id: str) -> AsyncIterator[OpenTracker]:
    """Load a tracker, and drop it again; the caller holds the sender's lock, or only looks at it.

    Args:
        processor: The bot.
        sender_id: The user.
    """
    with paused_collector():
        opened = OpenTracker(processor, await _load(processor, sender_id))
        try:
            yield opened
        finally:
            del opened.tracker  # before the collector runs again


async def _load(processor: MessageProcessor, sender_id: str) -> DialogueStateTracker:
    async def load() -> DialogueStateTracker:
        return await processor.get_tracker(sender_id)

    try:
        if _may_leave_loop(processor.tracker_store):
            return await asyncio.to_thread(_run, load)
        return await load()
    except SystemExit as error:  # Rasa's answer to an event that cannot be read
        raise HandoffError("Rasa has called sys.exit while it read a tracker.") from error


async def start_first_session(processor: MessageProcessor, tracker: DialogueStateTracker) -> None:
    """Start the first Rasa session of an empty tracker.

    Args:
        processor: The bot.
        tracker: Without events.
    """
    await _run_session_start(processor, tracker, None)


async def _run_session_start(
    processor: MessageProcessor, tracker: DialogueStateTracker, output: OutputChannel | None
) -> None:
    action = processor._get_action(ACTION_SESSION_START_NAME)
    await processor._run_action(action, tracker, output, processor.nlg, _session_start(processor))


def _session_start(processor: MessageProcessor) -> PolicyPrediction:
    return PolicyPrediction.for_action_name(processor.domain, ACTION_SESSION_START_NAME)


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine that never waits."""
    coroutine = work()
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    coroutine.close()
    raise RuntimeError("A tracker store waits for the event loop.")


def _may_leave_loop(store: TrackerStore) -> bool:
    inner = _innermost(store)
    if type(inner) not in _FOR_THREADS:
        return False
    # A database in memory belongs to one connection, and that to one thread.
    is_sqlite = isinstance(inner, SQLTrackerStore) and inner.engine.dialect.name == "sqlite"
    return not is_sqlite or inner.engine.url.database not in (None, "", ":memory:")


def _innermost(store: TrackerStore) -> TrackerStore:
    while type(store) in _WRAPPERS:
        store = store._tracker_store
    return store


def _without_broker(store: TrackerStore) -> TrackerStore:
    """Copy a store, with the same connections, that publishes nothing."""
    silent = copy.copy(store)
    silent.event_broker = None
    if type(store) is FailSafeTrackerStore:
        silent._fallback_tracker_store = _without_broker(store.fallback_tracker_store)
    if type(store) in _WRAPPERS:
        silent._tracker_store = _without_broker(store._tracker_store)
    return silent


def _has_key(tracker: DialogueStateTracker, key: str) -> bool:
    return any(event.metadata.get(_KEY) == key for event in reversed(tracker.events))
