"""Server-sent events: a conversation's history items, handoff state and typing state."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.store.chat import LOOK_BACK
from zendesk_handoff.store.engine.signals import is_set_within
from zendesk_handoff.store.store import Store

#: Seconds without an event after which, at the latest, a comment line keeps the connection from
#: being cut.
HEARTBEAT = 15.0
#: The part of them after which the line may come. After a restart all pages connect in the same
#: moment; without a spread each of their heartbeats would be one burst of work for the event loop.
_EARLIEST = 0.5
#: Milliseconds after which a browser that lost the connection tries again.
RETRY = 2_000

#: What a page is told whose stream is closed in favour of a newer one.
CLOSED = "This chat is open in too many windows. Close some, then reload this one."

_BATCH = 500
#: Seconds within which a closed stream ends, before its connection is broken.
_CLOSE_WITHIN = 5.0
#: Seconds for which the bot waits until a message of its user's is on their other pages.
_FLUSH_WITHIN = 0.05

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
        heartbeat: The most seconds between comment lines on a quiet stream.
    """

    def __init__(self, *, heartbeat: float = HEARTBEAT) -> None:
        """Begin without streams."""
        self.heartbeat = heartbeat
        self.stopping = False
        self._open: dict[str, list[_Stream]] = {}
        self._all_ended = asyncio.Event()

    def __len__(self) -> int:
        """Count the open streams."""
        return sum(map(len, self._open.values()))

    async def serve(
        self,
        send: Send,
        store: Store,
        sender_id: str,
        *,
        last_id: int,
        is_busy: Callable[[], bool],
        has_typing_agent: Callable[[], bool] = lambda: False,
        read_until: Callable[[], float | None] = lambda: None,
        max_streams: int | None = None,
        on_excess: Callable[[], object] = lambda: None,
        abort: Callable[[], object] = lambda: None,
    ) -> None:
        """Send what is new until the server stops, or the connection's task is cancelled.

        Args:
            send: Writes to the browser.
            store: The store, with the history items.
            sender_id: Rasa's sender id.
            last_id: The last item that the page has.
            is_busy: Tells whether the bot works on a reply.
            has_typing_agent: Tells whether an agent is typing.
            read_until: Tells until when an agent has read what the user wrote.
            max_streams: Streams of the same sender beyond which the oldest is closed.
            on_excess: Called when that happens.
            abort: Breaks the connection, should the stream be closed and its browser not read on.
        """
        page = _PageState(
            send,
            store,
            sender_id,
            last_id=last_id,
            is_busy=is_busy,
            has_typing_agent=has_typing_agent,
            read_until=read_until,
        )
        with store.chat.signals(sender_id) as changed:
            stream = _Stream(changed, abort)
            of_sender = self._open.setdefault(sender_id, [])
            of_sender.append(stream)
            if _close_oldest(of_sender, max_streams):
                on_excess()
            try:
                await send(f"retry: {RETRY}\n\n")
                while not self.stopping and not stream.is_closed:
                    changed.clear()
                    stream.is_idle.clear()
                    await page.send_changes()
                    if not changed.is_set():
                        stream.is_idle.set()
                    await self._wait(stream, send)
                if stream.is_closed:
                    await send(format_event({"text": CLOSED}, event="closed"))
            finally:
                stream.end()
                of_sender.remove(stream)
                if not of_sender:
                    self._open.pop(sender_id, None)
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
            for stream in [each for streams in self._open.values() for each in streams]:
                stream.changed.set()
            await is_set_within(self._all_ended, timeout)

    async def flush(self, sender_id: str) -> None:
        """Wait until a sender's open pages have what is stored, but not for one that reads slowly.

        Rasa's work on a message blocks the event loop. Begun at once, it would keep the message
        from the pages that have just been told of it.

        Args:
            sender_id: Rasa's sender id.
        """
        of_sender = self._open.get(sender_id, ())
        for each in of_sender:
            if each.changed.is_set():
                each.is_idle.clear()
        waits = [
            asyncio.ensure_future(each.is_idle.wait())
            for each in of_sender
            if not each.is_idle.is_set()
        ]
        if waits:
            await asyncio.wait(waits, timeout=_FLUSH_WITHIN)
        for wait in waits:
            wait.cancel()

    async def _wait(self, stream: _Stream, send: Send) -> None:
        if self.stopping or stream.is_closed:
            return
        if not await stream.changes_within(self.heartbeat * random.uniform(_EARLIEST, 1.0)):
            await send(": heartbeat\n\n")


class _Stream:
    """An open stream, which another one may close."""

    def __init__(self, changed: asyncio.Event, abort: Callable[[], object]) -> None:
        self.changed = changed
        self.is_idle = asyncio.Event()
        self.is_closed = False
        self._is_quiet = False
        self._abort = abort
        self._aborting: asyncio.TimerHandle | None = None

    async def changes_within(self, seconds: float) -> bool:
        """Wait for a change, and tell whether there was one; thousands of streams do so at once.

        Args:
            seconds: The longest wait.
        """
        self._is_quiet = False
        timer = asyncio.get_running_loop().call_later(seconds, self._end_quiet_time)
        try:
            await self.changed.wait()
        finally:
            timer.cancel()
        return not self._is_quiet

    def _end_quiet_time(self) -> None:
        self._is_quiet = True
        self.changed.set()

    def close(self) -> None:
        """Let the stream end; a browser that does not read would keep it open."""
        self.is_closed = True
        self.changed.set()
        loop = asyncio.get_running_loop()
        self._aborting = loop.call_later(_CLOSE_WITHIN, self._abort)

    def end(self) -> None:
        """Note that the stream has ended."""
        self.is_idle.set()
        if self._aborting is not None:
            self._aborting.cancel()


def _close_oldest(streams: list[_Stream], limit: int | None) -> bool:
    """Close the oldest streams beyond a limit; return whether there were any."""
    is_open = [each for each in streams if not each.is_closed]
    excess = 0 if limit is None else len(is_open) - limit
    for stream in is_open[: max(0, excess)]:
        stream.close()
    return excess > 0


class _PageState:
    """The items and states that a page has received."""

    def __init__(
        self,
        send: Send,
        store: Store,
        sender_id: str,
        *,
        last_id: int,
        is_busy: Callable[[], bool],
        has_typing_agent: Callable[[], bool],
        read_until: Callable[[], float | None],
    ) -> None:
        self._has_typing_agent = has_typing_agent
        self._read_until = read_until
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
        self._read: float | None = None

    async def send_changes(self) -> None:
        """Send new items, then what was read, the handoff and the typing state, if changed."""
        await self._send_items()
        read = self._read_until()
        if read != self._read:
            self._read = read
            await self._send(format_event({"until": read}, event="read"))
        session = await self._store.sessions.current(self._sender_id)
        status = handoff_status(session)
        if status != self._status:
            self._status = status
            await self._send(format_event(status, event="handoff"))
        # During a session an agent replies; the bot does not.
        is_with_agents = session is not None and session.state.is_open
        busy = self._has_typing_agent() if is_with_agents else self._is_busy()
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
                        body = {**item.body, "at": item.created_at}
                        await self._send(format_event(body, id=item.id))
            if items:
                after_id = items[-1].id
                self._last_id = max(self._last_id, after_id)
            if len(items) < _BATCH:
                break
        self._recent = {each for each in self._recent if each > self._last_id - LOOK_BACK}
