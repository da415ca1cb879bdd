"""What is counted, for Prometheus: the one place where the names are.

Each process counts what it does itself; what all of them see alike is read from the store when
somebody asks. No label holds anything of a user's, and every label has few values: connectors are
named by the settings, calls by the API.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector

from zendesk_handoff.domain.session import OPEN
from zendesk_handoff.errors import ApiError, ConnectionFailed

__all__ = ["CONTENT_TYPE_LATEST", "render"]

#: Where the action server, whose routes are not ours, answers a scrape: a port.
PORT_VARIABLE = "ZENDESK_HANDOFF_METRICS_PORT"
#: prometheus_client's own: a folder in which the workers of one server put their counts together.
_SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

TO_AGENT = "to_agent"
TO_USER = "to_user"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)

#: Of our own: a bot's other metrics, and several servers in one process, do not meet ours.
REGISTRY = CollectorRegistry()

MESSAGES = Counter(
    "zendesk_handoff_messages_total",
    "Messages that have reached the other side.",
    ["connector", "direction"],
    registry=REGISTRY,
)
DELAY = Histogram(
    "zendesk_handoff_delivery_delay_seconds",
    "From a message being stored to its being with the other side.",
    ["direction"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
API_CALLS = Counter(
    "zendesk_handoff_api_calls_total",
    "Attempts at calls to the Conversations API; the outcome is ok, the HTTP status of a refusal, "
    "unreachable or cancelled.",
    ["connector", "call", "outcome"],
    registry=REGISTRY,
)
API_DURATION = Histogram(
    "zendesk_handoff_api_call_duration_seconds",
    "How long an attempt at a call took.",
    ["call"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
WEBHOOK_CALLS = Counter(
    "zendesk_handoff_webhook_calls_total",
    "Calls of Zendesk's, or of somebody else's, by what came of them.",
    ["connector", "outcome"],
    registry=REGISTRY,
)
GATE = Counter(
    "zendesk_handoff_routed_messages_total",
    "Users' messages by who got them: agent or bot; store_down where the store could not say.",
    ["decision"],
    registry=REGISTRY,
)


@dataclass(frozen=True)
class Queue:
    """What waits for one direction of one connector.

    Args:
        connector_id: Whose sessions.
        waiting: How many messages.
        oldest: When the oldest of them was stored, in seconds since the epoch.
        failed: How many were given up: refused by Zendesk, or not readable.
    """

    connector_id: str
    waiting: int
    oldest: float | None
    failed: int


@dataclass(frozen=True)
class StoreFigures:
    """The store in figures.

    Args:
        sessions: How many, by connector, state and end reason.
        to_agent: The queues towards Zendesk.
        to_user: The queues towards the users.
    """

    sessions: dict[tuple[str, str, str], int]
    to_agent: list[Queue]
    to_user: list[Queue]


_serving = False


def count_delivery(direction: str, connector_id: str, *, stored_at: float) -> None:
    """Count a message that has arrived.

    Args:
        direction: ``TO_AGENT`` or ``TO_USER``.
        connector_id: The session's.
        stored_at: When it was stored, in seconds since the epoch.
    """
    MESSAGES.labels(connector_id, direction).inc()
    DELAY.labels(direction).observe(max(0.0, time.time() - stored_at))


@contextmanager
def api_call(connector_id: str, call: str) -> Iterator[None]:
    """Count one attempt at a call to the Conversations API, and time it.

    Args:
        connector_id: Whose account.
        call: Method and path with ``{id}`` for every id, as errors name it.
    """
    began = time.perf_counter()
    outcome = "cancelled"
    try:
        yield
        outcome = "ok"
    except ApiError as refused:
        outcome = str(refused.status)
        raise
    except ConnectionFailed:
        outcome = "unreachable"
        raise
    finally:
        API_CALLS.labels(connector_id, call, outcome).inc()
        API_DURATION.labels(call).observe(time.perf_counter() - began)


def count_webhook(connector_id: str, outcome: str) -> None:
    """Count a call of the webhook.

    Args:
        connector_id: As the settings have it; empty for one they do not have.
        outcome: ``stored``, ``ignored``, ``invalid_key``, ``unknown_connector``,
            ``invalid_payload``, ``too_large`` or ``store_unavailable``.
    """
    WEBHOOK_CALLS.labels(connector_id, outcome).inc()


def count_routed(decision: str) -> None:
    """Count a user's message at the router: ``agent``, ``bot`` or ``store_unavailable``."""
    GATE.labels(decision).inc()


def render(counts: StoreFigures | None, *, connectors: Iterable[str]) -> bytes:
    """Write everything in Prometheus' text format.

    Args:
        counts: The store's figures, or ``None`` where it does not answer.
        connectors: Those of the settings, which have their figures even while they are nought.
    """
    own = REGISTRY
    if os.environ.get(_SHARED_FOLDER):
        own = CollectorRegistry()
        MultiProcessCollector(own)  # type: ignore[no-untyped-call]
    return generate_latest(own) + generate_latest(_store_registry(counts, connectors))


def serve_if_asked() -> None:
    """Answer scrapes on the port that the environment names, if it does; once in a process.

    Raises:
        ValueError: The variable holds no port.
        OSError: The port is taken.
    """
    global _serving
    port = os.environ.get(PORT_VARIABLE)
    if port and not _serving:
        if not port.isdecimal():
            raise ValueError(f"{PORT_VARIABLE} must be a port, for example 9105.")
        start_http_server(int(port), registry=REGISTRY)
        _serving = True


def _store_registry(counts: StoreFigures | None, connectors: Iterable[str]) -> CollectorRegistry:
    registry = CollectorRegistry()
    up = Gauge("zendesk_handoff_store_up", "Whether the store answers: 1 or 0.", registry=registry)
    up.set(counts is not None)
    if counts is None:
        return registry
    sessions = Gauge(
        "zendesk_handoff_sessions",
        "Sessions in the store by state, and by reason those that have ended.",
        ["connector", "state", "end_reason"],
        registry=registry,
    )
    known = list(connectors)
    for connector_id in known:
        for state in OPEN:
            sessions.labels(connector_id, state.value, "").set(0)
    for labels, count in counts.sessions.items():
        sessions.labels(*labels).set(count)
    _add_queues(registry, {TO_AGENT: counts.to_agent, TO_USER: counts.to_user}, known)
    return registry


def _add_queues(
    registry: CollectorRegistry, queues: dict[str, list[Queue]], connectors: list[str]
) -> None:
    def gauge(name: str, words: str) -> Gauge:
        return Gauge(name, words, ["connector", "direction"], registry=registry)

    waiting = gauge("zendesk_handoff_queue_messages", "Messages that are stored and not delivered.")
    age = gauge("zendesk_handoff_queue_oldest_age_seconds", "How long the oldest of them waits.")
    failed = gauge(
        "zendesk_handoff_failed_messages",
        "Messages in the store that Zendesk refused for good, and events that cannot be read.",
    )
    now = time.time()
    for direction, filled in queues.items():
        for connector_id in connectors:
            for each in (waiting, age, failed):
                each.labels(connector_id, direction).set(0)
        for queue in filled:
            labels = (queue.connector_id, direction)
            waiting.labels(*labels).set(queue.waiting)
            age.labels(*labels).set(max(0.0, now - queue.oldest) if queue.oldest else 0)
            failed.labels(*labels).set(queue.failed)
