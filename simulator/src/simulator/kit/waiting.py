"""Queries and waits of the test kit; waits follow the event log and do not poll by time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Json = dict[str, Any]
Predicate = Callable[[Json], bool]
T = TypeVar("T")

TIMEOUT = 60.0
"""Seconds that the `wait_for_…` methods wait by default."""


class Waiting:
    """Queries and `wait_for_…` methods; a wait raises `TimeoutError` after its timeout."""

    async def _call(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        raise NotImplementedError

    async def conversations(self, app_id: str | None = None) -> list[Json]:
        """Return conversations without their messages, the latest first."""
        path = "/conversations" if app_id is None else f"/apps/{app_id}/conversations"
        return list((await self._call("GET", path))["conversations"])

    async def conversation(self, conversation_id: str) -> Json:
        """Return a conversation as the API does, and more.

        Additional keys are `messages`, `ticket`, `control`, `state`, `user` and `app`.
        """
        return await self._call("GET", f"/conversations/{conversation_id}")

    async def messages(self, conversation_id: str) -> list[Json]:
        """Return all messages of a conversation, oldest first."""
        return list((await self.conversation(conversation_id))["messages"])

    async def requests(
        self, app_id: str | None = None, *, method: str | None = None, path: str | None = None
    ) -> list[Json]:
        """Return the API requests so far, oldest first.

        Args:
            app_id: Only this app's.
            method: Only this HTTP method.
            path: Only paths (after the app id) with this end: `/messages`.
        """
        found = (await self._call("GET", "/requests", app=app_id))["requests"]
        return [
            one
            for one in found
            if method in (None, one["method"]) and one["path"].endswith(path or "")
        ]

    async def deliveries(self, app_id: str | None = None, *, type: str | None = None) -> list[Json]:
        """Return the attempts to deliver webhooks, with `status` and `outcome`.

        Args:
            app_id: Only this app's.
            type: Only those that carry an event of this type.
        """
        found = (await self._call("GET", "/deliveries", app=app_id))["deliveries"]
        return [one for one in found if type is None or type in one["types"]]

    async def faults(self) -> list[Json]:
        """Return the active faults, with how often each has applied (`hits`)."""
        return list((await self._call("GET", "/faults"))["faults"])

    async def wait_until(
        self, look: Callable[[], Awaitable[T | None]], *, timeout: float = TIMEOUT
    ) -> T:
        """Call a function, again after each change, until it returns a result.

        Args:
            look: Returns the result, or None (or something empty) while there is none.
            timeout: Seconds.

        Raises:
            TimeoutError: There was no result in time.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            seq = (await self._call("GET", ""))["seq"]
            if found := await look():
                return found
            remaining = deadline - loop.time()
            if remaining <= 0:
                raise TimeoutError(f"The condition did not become true within {timeout:g} s")
            await self._call("GET", "/changes", after=seq, timeout=min(remaining, 25))

    async def wait_for_conversation(
        self,
        app_id: str | None = None,
        predicate: Predicate | None = None,
        *,
        timeout: float = TIMEOUT,
    ) -> Json:
        """Wait for a conversation (with its messages) that satisfies the predicate."""

        async def look() -> Json | None:
            for one in await self.conversations(app_id):
                found = await self.conversation(one["id"])
                if predicate is None or predicate(found):
                    return found
            return None

        return await self.wait_until(look, timeout=timeout)

    async def wait_for_ticket(self, app_id: str | None = None, *, timeout: float = TIMEOUT) -> Json:
        """Wait for a conversation that is with the agents and has a ticket."""

        def ready(one: Json) -> bool:
            return bool(one["ticket"] and one["control"]["withAgents"])

        return await self.wait_for_conversation(app_id, ready, timeout=timeout)

    async def wait_for_state(
        self, conversation_id: str, predicate: Predicate, *, timeout: float = TIMEOUT
    ) -> Json:
        """Wait until a conversation satisfies the predicate."""

        async def look() -> Json | None:
            found = await self.conversation(conversation_id)
            return found if predicate(found) else None

        return await self.wait_until(look, timeout=timeout)

    async def wait_for_message(
        self,
        conversation_id: str,
        predicate: Predicate | str | None = None,
        *,
        timeout: float = TIMEOUT,
    ) -> Json:
        """Wait for a message of a conversation.

        Args:
            conversation_id: The conversation.
            predicate: A condition on the message, or its exact text; None is any message.
            timeout: Seconds.
        """

        def fits(message: Json) -> bool:
            if isinstance(predicate, str):
                return bool(message["content"].get("text") == predicate)
            return predicate is None or predicate(message)

        async def look() -> Json | None:
            return next(filter(fits, await self.messages(conversation_id)), None)

        return await self.wait_until(look, timeout=timeout)

    async def wait_for_delivery(
        self,
        app_id: str | None = None,
        predicate: Predicate | None = None,
        *,
        type: str | None = None,
        outcome: str | None = "delivered",
        count: int = 1,
        timeout: float = TIMEOUT,
    ) -> Json:
        """Wait for attempts to deliver a webhook; return the last of them.

        Args:
            app_id: Only this app's.
            predicate: A condition on the attempt.
            type: Only those that carry an event of this type.
            outcome: `delivered`, `retrying`, `refused`, `gave_up`, `lost`, `held`; None is any.
            count: How many of them there must be.
            timeout: Seconds.
        """

        async def look() -> Json | None:
            found = [
                one
                for one in await self.deliveries(app_id, type=type)
                if outcome in (None, one["outcome"]) and (predicate is None or predicate(one))
            ]
            return found[count - 1] if len(found) >= count else None

        return await self.wait_until(look, timeout=timeout)

    async def wait_for_request(
        self,
        app_id: str | None = None,
        predicate: Predicate | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        count: int = 1,
        timeout: float = TIMEOUT,
    ) -> Json:
        """Wait for answered API requests (arguments as for `requests`); return the last."""

        async def look() -> Json | None:
            found = [
                one
                for one in await self.requests(app_id, method=method, path=path)
                if predicate is None or predicate(one)
            ]
            return found[count - 1] if len(found) >= count else None

        return await self.wait_until(look, timeout=timeout)

    async def wait_for_fault(
        self, fault_id: str, *, hits: int = 1, timeout: float = TIMEOUT
    ) -> None:
        """Wait until a fault has applied; a request that it delays is waiting then."""

        async def look() -> bool:
            return any(one["hits"] >= hits for one in await self.faults() if one["id"] == fault_id)

        await self.wait_until(look, timeout=timeout)
