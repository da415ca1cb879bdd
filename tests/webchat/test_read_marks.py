"""Until when an agent has read: for each user, and not for more of them than fit."""

from __future__ import annotations

import time

from zendesk_handoff.webchat import read_marks
from zendesk_handoff.webchat.read_marks import ReadMarks


def test_a_mark_is_of_one_user_and_of_the_last_time():
    told = []
    marks = ReadMarks(told.append)
    assert marks.until("one") is None
    before = time.time()
    marks.note("one")
    assert before <= marks.until("one") <= time.time()
    assert marks.until("two") is None
    assert told == ["one"]


def test_those_read_last_are_kept(monkeypatch):
    monkeypatch.setattr(read_marks, "_MAX_USERS", 2)
    marks = ReadMarks(lambda sender: None)
    for sender in ("one", "two", "one", "three"):
        marks.note(sender)
    assert [marks.until(sender) is not None for sender in ("one", "two", "three")] == [
        *(True, False, True)
    ]
