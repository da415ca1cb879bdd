"""The verdict of a soak: answers, memory, refusals and errors, each of which can spoil it."""

from __future__ import annotations

import pytest

from tests.soak.__main__ import report
from tests.soak.record import AGENT, BOT, TAKEN, Record


def measured(*, answers=0.1, last=100.0):
    record = Record()
    for what in (BOT, AGENT, TAKEN):
        record.latencies[what] = [(float(at), answers) for at in range(100)]
    record.memory = [(float(at), 100.0 if at < 540 else last) for at in range(600)]
    return record


def test_a_run_without_a_fault():
    assert report(measured(), 0)


@pytest.mark.parametrize("what", [BOT, AGENT, TAKEN])
@pytest.mark.parametrize("latencies", [[(0.0, 0.4)] * 100, []])
def test_slow_answers_or_none(what, latencies):
    """An acknowledgement is no answer: each kind is judged by itself."""
    record = measured()
    record.latencies[what] = latencies
    assert not report(record, 0)


def test_memory_that_grows():
    """The last minute is compared with the first one."""
    record = measured(last=106.0)
    assert record.growth() == pytest.approx(0.06)
    assert not report(record, 0)
    record.memory = [(float(at), 100.0 + at / 10) for at in range(60)]  # a short run
    assert record.growth() == pytest.approx(0.03, abs=0.001)


@pytest.mark.parametrize("failure", [("messages", 429), ("events", 503), (BOT, 0)])
def test_an_ordinary_user_who_is_refused(failure):
    record = measured()
    record.failures[failure] += 1
    assert not report(record, 0)


def test_messages_lost_and_errors():
    assert not report(measured(), 1)
    record = measured()
    record.attacked("any", 500)
    assert not report(record, 0)


def test_the_time_before_the_attackers_is_kept_apart(capsys):
    record = Record(memory=[(0.0, 100.0), (1.0, 100.0)])
    record.latencies[BOT].append((1.0, 0.05))
    record.attackers_come()
    assert not record.latencies[BOT]
    record.latencies[BOT].append((1.0, 0.2))
    report(record, 0)
    rows = [each for each in capsys.readouterr().out.splitlines() if each.startswith(f"| {BOT}")]
    assert [row.split(" | ")[2] for row in rows] == ["50", "200"]
