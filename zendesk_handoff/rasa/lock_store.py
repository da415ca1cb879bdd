"""Rasa's lock of a sender in Redis, made safe for several processes.

``rasa.core.lock_store.RedisLockStore`` reads a lock, changes it and writes it back in separate
calls: of two processes that do so at once one loses its ticket, or both get the same one. Then a
message is dropped with a ``LockError``, two run at once, or a ticket that was given back stands in
the way for a minute. Here each change is one transaction. And a ticket is a short lease that its
holder renews, so that a process that is killed blocks its users for seconds.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import structlog
from rasa.core.lock import Ticket, TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, RedisLockStore
from rasa.utils.endpoints import EndpointConfig
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Seconds. Long enough for an event loop that is held up by the loading of a model.
_LEASE = 20.0
_RENEW_EVERY = _LEASE / 4
#: Rasa looks once a second whether a lock is free, and its users wait as long.
_LOOK_EVERY = 0.05


class AtomicRedisLockStore(RedisLockStore):
    """A ticket lock for each sender, in order of arrival, over any number of processes.

    In ``endpoints.yml`` it takes what Rasa's own ``redis`` lock store takes::

        lock_store:
          type: zendesk_handoff.rasa.lock_store.AtomicRedisLockStore
          url: localhost
          port: 6379

    Args:
        endpoint_config: That block.
    """

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        """Connect when it is first used."""
        super().__init__(host=endpoint_config.url or "localhost", **endpoint_config.kwargs)

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = _LOOK_EVERY,
    ) -> AsyncGenerator[TicketLock, None]:
        """Take the lock, and keep it for as long as the block runs.

        Args:
            conversation_id: Whose conversation.
            lock_lifetime: Seconds of the lease; longer ones are cut, since it is renewed.
            wait_time_in_seconds: Between two looks whether the lock is free.

        Raises:
            LockError: Redis does not answer, or the lease was lost while waiting.
        """
        ticket = self.issue_ticket(conversation_id, min(lock_lifetime, _LEASE))
        keeping = asyncio.create_task(self._keep(conversation_id, ticket), name="ticket")
        try:
            yield await self._acquire_lock(
                conversation_id, ticket, min(wait_time_in_seconds, _LOOK_EVERY)
            )
        finally:
            keeping.cancel()
            self.cleanup(conversation_id, ticket)

    def issue_ticket(self, conversation_id: str, lock_lifetime: float = _LEASE) -> int:
        """Give the next number.

        Args:
            conversation_id: Whose conversation.
            lock_lifetime: Seconds until it must have been renewed.

        Raises:
            LockError: Redis does not answer.
        """

        def issue(lock: TicketLock) -> int:
            lock.remove_expired_tickets()
            # Never a number that was there before: whoever has lost a lease must not pass for
            # another, and numbers that merely count begin anew whenever nobody waits.
            number = max(int(lock.last_issued) + 1, time.time_ns() // 1_000_000)
            lock.tickets.append(Ticket(number, time.time() + lock_lifetime))
            return number

        try:
            return self._change(conversation_id, issue)
        except RedisError as error:
            raise LockError(f"Redis gave no ticket ({type(error).__name__}).") from None

    def update_lock(self, conversation_id: str) -> None:
        """Leave the removing of what has run out to the next change; reading overlooks it."""

    def finish_serving(self, conversation_id: str, ticket_number: int) -> None:
        """Give a number back."""
        self._change(conversation_id, lambda lock: lock.remove_ticket_for(ticket_number))

    def cleanup(self, conversation_id: str, ticket_number: int) -> None:
        """Give a number back; nothing is kept of a lock for which nobody waits."""
        try:
            self.finish_serving(conversation_id, ticket_number)
        except RedisError as error:  # it runs out by itself, and what was locked is done
            log.warning("handoff.lock.not_released", error=type(error).__name__)

    async def _keep(self, conversation_id: str, ticket_number: int) -> None:
        def renew(lock: TicketLock) -> None:
            for ticket in cast("list[Ticket]", lock.tickets):
                if ticket.number == ticket_number:
                    ticket.expires = time.time() + _LEASE

        while True:
            await asyncio.sleep(_RENEW_EVERY)
            try:
                self._change(conversation_id, renew)
            except RedisError as error:
                log.warning("handoff.lock.not_renewed", error=type(error).__name__)

    def _change(self, conversation_id: str, change: Callable[[TicketLock], T]) -> T:
        """Change a lock, from the start where another process has changed it meanwhile."""
        key = self.key_prefix + conversation_id

        def attempt(pipe: Any) -> T:
            stored = pipe.get(key)
            lock = (
                TicketLock.from_dict(json.loads(stored)) if stored else TicketLock(conversation_id)
            )
            result = change(lock)
            pipe.multi()
            if lock.is_someone_waiting():
                pipe.set(key, lock.dumps(), px=int(_LEASE * 1000))
            else:
                pipe.delete(key)
            return result

        return cast(T, self.red.transaction(attempt, key, value_from_callable=True))
