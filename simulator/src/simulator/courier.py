"""Delivery of webhooks: one POST per event, retries, and the faults that events can meet.

SPEC, Webhooks: `X-API-Key` carries the secret; 20 s without an answer is a failure; up to five
attempts within 15 minutes, exponentially spaced; 400, 401, 403, 404 and 406 are not retried;
an event keeps its id when it comes again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import aiohttp

from .clock import Clock
from .faults import Fault, Faults
from .ids import new_id
from .journal import Journal
from .records import App, Json, Webhook

NOT_RETRIED = frozenset({400, 401, 403, 404, 406})


@dataclass
class Parcel:
    """Events of one app on their way to one webhook, in one call."""

    app: App
    webhook: Webhook
    events: list[Json]
    conversation_id: str | None
    id: str = field(default_factory=new_id)
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    """Set after the first attempt, whatever came of it."""

    def body(self) -> Json:
        """Return the envelope (SPEC EventWebhooks)."""
        return {
            "app": {"id": self.app.id},
            "webhook": {"id": self.webhook.id, "version": "v2"},
            "events": self.events,
        }

    def again(self, *, new_event_id: bool) -> Parcel:
        """Return the same once more, under the same event id or another."""
        events = [event | {"id": new_id()} if new_event_id else event for event in self.events]
        return Parcel(self.app, self.webhook, events, self.conversation_id)


class Courier:
    """Bring parcels to their webhooks."""

    def __init__(self, *, clock: Clock, journal: Journal, faults: Faults) -> None:
        """Take the means; `start` opens the connections."""
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[tuple[str, str | None], Parcel] = {}
        self._collected: dict[str, list[Parcel]] = {}
        self.held: list[Parcel] = []

    async def start(self) -> None:
        """Open the client session."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None),
            connector=aiohttp.TCPConnector(limit=0, enable_cleanup_closed=False),
        )

    async def stop(self) -> None:
        """Drop what is under way and close the connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def send(self, parcel: Parcel) -> None:
        """Send a parcel off, through the fault that strikes its event, if any."""
        fault = self._faults.for_event(parcel.app.id, parcel.events[0]["type"])
        if fault is None:
            self._in_order(parcel)
        elif fault.kind == "duplicate":
            self._in_order(parcel)
            self._in_order(parcel.again(new_event_id=False))
        elif fault.kind == "same_message":
            self._in_order(parcel)
            self._in_order(parcel.again(new_event_id=True))
        elif fault.kind == "delay":
            self._spawn(parcel, after=None, not_before=self._clock.now() + fault.seconds)
        elif fault.kind == "hold":
            self._hold(parcel)
        elif fault.kind == "lose":
            self._record(parcel, attempt=0, outcome="lost")
            parcel.tried.set()
        else:
            self._collect(fault, parcel)

    def release(self, order: Iterable[str] | None = None, *, batch: bool = False) -> int:
        """Send held parcels on.

        Args:
            order: Ids of parcels in the order wanted; None sends all as they came.
            batch: Put all events for the same webhook in one call.

        Returns:
            How many were sent on.
        """
        by_id = {parcel.id: parcel for parcel in self.held}
        chosen = list(by_id.values()) if order is None else [by_id[one] for one in order]
        self.held = [parcel for parcel in self.held if parcel not in chosen]
        self._send_on(chosen, batch=batch)
        return len(chosen)

    def _collect(self, fault: Fault, parcel: Parcel) -> None:
        """Keep a parcel until the fault has its number, then send all on."""
        collected = self._collected.setdefault(fault.id, [])
        collected.append(parcel)
        self._hold(parcel)
        if len(collected) >= fault.size:
            del self._collected[fault.id]
            waiting = [one for one in collected if one in self.held]
            self.held = [one for one in self.held if one not in waiting]
            if fault.kind == "reorder":
                waiting.reverse()
            self._send_on(waiting, batch=fault.kind == "batch")

    def _hold(self, parcel: Parcel) -> None:
        self.held.append(parcel)
        parcel.tried.set()
        self._record(parcel, attempt=0, outcome="held")

    def _send_on(self, parcels: list[Parcel], *, batch: bool) -> None:
        if batch:
            merged: dict[str, Parcel] = {}
            for parcel in parcels:
                first = merged.setdefault(
                    parcel.webhook.id, Parcel(parcel.app, parcel.webhook, [], None)
                )
                first.events.extend(parcel.events)
            parcels = list(merged.values())
        before: asyncio.Event | None = None
        for parcel in parcels:
            parcel.tried = asyncio.Event()
            self._spawn(parcel, after=before)
            before = parcel.tried

    def _in_order(self, parcel: Parcel) -> None:
        """Start after the first attempt of the conversation's previous event."""
        if not parcel.app.switches.ordered_delivery:
            self._spawn(parcel, after=None)
            return
        key = (parcel.webhook.id, parcel.conversation_id)
        before = self._last.get(key)
        self._last[key] = parcel
        self._spawn(parcel, after=before.tried if before else None)

    def _spawn(
        self, parcel: Parcel, *, after: asyncio.Event | None, not_before: float | None = None
    ) -> None:
        task = asyncio.get_running_loop().create_task(self._bring(parcel, after, not_before))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bring(
        self, parcel: Parcel, after: asyncio.Event | None, not_before: float | None
    ) -> None:
        if after is not None:
            await after.wait()
        if not_before is not None:
            await self._clock.sleep_until(not_before)
        delays = parcel.app.switches.retry_delays
        for attempt in range(1, len(delays) + 2):
            began = time.monotonic()
            status, error = await self._post(parcel)
            if status is not None and 200 <= status < 300:
                outcome = "delivered"
            elif status in NOT_RETRIED:
                outcome = "refused"
            elif attempt > len(delays):
                outcome = "gave_up"
            else:
                outcome = "retrying"
            self._record(
                parcel,
                attempt=attempt,
                outcome=outcome,
                status=status,
                error=error,
                seconds=round(time.monotonic() - began, 4),
            )
            # The next attempt is timed from here, so that a clock moved ahead by whoever reads
            # the record above counts.
            deadline = self._clock.now() + (delays[attempt - 1] if outcome == "retrying" else 0)
            self._first_attempt_over(parcel)
            if outcome != "retrying":
                return
            await self._clock.sleep_until(deadline)

    def _first_attempt_over(self, parcel: Parcel) -> None:
        parcel.tried.set()
        key = (parcel.webhook.id, parcel.conversation_id)
        if self._last.get(key) is parcel:
            del self._last[key]

    async def _post(self, parcel: Parcel) -> tuple[int | None, str | None]:
        """Make one call; return the status, or what went wrong."""
        post = asyncio.ensure_future(self._call(parcel))
        timeout = parcel.app.switches.webhook_timeout
        limit = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + timeout))
        try:
            await asyncio.wait({post, limit}, return_when=asyncio.FIRST_COMPLETED)
            if not post.done():
                return None, f"no answer within {timeout:g} s"
            return post.result(), None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}"
        finally:
            for task in (post, limit):
                task.cancel()
            await asyncio.gather(post, limit, return_exceptions=True)

    async def _call(self, parcel: Parcel) -> int:
        assert self._session is not None, "the courier was not started"
        async with self._session.post(
            parcel.webhook.target,
            json=parcel.body(),
            headers={"X-API-Key": parcel.webhook.secret},
            allow_redirects=False,
        ) as answer:
            await answer.read()
            return answer.status

    def _record(
        self,
        parcel: Parcel,
        *,
        attempt: int,
        outcome: str,
        status: int | None = None,
        error: str | None = None,
        seconds: float = 0.0,
    ) -> None:
        self._journal.delivery(
            {
                "id": parcel.id,
                "app": parcel.app.id,
                "conversation": parcel.conversation_id,
                "webhook": parcel.webhook.id,
                "target": parcel.webhook.target,
                "types": [event["type"] for event in parcel.events],
                "events": parcel.events,
                "attempt": attempt,
                "outcome": outcome,
                "status": status,
                "error": error,
                "at": self._clock.stamp(),
                "seconds": seconds,
            }
        )
