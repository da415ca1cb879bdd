"""Prometheus metrics: their names, counters, and the text of a scrape.

Each process counts its own work; queues and sessions are read from the store at each scrape. No
label holds user data, and every label has few values: connectors come from the settings, calls
from the API.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

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

#: The port of the action server's metrics; its own routes are not ours to extend.
PORT_VARIABLE = "ZENDESK_HANDOFF_METRICS_PORT"
#: Read by prometheus_client: a folder in which the workers of one server add up their counts.
_MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

TO_AGENT = "to_agent"
TO_USER = "to_user"

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)

#: Separate from the default registry, which may hold the bot's own metrics.
REGISTRY = CollectorRegistry()

MESSAGES = Counter(
    "zendesk_handoff_messages_total",
    "Messages delivered, by direction.",
    ["connector", "direction"],
    registry=REGISTRY,
)
REFUSED = Counter(
    "zendesk_handoff_refused_messages_total",
    "Agents' messages that the user's channel has refused, at once or later; each waits for the "
    "user's next message.",
    ["connector"],
    registry=REGISTRY,
)
DELAY = Histogram(
    "zendesk_handoff_delivery_delay_seconds",
    "Seconds from storing a message to its delivery.",
    ["direction"],
    buckets=_BUCKETS,
    registry=REGISTRY,
)
API_CALLS = Counter(
    "zendesk_handoff_api_calls_total",
    "Attempts at calls to the Conversations API; the outcome is ok, the HTTP status of an error, "
    "unreachable or cancelled.",
    ["connector", "call", "outcome"],
    registry=REGISTRY,
)
API_DURATION = Histogram(
    "zendesk_handoff_api_call_duration_seconds",
    "Duration of an attempt at a call.",
    ["call"],
    buckets=_BUCKETS,
    registry=REGISTRY,
)
WEBHOOK_CALLS = Counter(
    "zendesk_handoff_webhook_calls_total",
    "Calls to the webhook, by outcome.",
    ["connector", "outcome"],
    registry=REGISTRY,
)
ROUTED_MESSAGES = Counter(
    "zendesk_handoff_routed_messages_total",
    "User messages by recipient: agent or bot; store_unavailable if the store did not answer.",
    ["decision"],
    registry=REGISTRY,
)
LIMITED = Counter(
    "zendesk_handoff_limited_total",
    "Requests, messages and handovers that a limit has refused; the limit is the setting's name.",
    ["limit"],
    registry=REGISTRY,
)


@dataclass(frozen=True)
class Queue:
    """The messages that wait in one direction of one connector.

    Args:
        connector_id: The connector.
        waiting: The number of messages.
        oldest: When the oldest of them was stored, in seconds since the epoch.
        failed: The number of refused messages or, towards the users, of dead letters.
    """

    connector_id: str
    waiting: int
    oldest: float | None
    failed: int


@dataclass(frozen=True)
class StoreFigures:
    """Counts read from the store.

    Args:
        sessions: The number of sessions by connector, state and end reason.
        to_agent: The queues towards Zendesk.
        to_user: The queues towards the users.
    """

    sessions: dict[tuple[str, str, str], int]
    to_agent: list[Queue]
    to_user: list[Queue]


def count_delivery(direction: str, connector_id: str, *, stored_at: float) -> None:
    """Count a delivered message and its delay.

    Args:
        direction: ``TO_AGENT`` or ``TO_USER``.
        connector_id: The session's connector.
        stored_at: When it was stored, in seconds since the epoch.
    """
    MESSAGES.labels(connector_id, direction).inc()
    DELAY.labels(direction).observe(max(0.0, time.time() - stored_at))


def count_refused(connector_id: str) -> None:
    """Count an agent's message that the user's channel has refused.

    Args:
        connector_id: The session's connector.
    """
    REFUSED.labels(connector_id).inc()


@contextmanager
def api_call(connector_id: str, call: str) -> Iterator[None]:
    """Count and time one attempt at a call to the Conversations API.

    Args:
        connector_id: The connector that makes the call.
        call: Method and path with ``{id}`` for every id, as errors name it.
    """
    started = time.perf_counter()
    outcome = "cancelled"
    try:
        yield
        outcome = "ok"
    except ApiError as error:
        outcome = str(error.status)
        raise
    except ConnectionFailed:
        outcome = "unreachable"
        raise
    finally:
        API_CALLS.labels(connector_id, call, outcome).inc()
        API_DURATION.labels(call).observe(time.perf_counter() - started)


def count_webhook(connector_id: str, outcome: str) -> None:
    """Count a call to the webhook.

    Args:
        connector_id: A connector of the settings; empty for an unknown one.
        outcome: ``stored``, ``ignored``, ``invalid_key``, ``unknown_connector``,
            ``invalid_payload``, ``too_large`` or ``store_unavailable``.
    """
    WEBHOOK_CALLS.labels(connector_id, outcome).inc()


def count_routed(decision: str) -> None:
    """Count a user message at the router: ``agent``, ``bot`` or ``store_unavailable``."""
    ROUTED_MESSAGES.labels(decision).inc()


def count_limited(limit: str) -> None:
    """Count what a limit has refused.

    Args:
        limit: The name of the setting, in the block ``limits``.
    """
    LIMITED.labels(limit).inc()


def render(counts: StoreFigures | None, *, connectors: Iterable[str]) -> bytes:
    """Render all metrics in Prometheus' text format.

    Args:
        counts: The store's figures, or ``None`` if it does not answer.
        connectors: The connectors of the settings; they are shown with zeros, too.
    """
    own = REGISTRY
    if os.environ.get(_MULTIPROCESS_VARIABLE):
        own = CollectorRegistry()
        MultiProcessCollector(own)  # type: ignore[no-untyped-call]
    return generate_latest(own) + generate_latest(_store_registry(counts, connectors))


def serve_if_configured() -> None:
    """Serve the metrics on the port that the environment names, if it names one.

    Raises:
        ValueError: The variable holds no port.
        OSError: The port is taken.
    """
    port = os.environ.get(PORT_VARIABLE)
    if not port:
        return
    if not port.isdecimal():
        raise ValueError(f"{PORT_VARIABLE} must be a port, for example 9105.")
    _serve(int(port))


@cache  # an action server creates its actions again when it reloads
def _serve(port: int) -> None:
    start_http_server(port, registry=REGISTRY)


def _store_registry(counts: StoreFigures | None, connectors: Iterable[str]) -> CollectorRegistry:
    registry = CollectorRegistry()
    up = Gauge("zendesk_handoff_store_up", "Whether the store answers: 1 or 0.", registry=registry)
    up.set(counts is not None)
    if counts is None:
        return registry
    sessions = Gauge(
        "zendesk_handoff_sessions",
        "Sessions in the store by state; ended ones also by reason.",
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
    def gauge(name: str, description: str) -> Gauge:
        return Gauge(name, description, ["connector", "direction"], registry=registry)

    waiting = gauge(
        "zendesk_handoff_queue_messages", "Messages that are stored and not yet delivered."
    )
    age = gauge(
        "zendesk_handoff_queue_oldest_age_seconds", "Seconds that the oldest of them has waited."
    )
    failed = gauge(
        "zendesk_handoff_failed_messages",
        "Refused messages (to_agent), which Zendesk has refused for good; dead letters (to_user), "
        "events that cannot be read.",
    )
    now = time.time()
    for direction, of_direction in queues.items():
        for connector_id in connectors:
            for each in (waiting, age, failed):
                each.labels(connector_id, direction).set(0)
        for queue in of_direction:
            labels = (queue.connector_id, direction)
            waiting.labels(*labels).set(queue.waiting)
            age.labels(*labels).set(max(0.0, now - queue.oldest) if queue.oldest else 0)
            failed.labels(*labels).set(queue.failed)
