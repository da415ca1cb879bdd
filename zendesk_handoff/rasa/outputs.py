"""Output channels of the server's input channels, which are other people's code.

Rasa's own differ: ``slack`` and ``twilio`` make an object, ``rocketchat`` logs in over a blocking
call, ``telegram`` sets its webhook with ``asyncio.run``. So a channel is asked in a thread of its
own, with a time limit, when there is something to push, and its answer is kept. No error of theirs
is ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, OutputChannel
from sanic import Sanic

from zendesk_handoff.errors import ChannelExit
from zendesk_handoff.logs import location

log = structlog.get_logger(__name__)

#: Seconds within which a channel has to give its output channel.
_TIME_LIMIT = 10.0
#: Seconds after which a channel that has given none is asked again.
_REST = 60.0
_MAX_NAME = 64  # of a channel's name in a log line


@contextmanager
def contained() -> Iterator[None]:
    """Turn an attempt to leave the process, made by other people's code, into an error."""
    try:
        yield
    except SystemExit as error:
        raise ChannelExit("A channel's library called sys.exit.") from error


@dataclass
class _Request:
    """One call of ``get_output_channel``; its outcome is an output channel, an error or ``None``.

    An error is a result here: as the future's exception it would be raised in every waiting task.
    """

    outcome: asyncio.Future[Any]
    sent_at: float = field(default_factory=time.monotonic)
    is_overdue: bool = False

    def serves(self) -> bool:
        """Tell whether this request's outcome is to be used, rather than a new one's."""
        if not self.outcome.done():
            return True  # a second thread would hang where the first one hangs
        outcome = self.outcome.result()
        if isinstance(outcome, CollectingOutputChannel):
            return False  # ``callback``'s keeps everything that it has sent
        return isinstance(outcome, OutputChannel) or time.monotonic() < self.sent_at + _REST


class OutputChannels:
    """Finds the output channel that can push to the users of an input channel.

    Args:
        app: Rasa's Sanic app; its input channels are the same for the server's life.
    """

    def __init__(self, app: Sanic) -> None:
        """Ask nobody yet."""
        self._app = app
        self._requests: dict[str, _Request] = {}
        self._reported: dict[str, str] = {}

    async def find(self, name: str) -> OutputChannel | None:
        """Give an input channel's output channel, or ``None`` where it has none at present.

        Args:
            name: The input channel's.
        """
        for channel in self._input_channels():
            if channel_name(channel) == name:
                return await self._obtain(channel, name) if _can_push(channel) else None
        return None

    def forget(self, name: str) -> None:
        """Have a channel asked anew: what it gave does not work any more.

        Args:
            name: The input channel's.
        """
        request = self._requests.get(name)
        if request is not None and request.outcome.done():
            del self._requests[name]

    def without_push(self) -> list[str]:
        """Name the classes of the input channels that have no output channel to give.

        No code of theirs is called, which is why these are not the names that they give themselves.
        """
        return [type(each).__name__ for each in self._input_channels() if not _can_push(each)]

    def _input_channels(self) -> list[Any]:
        return list(getattr(self._app.ctx, "input_channels", None) or ())

    async def _obtain(self, channel: Any, name: str) -> OutputChannel | None:
        request = self._requests.get(name)
        if request is None or not request.serves():
            request = self._requests[name] = _Request(_ask(channel))
        if not request.outcome.done():
            if request.is_overdue:
                return None
            await asyncio.wait({request.outcome}, timeout=_TIME_LIMIT)
            if not request.outcome.done():
                request.is_overdue = True
                self._report(name, "TimeoutError", "")
                return None
        outcome = request.outcome.result()
        if isinstance(outcome, OutputChannel):
            self._reported.pop(name, None)
            return outcome
        is_error = isinstance(outcome, BaseException)
        self._report(name, type(outcome).__name__, location(outcome) if is_error else "")
        return None

    def _report(self, name: str, error: str, where: str) -> None:
        """Write one line for each kind of failure, not for each message."""
        if self._reported.get(name) == error:
            return
        self._reported[name] = error
        log.error(
            "handoff.channel.no_output",
            channel=name[:_MAX_NAME],
            error=error,
            location=where,
            meaning="agents' messages reach its users with their own next message",
        )


def channel_name(channel: Any) -> str:
    """Give the name of an input or output channel, empty where it cannot say it.

    Args:
        channel: Anybody's.
    """
    try:
        with contained():
            name = channel.name()
    except Exception:
        return ""
    return name if isinstance(name, str) else ""


def _can_push(channel: Any) -> bool:
    """Tell whether a channel's class has something of its own to give an output channel with."""
    theirs = getattr(type(channel), "get_output_channel", None)
    return theirs not in (None, InputChannel.get_output_channel)


def _ask(channel: Any) -> asyncio.Future[Any]:
    """Call ``get_output_channel`` in a thread, where it may block and use ``asyncio.run``.

    The thread is a daemon: one that hangs must not keep the server from stopping.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()

    def settle(outcome: Any) -> None:
        if type(outcome) is RuntimeError and "event loop" in str(outcome):
            outcome = _call(channel)  # made for a running loop: aiohttp's session wants one
        answer.set_result(outcome)

    def work() -> None:
        outcome = _call(channel)
        with suppress(RuntimeError):  # the server has stopped meanwhile
            loop.call_soon_threadsafe(settle, outcome)

    Thread(target=work, name="handoff output channel", daemon=True).start()
    return answer


def _call(channel: Any) -> Any:
    try:
        output = channel.get_output_channel()
        if output is None or isinstance(output, OutputChannel):
            return output
        raise TypeError("not an output channel")
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        return error
