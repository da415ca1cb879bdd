"""The figures of a report."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tests.support.handovers import ASKED, at
from zendesk_handoff import frustration
from zendesk_handoff.cli.report.figures import Spread, compute
from zendesk_handoff.domain.session import State
from zendesk_handoff.store.handovers import Handover, Undelivered

UTC, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def made(created_at, *, wait=None, length=None, state=State.ENDED, **values):
    given = {"connector_id": "support", "workspace": "default", "channel": "webchat"}
    connected = None if state is State.FAILED else created_at + 2
    return Handover(
        **{**given, "reason": ASKED, **values},
        state=state,
        end_reason=values.pop("end_reason", None) if state is not State.ENDED else "agent",
        created_at=created_at,
        connected_at=connected,
        answered_at=None if wait is None else created_at + wait,
        ended_at=None if state.is_open else created_at + 2 + (length or 0),
    )


def figures(*handovers, zone=UTC, **values):
    return compute(handovers, Undelivered(), zone=zone, **values)


def counts(found, kind):
    return {each.name: each.handovers for each in found.groups[kind] if each.handovers}


@pytest.mark.parametrize(
    ("seconds", "median", "p90"),
    [
        ([], None, None),
        ([7], 7, 7),
        ([None, 3, None], 3, 3),
        ([1, 2], 1.5, 2),
        (range(1, 11), 5.5, 9),
        (range(1, 12), 6, 10),
        ([*[1] * 9, 500], 1, 1),
    ],
)
def test_a_spread_is_a_median_and_what_nine_in_ten_do_not_exceed(seconds, median, p90):
    found = Spread.of(reversed([*seconds]))
    assert (found.median, found.p90) == (median, p90)
    assert found.count == len([each for each in seconds if each is not None])


def test_nothing_has_happened():
    found = figures()
    assert found.total.handovers == found.open == found.given_up == 0
    assert found.ends == []
    assert found.groups["day"] == found.groups["channel"] == []
    assert counts(found, "hour") == {}


def test_each_handover_is_open_ended_or_failed():
    found = figures(
        made(0, wait=30, length=300),
        made(1, state=State.FAILED),
        made(2, state=State.WAITING),
        made(3, state=State.ACTIVE, wait=10),
        made(4, length=60),
    )
    total = found.total
    assert (total.handovers, total.failed, total.answered) == (5, 1, 2)
    assert (found.open, found.given_up) == (2, 1)
    assert dict(found.ends) == {"agent": 2, "open": 2, "failed": 1}
    assert sum(count for _, count in found.ends) == total.handovers


def test_waits_and_lengths_are_of_those_that_have_them():
    found = figures(
        made(0, wait=30, length=300),
        made(10, wait=90, length=100),
        made(20, length=500),
        made(30, state=State.FAILED),
        made(40, state=State.WAITING),
    ).total
    assert (found.wait.count, found.wait.median, found.wait.p90) == (2, 60, 90)
    assert (found.length.count, found.length.median) == (3, 300)


def test_a_clock_that_is_ahead_makes_no_negative_wait():
    assert figures(made(100, wait=-3)).total.wait.median == 0


def test_hours_and_days_are_those_of_the_time_zone():
    late = made(at("2026-01-31 23:30"))
    assert counts(figures(late), "hour") == {"23:00": 1}
    assert counts(figures(late), "day") == {"2026-01-31": 1}
    berlin = figures(late, zone=BERLIN)
    assert counts(berlin, "hour") == {"00:00": 1}
    assert counts(berlin, "day") == {"2026-02-01": 1}


def test_both_hours_count_where_the_clock_is_put_back():
    twice = [made(at("2026-10-25 00:30")), made(at("2026-10-25 01:30"))]
    assert counts(figures(*twice, zone=BERLIN), "hour") == {"02:00": 2}


def test_every_hour_and_every_day_between_is_listed():
    found = figures(made(at("2026-02-27 10:00")), made(at("2026-03-02 09:00")))
    assert [each.name for each in found.groups["hour"]][:2] == ["00:00", "01:00"]
    assert len(found.groups["hour"]) == 24
    assert [each.name for each in found.groups["day"]] == [
        *("2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02")
    ]


def test_the_largest_group_comes_first_then_by_name():
    found = figures(*(made(n, channel=name) for n, name in enumerate(["b", "a", "c", "c"])))
    assert [each.name for each in found.groups["channel"]] == ["c", "a", "b"]


def test_reasons_are_told_apart_by_kind():
    annoyed = [
        frustration.explain(reasons, locale=locale)
        for locale in ("en", "de", "es", "fr")
        for reasons in ((), ("swore",))
    ]
    own = "The invoice of Ana Smith could not be sent"
    found = figures(*(made(n, reason=each) for n, each in enumerate([*annoyed, ASKED, "", own])))
    assert counts(found, "reason") == {"frustration": 8, "request": 2, "bot": 1}


def test_the_bots_own_reasons_are_named_only_if_they_are_to_be_shown():
    contract, invoice = "The contract is cancelled.", "The invoice of Ana Smith"
    handovers = [made(n, reason=each) for n, each in enumerate([contract, contract, invoice])]
    assert counts(figures(*handovers), "reason") == {"bot": 3}
    shown = figures(*handovers, shown_reasons={contract})
    assert counts(shown, "reason") == {f"bot: {contract}": 2, "bot": 1}
