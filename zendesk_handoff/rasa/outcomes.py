"""Outcomes of messages that a platform has taken: reported by it, or asked for."""

from __future__ import annotations

import asyncio
import time

import structlog

from zendesk_handoff import metrics
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import Outcome
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.rasa.foreign import call_foreign
from zendesk_handoff.store import Store
from zendesk_handoff.store.deliveries import Delivery

log = structlog.get_logger(__name__)

#: Seconds between two rounds.
ASK_EVERY = 15.0
#: Seconds in which the platform may report by itself, and after which nobody asks any more: the
#: outcome stays unknown, and is never counted as a delivery.
_ASK_AFTER = 20.0
_GIVE_UP_AFTER = 86_400.0
#: Seconds until the same message is asked for again: at first; each time twice as long, at most.
_FIRST_PAUSE = 15.0
_LONGEST_PAUSE = 1_800.0
#: Messages of one round, and those that are asked for at once.
_BATCH = 100
_AT_ONCE = 4
_ASK_TIMEOUT = 30.0


class Outcomes:
    """Settles what has become of messages.

    Args:
        store: The store.
        channels: The server's channels.
    """

    def __init__(self, store: Store, channels: Channels) -> None:
        """Start with the oldest message."""
        self._store = store
        self._channels = channels
        self._after = 0.0
        self._plans: dict[tuple[str, str], tuple[float, float]] = {}  # next time, pause
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def settle(self, channel: str, reference: str, outcome: Outcome) -> None:
        """Record an outcome. What is not known, or was settled before, is ignored.

        Args:
            channel: The channel's name.
            reference: The platform's id of the message.
            outcome: The outcome.

        Raises:
            StoreUnavailable: It is to be recorded again.
        """
        if outcome.is_delivered:
            found = await self._store.deliveries.confirm(channel, reference)
            if found is not None and found.is_whole:
                stored_at = found.stored_at
                metrics.count_delivery(metrics.TO_USER, found.connector_id, stored_at=stored_at)
            return
        found = await self._store.deliveries.fail(
            channel,
            reference,
            reason=outcome.reason,
            as_words=outcome.in_words,
            is_closed=outcome.is_closed,
        )
        if found is not None and found.is_news:
            metrics.count_refused(found.connector_id)
            log.error(
                "handoff.push.refused_later",
                session=found.session_id,
                channel=channel,
                reason=outcome.reason,
                meaning="the message goes with the user's next one",
            )

    async def ask(self) -> None:
        """Ask the platforms for the outcomes that they have not reported.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        now = time.time()
        found = await self._store.deliveries.unreported(
            before=now - _ASK_AFTER, after=max(self._after, now - _GIVE_UP_AFTER), limit=_BATCH
        )
        # From the beginning again after the newest one, so that old ones do not hold others up.
        self._after = found[-1].created_at if len(found) == _BATCH else 0.0
        for key in [key for key, (at, _) in self._plans.items() if at < now - _GIVE_UP_AFTER]:
            del self._plans[key]
        due = [each for each in found if self._is_due(each, now)]
        await asyncio.gather(*(self._ask_one(each) for each in due))

    def _is_due(self, delivery: Delivery, now: float) -> bool:
        key = (delivery.channel, delivery.reference)
        at, pause = self._plans.get(key, (now, _FIRST_PAUSE))
        if at > now:
            return False
        self._plans[key] = (now + pause, min(2 * pause, _LONGEST_PAUSE))
        return True

    async def _ask_one(self, delivery: Delivery) -> None:
        channel = delivery.channel
        try:
            async with self._slots:
                ask = self._channels.adapter(channel).outcome
                outcome = await call_foreign(ask, delivery.reference, timeout=_ASK_TIMEOUT)
        except (NotDelivered, asyncio.TimeoutError):
            return  # asked again later
        except Exception as error:
            log.warning("handoff.channel.failed", channel=channel, **error_fields(error))
            return
        if outcome is not None:
            self._plans.pop((channel, delivery.reference), None)
            await self.settle(channel, delivery.reference, outcome)
