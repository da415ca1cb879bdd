"""Threads of each platform, for libraries that block.

Rasa's trackers, the DNS and uploads use the event loop's own threads. A platform that hangs must
not keep them from all others, so it has threads of its own. Each call needs a time-out, too: a
thread cannot be stopped.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

from zendesk_handoff.errors import NotDelivered

_P = ParamSpec("_P")
_T = TypeVar("_T")
#: Calls of a platform at once.
_SIZE = 16
#: Seconds within which a call must begin. One that begins later would end when nobody waits for it
#: any more, and the message is sent again.
BEGIN_WITHIN = 8.0


async def in_thread(
    platform: str, call: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs
) -> _T:
    """Call a blocking function in a thread of a platform's.

    Args:
        platform: Its name.
        call: The function, which has a time-out.
        *arguments: Its arguments.
        **keywords: Its arguments by name.

    Raises:
        NotDelivered: No thread was free in time; nothing was called.
        Exception: The function's.
    """
    context = contextvars.copy_context()
    work = partial(context.run, partial(call, *arguments, **keywords))
    begin_until = time.monotonic() + BEGIN_WITHIN
    # One that still waits for a thread when its caller is cancelled is never called.
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(platform), _in_time, work, begin_until)


def _in_time(work: Callable[[], _T], begin_until: float) -> _T:
    if time.monotonic() > begin_until:
        raise NotDelivered("the channel is slow, and earlier calls wait for it", may_repeat=True)
    return work()


@cache
def _threads(platform: str) -> ThreadPoolExecutor:
    """Make a platform's threads; they start when they are needed."""
    return ThreadPoolExecutor(_SIZE, thread_name_prefix=f"handoff {platform}")
