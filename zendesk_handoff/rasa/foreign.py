"""Calls of foreign coroutines: of channels, their adapters and their libraries.

Such a call may hang, call ``sys.exit``, or raise the ``CancelledError`` of a task of its own, which
looks as if the server had cancelled the task that made the call. Here it runs in a task of its own,
so that each of these is an error like any other, and a cancellation is the caller's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp

from zendesk_handoff.errors import ChannelExit, NotDelivered, StoreUnavailable
from zendesk_handoff.rasa.outputs import CANCELLED, EXITED

_T = TypeVar("_T")
#: Seconds for which a call that is cancelled is waited for: it may clean up, or never end.
_STOP_WITHIN = 1.0
#: Errors that have another cause than the message.
_OF_NO_MESSAGE = (
    *(ChannelExit, StoreUnavailable, ConnectionError, TimeoutError, asyncio.TimeoutError),
    aiohttp.ClientConnectionError,
)
#: Calls that did not end. The event loop itself keeps no reference to a task.
_abandoned: set[asyncio.Task[Any]] = set()


async def call_foreign(
    function: Callable[..., Awaitable[_T]],
    *arguments: Any,
    timeout: float | None = None,
    **keywords: Any,
) -> _T:
    """Call a foreign coroutine function.

    Args:
        function: The function.
        *arguments: Its arguments.
        timeout: Seconds after which it is cancelled.
        **keywords: Its arguments by name.

    Raises:
        asyncio.TimeoutError: It has not returned in time.
        ChannelExit: It has called ``sys.exit``, or was cancelled by its own library.
        Exception: Its own.
    """
    task = asyncio.create_task(_call(function, arguments, keywords))
    try:
        await asyncio.wait({task}, timeout=timeout)
    except asyncio.CancelledError:
        await _stop(task)
        raise
    is_late = not task.done()
    if is_late:
        await _stop(task)
    if not task.done() or (is_late and task.cancelled()):
        raise asyncio.TimeoutError
    if task.cancelled():
        raise ChannelExit(CANCELLED)
    return task.result()


def is_of_message(error: Exception) -> bool:
    """Tell whether a channel's error may be for the message that it was given.

    A user who is away, or a platform that is down, says nothing about the message.

    Args:
        error: Of a call that has sent a message.
    """
    if isinstance(error, NotDelivered):
        return error.is_of_form
    return not isinstance(error, _OF_NO_MESSAGE)


async def _call(function: Callable[..., Awaitable[_T]], arguments: Any, keywords: Any) -> _T:
    try:
        return await function(*arguments, **keywords)
    except SystemExit as error:  # within the task: the event loop would end with it
        raise ChannelExit(EXITED) from error


async def _stop(task: asyncio.Task[Any]) -> None:
    task.add_done_callback(_discard)
    _abandoned.add(task)
    task.cancel()
    await asyncio.wait({task}, timeout=_STOP_WITHIN)


def _discard(task: asyncio.Task[Any]) -> None:
    """Drop a task with its error, of which the event loop would log a text that may quote users."""
    _abandoned.discard(task)
    if not task.cancelled():
        task.exception()
