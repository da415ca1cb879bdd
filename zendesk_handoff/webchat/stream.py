"""Server-sent events: a conversation's history items, handoff state and typing state."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.store.engine.signals import is_set_within
from zendesk_handoff.store.store import Store

#: Seconds without an event after which a comment line keeps the connection from being cut.
HEARTBEAT = 15.0
#: Milliseconds after which a browser that lost the connection tries again.
RETRY = 2_000

_BATCH = 500
#: Ids that are read again: two processes may commit items in another order than that of the ids.
LOOK_BACK = 50

Send = Callable[[str], Awaitable[object]]


def format_event(data: Any, *, event: str | None = None, id: int | None = None) -> str:
    """Format one event, with its data as one line of JSON.

    Args:
        data: Anything that JSON can hold.
        event: The event's type; ``message`` by default.
        id: The history item's id.
    """
    lines = [f"id: {id}"] if id is not None else []
    if event:
        lines.append(f"event: {event}")
    lines.append(f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}")
    return "\n".join(lines) + "\n\n"


def handoff_status(session: Session | None) -> dict[str, str | None]:
    """Describe the handoff for the page's banner.

    Args:
        session: The sender's current one.
    """
    if session is None or session.state is State.FAILED:
        return {"state": "none", "agent": None}
    return {"state": session.state.value, "agent": session.agent_name}


def read_last_id(value: str | None) -> int:
    """Read ``Last-Event-ID``; an invalid value counts as 0: the page has no item.

    Args:
        value: The header.
    """
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else 0


class EventStreams:
    """The open event streams, which end before the server stops.

    Args:
        heartbeat: Seconds between comment lines on a quiet stream.
    """

    def __init__(self, *, heartbeat: float = HEARTBEAT) -> None:
        """Begin without streams."""
        self.heartbeat = heartbeat
        self.stopping = False
        self._open: set[asyncio.Event] = set()
        self._all_ended = asyncio.Event()

    def __len__(self) -> int:
        """Count the open streams."""
        return len(self._open)

    async def serve(
        self,
        send: Send,
        store: Store,
        sender_id: str,
        *,
        last_id: int,
        is_busy: Callable[[], bool],
    ) -> None:
        """Send what is new until the server stops, or the connection's task is cancelled.

        Args:
            send: Writes to the browser.
            store: The store, with the history items.
            sender_id: Rasa's sender id.
            last_id: The last item that the page has.
            is_busy: Tells whether the bot works on a reply.
        """
        page = _PageState(send, store, sender_id, last_id=last_id, is_busy=is_busy)
        with store.chat.signals(sender_id) as changed:
            self._open.add(changed)
            try:
                await send(f"retry: {RETRY}\n\n")
                while not self.stopping:
                    changed.clear()
                    await page.send_changes()
                    await self._wait(changed, send)
            finally:
                self._open.discard(changed)
                if not self._open:
                    self._all_ended.set()

    async def stop(self, *, timeout: float) -> None:
        """End every stream after the event that it is sending.

        Args:
            timeout: Seconds to wait for them.
        """
        self.stopping = True
        if self._open:
            self._all_ended.clear()
            for event in self._open:
                event.set()
            await is_set_within(self._all_ended, timeout)

    async def _wait(self, changed: asyncio.Event, send: Send) -> None:
        if not self.stopping and not await is_set_within(changed, self.heartbeat):
            await send(": heartbeat\n\n")


class _PageState:
    """The items and states that a page has received."""

    def __init__(
        self, send: Send, store: Store, sender_id: str, *, last_id: int, is_busy: Callable[[], bool]
    ) -> None:
        self._send = send
        self._store = store
        self._sender_id = sender_id
        self._is_busy = is_busy
        # Items that another server commits later may have lower ids. The page ignores those that it
        # has.
        self._floor = max(0, last_id - LOOK_BACK)
        self._last_id = last_id
        self._recent: set[int] = set()
        self._status: dict[str, str | None] | None = None
        self._busy = False

    async def send_changes(self) -> None:
        """Send new items, then the handoff state and the typing state where they have changed."""
        await self._send_items()
        session = await self._store.sessions.current(self._sender_id)
        status = handoff_status(session)
        if status != self._status:
            self._status = status
            await self._send(format_event(status, event="handoff"))
        # During a session an agent replies; the bot does not.
        busy = self._is_busy() and not (session is not None and session.state.is_open)
        if busy != self._busy:
            self._busy = busy
            await self._send(format_event({"busy": busy}, event="typing"))

    async def _send_items(self) -> None:
        after_id = max(self._floor, self._last_id - LOOK_BACK)
        while True:
            items = await self._store.chat.after(self._sender_id, after_id, limit=_BATCH)
            for item in items:
                if item.id not in self._recent:
                    self._recent.add(item.id)
                    if item.body.get("role") != "start":
                        await self._send(format_event(item.body, id=item.id))
            if items:
                after_id = items[-1].id
                self._last_id = max(self._last_id, after_id)
            if len(items) < _BATCH:
                break
        self._recent = {each for each in self._recent if each > self._last_id - LOOK_BACK}
