"""The one policy for repeating a call to Zendesk."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from zendesk_handoff.errors import ConversationsError, TooManyRequests

#: Seconds; a header that asks for more is asked again after that.
_LONGEST_WAIT = 300.0


@dataclass(frozen=True)
class RetryPolicy:
    """When to repeat a call, and after how long.

    Zendesk asks for exponential backoff with jitter and publishes no figures for this API (SPEC,
    Rate limits). ``Retry-After`` is documented for its ticketing API only, so it is followed
    where it comes and not relied upon.

    Args:
        patience: Seconds from the first attempt after which no further one is begun.
        first: Seconds, the longest pause before the second attempt.
        factor: What each further pause is multiplied by.
        ceiling: Seconds, the longest pause of all but a ``Retry-After``.
        settling: Seconds left to a call that has not been answered in time, before anybody looks
            whether it has been carried out: one that is carried out after that happens twice.
    """

    max_elapsed: float = 15.0
    first: float = 0.25
    factor: float = 2.0
    ceiling: float = 20.0
    confirm_after: float = 0.0

    def pause(self, attempt: int, error: BaseException | None, *, jitter: float) -> float:
        """Say how long to wait before the next attempt.

        Args:
            attempt: How many attempts there were, 1 or more.
            error: What the last one ended with.
            jitter: Between 0 and 1; half of the pause is left to it.

        Returns:
            Seconds.
        """
        # The exponent is bounded, or a long outage would overflow the float.
        backoff = min(self.ceiling, self.first * self.factor ** min(attempt - 1, 32))
        pause = backoff * (0.5 + 0.5 * jitter)
        if isinstance(error, TooManyRequests) and error.retry_after is not None:
            return max(min(error.retry_after, _LONGEST_WAIT), pause)
        if isinstance(error, ConversationsError) and error.late:
            return max(self.confirm_after, pause)
        return pause

    def attempts(
        self, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> AsyncRetrying:
        """Give an iterator of attempts that re-raises the last error when it gives up.

        Args:
            sleep: What waits; a test passes a fake.
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
    """Tell whether the same call may succeed later."""
    return isinstance(error, ConversationsError) and error.retryable
