"""The pauses of the retry policy."""

from __future__ import annotations

import pytest

from zendesk_handoff.errors import ConnectionFailed, TooManyRequests
from zendesk_handoff.zendesk import RetryPolicy
from zendesk_handoff.zendesk.api_responses import api_error_for_status


def test_the_pauses_grow_up_to_a_ceiling():
    policy = RetryPolicy(first=1, factor=2, ceiling=20)
    pauses = [policy.pause(attempt, None, jitter=1.0) for attempt in range(1, 8)]
    assert pauses == [1, 2, 4, 8, 16, 20, 20]
    assert policy.pause(10_000, None, jitter=0.0) == 10


@pytest.mark.parametrize(
    ("error", "minimum"),
    [
        (ConnectionFailed("POST /x", "TimeoutError", timed_out=True), 10.0),
        (ConnectionFailed("POST /x", "ServerDisconnectedError"), 0.0),
        (TooManyRequests("POST /x", 429, retry_after=3.0), 3.0),
    ],
)
def test_a_call_that_timed_out_gets_time_to_take_effect(error, minimum):
    policy = RetryPolicy(confirm_after=10.0)
    assert minimum <= policy.pause(1, error, jitter=0.5) <= max(minimum, policy.first)


@pytest.mark.parametrize("status", [408, 502, 504])
def test_so_does_a_call_whose_gateway_timed_out(status):
    error = api_error_for_status("POST /x", status)
    assert RetryPolicy(confirm_after=10.0).pause(1, error, jitter=0.5) == 10.0
