"""Delivery of webhooks: one POST per event, retries, and faults of events.

Conversations API, Webhooks: `X-API-Key` carries the secret; 20 s without an answer is a failure;
up to five attempts within 15 minutes, exponentially spaced; 400, 401, 403, 404 and 406 are not
retried; an event keeps its id in every attempt.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import aiohttp

from .clock import Clock
from .event_log import EventLog
from .faults import Fault, Faults
from .ids import new_id
from .records import App, Json, Webhook

NOT_RETRIED = frozenset({400, 401, 403, 404, 406})
TIMEOUT = 20.0
"""Seconds without an answer that count as a failure."""


@dataclass
class Delivery:
    """Events of one app on their way to one webhook, in one call."""

    app: App
    webhook: Webhook
    events: list[Json]
    conversation_id: str | None
    id: str = field(default_factory=new_id)
    attempted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set after the first attempt, whatever its outcome."""

    def body(self) -> Json:
        """Return the envelope (Conversations API: Event Webhooks)."""
        return {
            "app": {"id": self.app.id},
            "webhook": {"id": self.webhook.id, "version": "v2"},
            "events": self.events,
        }

    def request(self, _now: str) -> tuple[bytes, dict[str, str]]:
        """Return body and headers of a call that is made now."""
        headers = {"Content-Type": "application/json", "X-API-Key": self.webhook.secret}
        return json.dumps(self.body()).encode(), headers

    def is_retried(self, status: int | None) -> bool:
        """Return whether a call that was answered with an error, or not at all, is repeated."""
        return status not in NOT_RETRIED

    def copy(self, *, new_event_id: bool) -> Delivery:
        """Return another delivery of the same events, under the same event ids or new ones."""
        events = [event | {"id": new_id()} if new_event_id else event for event in self.events]
        return type(self)(self.app, self.webhook, events, self.conversation_id)


