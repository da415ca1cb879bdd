"""A Redis lock store for Rasa that is safe with several processes.

``rasa.core.lock_store.RedisLockStore`` reads a lock, changes it and writes it back in separate
calls. When two processes do so at once, one ticket is lost, or both processes get the same number.
Then a message is dropped with a ``LockError``, two messages are handled at once, or a ticket that
was returned blocks the sender for a minute. Here each change is one transaction. A ticket is a
short lease that its process renews, so that a killed process blocks its users only for seconds.
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

from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.compat import redis_lock_arguments

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Seconds. Longer than the loading of a model blocks the event loop.
LEASE = 20.0
#: Renewals during one lease.
_RENEWALS = 4
#: Rasa polls a lock once a second: a message would wait that long while another is handled.
POLL_SECONDS = 0.05


class AtomicRedisLockStore(RedisLockStore):
    """A ticket lock for each sender, in order of arrival, across any number of processes.

    In ``endpoints.yml`` it takes the keys of Rasa's own ``redis`` lock store::

        lock_store:
          type: zendesk_handoff.rasa.lock_store.AtomicRedisLockStore
          url: localhost
          port: 6379

    Args:
        endpoint_config: That block.
        lease: Seconds after which the ticket of a killed process expires.
    """

    def __init__(self, endpoint_config: EndpointConfig, *, lease: float = LEASE) -> None:
        """Configure the client, which connects at its first call."""
        self._lease = lease
        super().__init__(**redis_lock_arguments(endpoint_config))

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = POLL_SECONDS,
    ) -> AsyncGenerator[TicketLock, None]:
        """Acquire the lock, and renew its lease while the block runs.

        Args:
            conversation_id: The sender's id.
            lock_lifetime: Seconds; at most the lease, since that is renewed.
            wait_time_in_seconds: The polling interval.

        Raises:
            LockError: Redis does not answer, or the lease was lost while waiting.
        """
        ticket = self.issue_ticket(conversation_id, lock_lifetime)
        renewal = asyncio.create_task(self._renew(conversation_id, ticket), name="lock renewal")
        try:
            yield await self._acquire_lock(
                conversation_id, ticket, min(wait_time_in_seconds, POLL_SECONDS)
            )
        finally:
            renewal.cancel()
            self.cleanup(conversation_id, ticket)

    def issue_ticket(self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME) -> int:
        """Issue the next ticket.

        Args:
            conversation_id: The sender's id.
            lock_lifetime: Seconds until the ticket must be renewed; at most the lease.

        Raises:
            LockError: Redis does not answer.
        """

        def issue(lock: TicketLock) -> int:
            lock.remove_expired_tickets()
            # Numbers are never reused: a process whose lease expired must not match another's
            # ticket. A plain counter would restart whenever the lock is free and deleted.
            number = max(int(lock.last_issued) + 1, time.time_ns() // 1_000_000)
            lock.tickets.append(Ticket(number, time.time() + min(lock_lifetime, self._lease)))
            return number

        try:
            return self._change(conversation_id, issue)
        except RedisError as error:
            raise LockError(f"Redis issued no ticket ({type(error).__name__}).") from None

    def update_lock(self, conversation_id: str) -> None:
        """Do nothing: readers skip expired tickets, and the next change removes them."""

    def finish_serving(self, conversation_id: str, ticket_number: int) -> None:
        """Remove a ticket.

        Args:
            conversation_id: The sender's id.
            ticket_number: The number of the ticket that was served.
        """
        self._change(conversation_id, lambda lock: lock.remove_ticket_for(ticket_number))

    def cleanup(self, conversation_id: str, ticket_number: int) -> None:
        """Remove a ticket; a lock without tickets is deleted.

        Args:
            conversation_id: The sender's id.
            ticket_number: The number of the ticket that was served.
        """
        try:
            self.finish_serving(conversation_id, ticket_number)
        except RedisError as error:  # the ticket expires, and the locked work is done
            log.warning("handoff.lock.not_released", **error_fields(error))

    async def _renew(self, conversation_id: str, ticket_number: int) -> None:
        def renew(lock: TicketLock) -> None:
            for ticket in cast("list[Ticket]", lock.tickets):
                if ticket.number == ticket_number:
                    ticket.expires = time.time() + self._lease

        while True:
            await asyncio.sleep(self._lease / _RENEWALS)
            try:
                self._change(conversation_id, renew)
            except RedisError as error:
                log.warning("handoff.lock.not_renewed", **error_fields(error))

    def _change(self, conversation_id: str, change: Callable[[TicketLock], T]) -> T:
        """Change a lock in a transaction; repeat where another process changed it meanwhile."""
        key = self.key_prefix + conversation_id

        def attempt(pipe: Any) -> T:
            stored = pipe.get(key)
            lock = (
                TicketLock.from_dict(json.loads(stored)) if stored else TicketLock(conversation_id)
            )
            result = change(lock)
            pipe.multi()
            if lock.is_someone_waiting():
                pipe.set(key, lock.dumps(), px=int(self._lease * 1000))
            else:
                pipe.delete(key)
            return result

        return cast(T, self.red.transaction(attempt, key, value_from_callable=True))
