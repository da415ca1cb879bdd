"""Server-sent events: every entry of a conversation, and where its handover stands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.store.store import Store

#: Seconds without an event after which a comment line keeps the connection from being cut.
HEARTBEAT = 15.0
#: Milliseconds after which a browser that lost the connection tries again.
RETRY = 2_000

_PAGE = 500
#: Ids are given out in order, but two processes may commit out of order: look back this far.
LOOK_BACK = 50

Send = Callable[[str], Awaitable[object]]


def format_event(data: Any, *, event: str | None = None, id: int | None = None) -> str:
    """Write one event, with its data as one line of JSON."""
    lines = [f"id: {id}"] if id is not None else []
    if event:
        lines.append(f"event: {event}")
    lines.append(f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}")
    return "\n".join(lines) + "\n\n"


def handoff_status(session: Session | None) -> dict[str, str | None]:
    """Say where the human part stands, as the page's banner shows it."""
    if session is None or session.state is State.FAILED:
        return {"state": "none", "agent": None}
    return {"state": session.state.value, "agent": session.agent_name}


def read_last_id(value: str | None) -> int:
    """Read ``Last-Event-ID``; anything strange means the page has nothing."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else 0


class Streams:
    """The streams that are open; all of them end before the server does.

    Args:
        heartbeat: Seconds between comment lines on a quiet stream.
    """

    def __init__(self, *, heartbeat: float = HEARTBEAT) -> None:
        """Begin with none."""
        self.heartbeat = heartbeat
        self.stopping = False
        self._open: set[asyncio.Event] = set()
        self._none_open = asyncio.Event()

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
        """Send what is new until the server stops, or this task is cancelled with its connection.

        Args:
            send: Writes to the browser.
            store: Where the entries are.
            sender_id: Whose.
            last_id: The last entry that the page has.
            is_busy: Whether the bot is working on an answer.
        """
        view = _View(send, store, sender_id, last_id=last_id, is_busy=is_busy)
        with store.chat.signals(sender_id) as changed:
            self._open.add(changed)
            try:
                await send(f"retry: {RETRY}\n\n")
                while not self.stopping:
                    changed.clear()
                    await view.send_news()
                    await self._wait(changed, send)
            finally:
                self._open.discard(changed)
                if not self._open:
                    self._none_open.set()

    async def stop(self, *, timeout: float) -> None:
        """Let every stream end after what it is sending.

        Args:
            timeout: Seconds to wait for them.
        """
        self.stopping = True
        if self._open:
            self._none_open.clear()
            for event in self._open:
                event.set()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._none_open.wait(), timeout)

    async def _wait(self, changed: asyncio.Event, send: Send) -> None:
        if self.stopping:
            return
        try:
            await asyncio.wait_for(changed.wait(), self.heartbeat)
        except asyncio.TimeoutError:
            await send(": still here\n\n")


class _View:
    """What one page has been told."""

    def __init__(
        self, send: Send, store: Store, sender_id: str, *, last_id: int, is_busy: Callable[[], bool]
    ) -> None:
        self._send = send
        self._store = store
        self._sender_id = sender_id
        self._is_busy = is_busy
        # Looked back from here, too: what another server commits late has a lower id. The page
        # leaves out what it has already.
        self._floor = max(0, last_id - LOOK_BACK)
        self._last_id = last_id
        self._recent: set[int] = set()
        self._status: dict[str, str | None] | None = None
        self._busy = False

    async def send_news(self) -> None:
        """Send new entries, then what has changed about the handover, then about typing."""
        await self._send_entries()
        session = await self._store.sessions.current(self._sender_id)
        status = handoff_status(session)
        if status != self._status:
            self._status = status
            await self._send(format_event(status, event="handoff"))
        # During a session a person answers, in their own time.
        busy = self._is_busy() and not (session is not None and session.state.is_open)
        if busy != self._busy:
            self._busy = busy
            await self._send(format_event({"busy": busy}, event="typing"))

    async def _send_entries(self) -> None:
        place = max(self._floor, self._last_id - LOOK_BACK)
        while True:
            entries = await self._store.chat.after(self._sender_id, place, limit=_PAGE)
            for entry in entries:
                if entry.id not in self._recent:
                    self._recent.add(entry.id)
                    if entry.body.get("role") != "start":
                        await self._send(format_event(entry.body, id=entry.id))
            if entries:
                place = entries[-1].id
                self._last_id = max(self._last_id, place)
            if len(entries) < _PAGE:
                break
        self._recent = {each for each in self._recent if each > self._last_id - LOOK_BACK}