class Dispatcher:
    """Sends deliveries to their webhooks, in order, with retries and faults."""

    def __init__(self, *, clock: Clock, event_log: EventLog, faults: Faults) -> None:
        """Keep the collaborators; `start` opens the client session."""
        self._clock = clock
        self._event_log = event_log
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[tuple[str, str | None], Delivery] = {}
        self._collected: dict[str, list[Delivery]] = {}
        self.held: list[Delivery] = []

    async def start(self) -> None:
        """Open the client session."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None),
            connector=aiohttp.TCPConnector(limit=0, enable_cleanup_closed=False),
        )

    async def stop(self) -> None:
        """Cancel running deliveries and close the connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def send(self, delivery: Delivery) -> None:
        """Start a delivery, subject to the fault that applies to its event, if any."""
        fault = self._faults.for_event(delivery.app.id, delivery.events[0]["type"])
        if fault is None:
            self._in_order(delivery)
        elif fault.kind == "duplicate":
            self._in_order(delivery)
            self._in_order(delivery.copy(new_event_id=False))
        elif fault.kind == "same_message":
            self._in_order(delivery)
            self._in_order(delivery.copy(new_event_id=True))
        elif fault.kind == "delay":
            self._spawn(delivery, after=None, not_before=self._clock.now() + fault.seconds)
        elif fault.kind == "hold":
            self._hold(delivery)
        elif fault.kind == "lose":
            self._record(delivery, attempt=0, outcome="lost")
            delivery.attempted.set()
        else:
            self._collect(fault, delivery)

    def release(self, order: Iterable[str] | None = None, *, batch: bool = False) -> int:
        """Release held deliveries.

        Args:
            order: Ids of deliveries in the order to send; None sends all in their own order.
            batch: Put all events for the same webhook in one call.

        Returns:
            How many were released.
        """
        by_id = {delivery.id: delivery for delivery in self.held}
        chosen = list(by_id.values()) if order is None else [by_id[one] for one in order]
        self.held = [delivery for delivery in self.held if delivery not in chosen]
        self._send_all(chosen, batch=batch)
        return len(chosen)

    def _collect(self, fault: Fault, delivery: Delivery) -> None:
        """Hold a delivery until the fault has collected its number, then send them all."""
        collected = self._collected.setdefault(fault.id, [])
        collected.append(delivery)
        self._hold(delivery)
        if len(collected) >= fault.size:
            del self._collected[fault.id]
            waiting = [one for one in collected if one in self.held]
            self.held = [one for one in self.held if one not in waiting]
            if fault.kind == "reorder":
                waiting.reverse()
            self._send_all(waiting, batch=fault.kind == "batch")

    def _hold(self, delivery: Delivery) -> None:
        self.held.append(delivery)
        delivery.attempted.set()
        self._record(delivery, attempt=0, outcome="held")

    def _send_all(self, deliveries: list[Delivery], *, batch: bool) -> None:
        if batch:
            merged: dict[str, Delivery] = {}
            for delivery in deliveries:
                first = merged.setdefault(
                    delivery.webhook.id, Delivery(delivery.app, delivery.webhook, [], None)
                )
                first.events.extend(delivery.events)
            deliveries = list(merged.values())
        before: asyncio.Event | None = None
        for delivery in deliveries:
            delivery.attempted = asyncio.Event()
            self._spawn(delivery, after=before)
            before = delivery.attempted

    def _in_order(self, delivery: Delivery) -> None:
        """Start after the first attempt of the conversation's previous event."""
        if not delivery.app.switches.ordered_delivery:
            self._spawn(delivery, after=None)
            return
        key = (delivery.webhook.id, delivery.conversation_id)
        before = self._last.get(key)
        self._last[key] = delivery
        self._spawn(delivery, after=before.attempted if before else None)

    def _spawn(
        self, delivery: Delivery, *, after: asyncio.Event | None, not_before: float | None = None
    ) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(delivery, after, not_before))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(
        self, delivery: Delivery, after: asyncio.Event | None, not_before: float | None
    ) -> None:
        if after is not None:
            await after.wait()
        if not_before is not None:
            await self._clock.sleep_until(not_before)
        delays = delivery.app.switches.retry_delays
        for attempt in range(1, len(delays) + 2):
            began = time.monotonic()
            status, error = await self._post(delivery)
            if status is not None and 200 <= status < 300:
                outcome = "delivered"
            elif not delivery.is_retried(status):
                outcome = "refused"
            elif attempt > len(delays):
                outcome = "gave_up"
            else:
                outcome = "retrying"
            self._record(
                delivery,
                attempt=attempt,
                outcome=outcome,
                status=status,
                error=error,
                seconds=round(time.monotonic() - began, 4),
            )
            # The next attempt is timed from here: a reader of the entry above may advance the
            # clock at once, and that counts.
            deadline = self._clock.now() + (delays[attempt - 1] if outcome == "retrying" else 0)
            self._finish_first_attempt(delivery)
            if outcome != "retrying":
                return
            await self._clock.sleep_until(deadline)

    def _finish_first_attempt(self, delivery: Delivery) -> None:
        delivery.attempted.set()
        key = (delivery.webhook.id, delivery.conversation_id)
        if self._last.get(key) is delivery:
            del self._last[key]

    async def _post(self, delivery: Delivery) -> tuple[int | None, str | None]:
        """Make one call; return the status or the error."""
        post = asyncio.ensure_future(self._call(delivery))
        limit = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + TIMEOUT))
        try:
            await asyncio.wait({post, limit}, return_when=asyncio.FIRST_COMPLETED)
            if not post.done():
                return None, f"no answer within {TIMEOUT:g} s"
            return post.result(), None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}"
        finally:
            for task in (post, limit):
                task.cancel()
            await asyncio.gather(post, limit, return_exceptions=True)

    async def _call(self, delivery: Delivery) -> int:
        assert self._session is not None, "the dispatcher was not started"
        body, headers = delivery.request(self._clock.stamp())
        async with self._session.post(
            delivery.webhook.target, data=body, headers=headers, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer.status

    def _record(
        self,
        delivery: Delivery,
        *,
        attempt: int,
        outcome: str,
        status: int | None = None,
        error: str | None = None,
        seconds: float = 0.0,
    ) -> None:
        self._event_log.record_attempt(
            {
                "id": delivery.id,
                "app": delivery.app.id,
                "conversation": delivery.conversation_id,
                "webhook": delivery.webhook.id,
                "target": delivery.webhook.target,
                "types": [event["type"] for event in delivery.events],
                "events": delivery.events,
                "attempt": attempt,
                "outcome": outcome,
                "status": status,
                "error": error,
                "at": self._clock.stamp(),
                "seconds": seconds,
            }
        )
