"""Output channels of the server's input channels, which are foreign code.

``get_output_channel`` differs among Rasa's own channels: ``slack`` and ``twilio`` create an object,
``rocketchat`` logs in over a blocking call, ``telegram`` sets its webhook with ``asyncio.run``. So
it is called when there is a message to push, in a thread with a time limit, and its result is
kept. Errors of channels are reported and never raised.
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
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.compat import input_channels

log = structlog.get_logger(__name__)

#: Texts of ``ChannelExit``.
EXITED = "A channel's library called sys.exit."
CANCELLED = "A channel's library has cancelled the call."
_MAX_NAME = 64  # of a channel's name in a log line


@contextmanager
def exit_as_error() -> Iterator[None]:
    """Turn ``sys.exit`` in foreign code into an error, so that it does not end the server.

    For code that does not wait, in which a ``CancelledError`` is never that of the server's own
    task; ``call_foreign`` is for the rest.

    Raises:
        ChannelExit: The code called ``sys.exit``, or raised ``CancelledError``.
    """
    try:
        yield
    except SystemExit as error:
        raise ChannelExit(EXITED) from error
    except asyncio.CancelledError as error:
        raise ChannelExit(CANCELLED) from error


@dataclass
class _Request:
    """One call of ``get_output_channel``.

    Its outcome is an output channel, ``None`` or an error. An error is set as the future's result,
    since an exception would be raised in every waiting task.
    """

    outcome: asyncio.Future[Any]
    sent_at: float = field(default_factory=time.monotonic)
    is_overdue: bool = False

    def is_current(self, *, retry_after: float) -> bool:
        """Tell whether to use this request's outcome rather than call the channel again."""
        if not self.outcome.done():
            return True  # a second thread would block where the first one does
        outcome = self.outcome.result()
        if isinstance(outcome, CollectingOutputChannel):
            return False  # ``callback``'s keeps every message that it has sent
        return isinstance(outcome, OutputChannel) or time.monotonic() < self.sent_at + retry_after


class OutputChannels:
    """Finds the output channel that can push to the users of an input channel.

    Args:
        app: Rasa's Sanic app; its input channels never change.
        time_limit: Seconds within which a channel must return its output channel.
        retry_after: Seconds after which a channel that returned none is called again.
    """

    def __init__(self, app: Sanic, *, time_limit: float = 10.0, retry_after: float = 60.0) -> None:
        """Keep the app; no channel is called yet."""
        self._app = app
        self._time_limit = time_limit
        self._retry_after = retry_after
        self._requests: dict[str, _Request] = {}
        self._reported: dict[str, str] = {}

    async def find(self, name: str) -> OutputChannel | None:
        """Return an input channel's output channel, or ``None`` where it has none at present.

        Args:
            name: The input channel's.
        """
        for channel in self._input_channels():
            if channel_name(channel) == name:
                return await self._obtain(channel, name) if _can_push(channel) else None
        return None

    def forget(self, name: str) -> None:
        """Discard a channel's output channel, which no longer works; the next call gets a new one.

        Args:
            name: The input channel's.
        """
        request = self._requests.get(name)
        if request is not None and request.outcome.done():
            del self._requests[name]

    def without_push(self) -> list[str]:
        """List the classes of the input channels that have no output channel.

        Class names rather than channel names, since no code of the channels is called.
        """
        return [type(each).__name__ for each in self._input_channels() if not _can_push(each)]

    def _input_channels(self) -> list[Any]:
        return input_channels(self._app)

    async def _obtain(self, channel: Any, name: str) -> OutputChannel | None:
        request = self._requests.get(name)
        if request is None or not request.is_current(retry_after=self._retry_after):
            request = self._requests[name] = _Request(_call_in_thread(channel))
        if not request.outcome.done():
            if request.is_overdue:
                return None
            await asyncio.wait({request.outcome}, timeout=self._time_limit)
            if not request.outcome.done():
                request.is_overdue = True
                self._report(name, {"error": "TimeoutError", "location": ""})
                return None
        outcome = request.outcome.result()
        if isinstance(outcome, OutputChannel):
            self._reported.pop(name, None)
            return outcome
        is_error = isinstance(outcome, BaseException)
        self._report(
            name,
            error_fields(outcome) if is_error else {"error": "NoneType", "location": ""},
        )
        return None

    def _report(self, name: str, fields: dict[str, str]) -> None:
        """Log one line for each kind of failure, not for each message."""
        if self._reported.get(name) == fields["error"]:
            return
        self._reported[name] = fields["error"]
        log.error(
            "handoff.channel.no_output",
            channel=name[:_MAX_NAME],
            **fields,
            meaning="agents' messages reach its users with their own next message",
        )


def channel_name(channel: Any) -> str:
    """Return the name of an input or output channel; empty where its code raises an error.

    Args:
        channel: Any object.
    """
    try:
        with exit_as_error():
            name = channel.name()
    except Exception:
        return ""
    return name if isinstance(name, str) else ""


def _can_push(channel: Any) -> bool:
    """Tell whether a channel's class overrides ``get_output_channel``."""
    method = getattr(type(channel), "get_output_channel", None)
    return method not in (None, InputChannel.get_output_channel)


def _call_in_thread(channel: Any) -> asyncio.Future[Any]:
    """Call ``get_output_channel`` in a thread, where it may block and use ``asyncio.run``.

    The thread is a daemon: a blocked one must not keep the server from stopping.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def set_outcome(outcome: Any) -> None:
        if type(outcome) is RuntimeError and "event loop" in str(outcome):
            outcome = _call(channel)  # it needs a running loop, as aiohttp's session does
        future.set_result(outcome)

    def work() -> None:
        outcome = _call(channel)
        with suppress(RuntimeError):  # the server has stopped meanwhile
            loop.call_soon_threadsafe(set_outcome, outcome)

    Thread(target=work, name="handoff output channel", daemon=True).start()
    return future


def _call(channel: Any) -> Any:
    try:
        output = channel.get_output_channel()
        if output is None or isinstance(output, OutputChannel):
            return output
        raise TypeError("not an output channel")
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        return error
