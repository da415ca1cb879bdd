"""The differences between Rasa Open Source and Rasa Pro that the plugin meets.

Each is found by looking at the class or module in question. A version says less: Rasa Pro has
changed these in six releases, and a fork or a backport may have changed them in others.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from typing import Any

import rasa.core.processor
import rasa.shared.core.events
from rasa.core import lock_store
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

try:  # Rasa Pro has a module for each tracker store
    from rasa.core.tracker_stores.mongo_tracker_store import MongoTrackerStore
    from rasa.core.tracker_stores.redis_tracker_store import RedisTrackerStore
    from rasa.core.tracker_stores.sql_tracker_store import SQLTrackerStore
    from rasa.core.tracker_stores.tracker_store import (
        AwaitableTrackerStore,
        FailSafeTrackerStore,
        InMemoryTrackerStore,
        TrackerStore,
    )
except ModuleNotFoundError:
    from rasa.core.tracker_store import (
        AwaitableTrackerStore,
        FailSafeTrackerStore,
        InMemoryTrackerStore,
        MongoTrackerStore,
        RedisTrackerStore,
        SQLTrackerStore,
        TrackerStore,
    )

try:
    from rasa.shared.utils.yaml import read_config_file
except ImportError:
    from rasa.shared.utils.io import read_config_file

__all__ = [
    "GENERATES_FROM_SLOTS",
    "AwaitableTrackerStore",
    "FailSafeTrackerStore",
    "InMemoryTrackerStore",
    "MongoTrackerStore",
    "RedisTrackerStore",
    "SQLTrackerStore",
    "TrackerStore",
    "input_channels",
    "is_paused",
    "nlg_channel",
    "processor_classes",
    "publish",
    "read_config_file",
    "redis_lock_arguments",
    "runs_mantle",
    "session_over",
]

#: The module of `rasa run --inspect`; without it there is nothing to look for.
_INSPECTOR = "rasa.core.channels.development_inspector"
#: The engine of Rasa Pro whose bots are described by ``agent.yml``.
_MANTLE = "mantle"
_inactive_event: Any = getattr(rasa.shared.core.events, "ConversationInactive", None)
_lock_config: Any = getattr(lock_store, "RedisLockStoreConfig", None)
_nlg_takes_object = inspect.signature(NaturalLanguageGenerator.generate).parameters[
    "output_channel"
].annotation in (OutputChannel, OutputChannel.__name__)
_broker_takes_tracker = "new_events" in inspect.signature(TrackerStore.stream_events).parameters

#: Whether a templated response needs the slots alone. Rasa Pro also reads the stack and the
#: conversation's language, which take the tracker.
GENERATES_FROM_SLOTS = "stack_context" not in (
    inspect.signature(TemplatedNaturalLanguageGenerator.generate_from_slots).parameters
)


def processor_classes() -> list[type]:
    """List Rasa's processor classes whose objects can handle messages.

    Returns:
        Without abstract ones, as ``MessageProcessor`` is in Rasa Pro. If there are no others, that
        class all the same.
    """
    kinds = [
        each
        for each in vars(rasa.core.processor).values()
        if isinstance(each, type) and issubclass(each, MessageProcessor)
    ]
    return [each for each in kinds if not inspect.isabstract(each)] or [MessageProcessor]


def input_channels(app: Sanic) -> list[Any]:
    """List a server's channels.

    Args:
        app: Rasa's.

    Returns:
        The channels of ``credentials.yml``: with `rasa run --inspect` each stands in another one.
    """
    proxy = getattr(sys.modules.get(_INSPECTOR), "DevelopmentInspectProxy", None)
    every = getattr(app.ctx, "input_channels", None) or ()
    return [
        each.underlying if proxy is not None and isinstance(each, proxy) else each for each in every
    ]


def runs_mantle(processor: MessageProcessor) -> bool:
    """Tell whether a loaded model runs on the engine Mantle.

    Args:
        processor: The model's.
    """
    return getattr(processor, "engine_version", None) == _MANTLE


def is_paused(tracker: DialogueStateTracker) -> bool:
    """Tell whether a conversation is paused.

    Args:
        tracker: The conversation's.
    """
    method = getattr(tracker, "is_paused", None)
    return bool(tracker.paused if method is None else method())


def session_over() -> list[Event]:
    """Return the events after which Rasa accepts another ``action_session_start``.

    Rasa Pro rejects it while a Rasa session is under way, Rasa Open Source never does.
    """
    return [] if _inactive_event is None else [_inactive_event()]


def nlg_channel(output: OutputChannel, name: str) -> OutputChannel | str:
    """Return a channel as a response generator takes it: the object, or its name.

    Args:
        output: The channel.
        name: Its name, as ``rasa.outputs.channel_name`` reads it.
    """
    return output if _nlg_takes_object else name


async def publish(store: TrackerStore, tracker: DialogueStateTracker, new: Iterable[Event]) -> None:
    """Publish new events through a tracker store's event broker, if it has one.

    Args:
        store: The store.
        tracker: With the events.
        new: The events alone, since Rasa would load the tracker again to find them.
    """
    if store.event_broker is None:
        return
    if _broker_takes_tracker:  # it leaves out what a broker must not get, such as personal data
        await store.stream_events(tracker, list(new))
    else:
        await store._stream_new_events(store.event_broker, list(new), tracker.sender_id)


def redis_lock_arguments(endpoint_config: EndpointConfig) -> dict[str, Any]:
    """Return the arguments of Rasa's ``RedisLockStore``.

    Args:
        endpoint_config: The block ``lock_store`` of ``endpoints.yml``.
    """
    if _lock_config is not None:
        return {"config": _lock_config.model_validate(endpoint_config.to_dict())}
    return {"host": endpoint_config.url or "localhost", **endpoint_config.kwargs}
