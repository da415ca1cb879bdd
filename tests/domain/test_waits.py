"""How long users usually wait."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.waits import LEAST, Wait, usual_wait

HOUR, DAY = 3600.0, 86400.0
NOW = 1000 * DAY + 600.0  # ten minutes after midnight


def answered(seconds, *, before=DAY):
    return Wait(NOW - before, NOW - before + seconds, NOW - before + seconds + 60)


def left(*, before=DAY):
    return Wait(NOW - before, None, NOW - before + 5)


def waiting(seconds):
    return Wait(NOW - seconds, None, None)


def test_half_of_the_users_had_an_answer_by_then():
    waits = [answered(60.0 * minute) for minute in range(1, LEAST + 2)]
    assert usual_wait(waits, now=NOW) == 60.0 * (LEAST / 2 + 1)


def test_a_few_are_too_few():
    assert usual_wait([answered(60)] * (LEAST - 1), now=NOW) is None
    assert usual_wait([], now=NOW) is None


@pytest.mark.parametrize(
    ("before", "counts"),
    [
        (DAY + HOUR, True),
        (DAY - HOUR, True),
        (7 * DAY + HOUR / 2, True),
        (DAY + HOUR + 1, False),
        (DAY / 2, False),
    ],
)
def test_only_this_hour_of_the_day_counts(before, counts):
    found = usual_wait([answered(60, before=before)] * LEAST, now=NOW)
    assert found == (60 if counts else None)


def test_who_left_without_an_answer_counts_as_the_longest():
    few, many = [left()] * (LEAST // 2 - 1), [left()] * (LEAST // 2 + 1)
    answers = [answered(60)] * (LEAST // 2) + [answered(90)]
    assert usual_wait([*answers, *few], now=NOW) == 75
    assert usual_wait([*answers[:-1], *many], now=NOW) is None


def test_who_still_waits_has_waited_until_now():
    queue = [waiting(1800)] * (LEAST // 2 + 1)
    assert usual_wait([*[answered(60)] * (LEAST // 2), *queue], now=NOW) == 1800


def test_clocks_that_differ_make_no_wait_negative():
    assert usual_wait([answered(-3)] * LEAST, now=NOW) == 0
