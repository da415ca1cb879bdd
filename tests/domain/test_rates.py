"""Rates, by a clock of the tests."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.rates import HOUR, Rate


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize("per_minute", [1, 3, 7, 60, 600])
def test_the_allowance_may_be_used_at_once_and_comes_back_evenly(clock, per_minute):
    rate = Rate(per_minute, clock=clock)
    assert [rate.take("a") for _ in range(per_minute)] == [0.0] * per_minute
    wait = rate.take("a")
    assert wait == pytest.approx(60 / per_minute)
    clock.now += wait
    assert rate.take("a") == 0.0
    assert rate.take("a") > 0.0
    clock.now += 60
    assert [rate.take("a") for _ in range(per_minute)] == [0.0] * per_minute


def test_an_allowance_for_an_hour(clock):
    rate = Rate(4, period=HOUR, clock=clock)
    assert [rate.take("a") for _ in range(4)] == [0.0] * 4
    clock.now += 60
    assert rate.take("a") == pytest.approx(HOUR / 4 - 60)
    clock.now += HOUR / 4 - 60
    assert rate.take("a") == 0.0
    assert rate.take("a") == pytest.approx(HOUR / 4)


def test_what_is_refused_costs_nothing(clock):
    rate = Rate(2, clock=clock)
    waits = [rate.take() for _ in range(50)]
    assert waits[2:] == [waits[2]] * 48


def test_keys_have_allowances_of_their_own(clock):
    rate = Rate(1, clock=clock)
    assert rate.take("a") == 0.0
    assert rate.take("a") > 0.0
    assert rate.take("b") == 0.0


def test_the_number_of_keys_does_not_grow_the_memory(clock):
    rate = Rate(1, clock=clock, max_keys=100)
    for number in range(10_000):
        assert rate.take(str(number)) == 0.0
    assert len(rate) == 100
    assert rate.take("9999") > 0.0


def test_without_a_limit_nothing_is_refused_or_remembered(clock):
    rate = Rate(None, clock=clock)
    assert {rate.take("a") for _ in range(1_000)} == {0.0}
    assert len(rate) == 0
