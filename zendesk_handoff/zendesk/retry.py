"""The retry policy for calls to Zendesk."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from zendesk_handoff.errors import ConversationsError, TooManyRequests

#: Seconds; the longest wait that a ``Retry-After`` header can ask for.
_LONGEST_WAIT = 300.0


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with jitter, until a maximum elapsed time.

    Zendesk asks for this and publishes no figures for this API (Conversations API: Rate limits).
    ``Retry-After`` is documented for its ticketing API only, so it is followed if present and not
    relied upon.

    Args:
        max_elapsed: Seconds from the first attempt after which no further one is made.
        first: Seconds, the longest pause before the second attempt.
        factor: The factor by which each further pause grows.
        ceiling: Seconds, the longest pause other than a ``Retry-After``.
        confirm_after: Seconds to wait after a call that timed out, before the conversation is
            searched for its effect: a call that takes effect later than that takes effect twice.
    """

    max_elapsed: float = 15.0
    first: float = 0.25
    factor: float = 2.0
    ceiling: float = 20.0
    confirm_after: float = 0.0

    def pause(self, attempt: int, error: BaseException | None, *, jitter: float) -> float:
        """Compute the pause before the next attempt.

        Args:
            attempt: The number of attempts so far, 1 or more.
            error: The error of the last one.
            jitter: Between 0 and 1; it decides half of the pause.

        Returns:
            Seconds.
        """
        # The exponent is bounded: a long outage would overflow the float.
        backoff = min(self.ceiling, self.first * self.factor ** min(attempt - 1, 32))
        pause = backoff * (0.5 + 0.5 * jitter)
        if isinstance(error, TooManyRequests) and error.retry_after is not None:
            return max(min(error.retry_after, _LONGEST_WAIT), pause)
        if isinstance(error, ConversationsError) and error.timed_out:
            return max(self.confirm_after, pause)
        return pause

    def attempts(
        self, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> AsyncRetrying:
        """Create an iterator of attempts that re-raises the last error at the end.

        Args:
            sleep: Waits between attempts; a test passes a fake.
        """

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return self.pause(state.attempt_number, error, jitter=random.random())

        def stop(state: RetryCallState) -> bool:
            elapsed = state.seconds_since_start or 0.0
            return elapsed + state.upcoming_sleep > self.max_elapsed

        return AsyncRetrying(
            retry=retry_if_exception(is_retryable),
            wait=wait,
            stop=stop,
            sleep=sleep,
            reraise=True,
        )


def is_retryable(error: BaseException) -> bool:
    """Check whether the same call may succeed later."""
    return isinstance(error, ConversationsError) and error.retryable
