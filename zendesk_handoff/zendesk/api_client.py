"""What every client of the Conversations API has: one connector, one transport, one session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, ClassVar, TypeVar

import aiohttp
from msgspec import UNSET

from zendesk_handoff.errors import NotFound
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.retry import RetryPolicy
from zendesk_handoff.zendesk.transport import Transport

#: Makes a call, as ``Transport.call`` does.
ApiCall = Callable[..., Awaitable[dict[str, Any]]]
Self = TypeVar("Self", bound="ApiClient")


class ApiClient:
    """A client for one connector, whose calls retry by one policy.

    Args:
        connector: The account and its key.
        session: A session to borrow; without one the client opens its own and closes it.
        timeout: Seconds that one attempt may take.
        retry: The policy for retries.
        sleep: Waits between attempts; a test passes a fake.
    """

    #: Whether errors may repeat what was sent, which no user wrote.
    _quotes_sent: ClassVar[bool] = False

    def __init__(
        self,
        connector: Connector,
        *,
        session: aiohttp.ClientSession | None = None,
        timeout: float = 10.0,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare the client; no connection is opened before the first call."""
        self.connector = connector
        self._transport = Transport(
            connector,
            session=session,
            timeout=timeout,
            retry=retry or RetryPolicy(),
            sleep=sleep,
            quotes_sent=self._quotes_sent,
        )
        self._call = self._transport.call
        self._pages = self._transport.pages

    async def __aenter__(self: Self) -> Self:
        """Enter a block at whose end the client is closed."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        await self.close()

    async def close(self) -> None:
        """Close the client's own session; a borrowed one stays open."""
        await self._transport.close()


def changes(**values: Any) -> dict[str, Any]:
    """Make the body of an update: the values that are set."""
    return {key: value for key, value in values.items() if value is not UNSET}


async def delete(call: ApiCall, path: str, *ids: str) -> bool:
    """Delete something, and return whether it was there.

    Args:
        call: Makes the call.
        path: The path, with ``{}`` for each id.
        *ids: The ids.
    """
    try:
        await call("DELETE", path, *ids)
    except NotFound:  # also after an attempt whose outcome is unknown
        return False
    return True
