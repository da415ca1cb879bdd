"""Entries of the inbox: which session accepts which, and how its session is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zendesk_handoff.domain.inbox import Candidate, InboxEntry, SessionIndex, accepts, epoch

ENDED_AT = epoch("2026-01-05T10:00:00.000Z")
OPEN = Candidate("ours", "support", "c1", True, None)
OVER = OPEN._replace(id="older", is_open=False, ended_at=ENDED_AT)


def entry(kind="message", **values):
    values = {"conversation_id": "c1", "sent_at": "2026-01-05T10:00:00.000Z", **values}
    return InboxEntry("support", "e1", kind, {}, **values)


def assigned(sessions, *entries):
    return [each.session_id for each in SessionIndex(sessions).assign(entries)]


@pytest.mark.parametrize("kind", ["message", "end", "dead_letter"])
def test_an_open_session_accepts_everything(kind):
    assert accepts(OPEN, entry(kind))


def test_an_ended_session_does_not_end_again():
    assert not accepts(OVER, entry("end"))


def test_a_session_that_moved_control_itself_is_not_ended_by_that():
    assert not accepts(OPEN, entry("end", caused_by=OPEN.id))
    assert accepts(OPEN, entry("end", caused_by="another session of the conversation"))


@pytest.mark.parametrize(
    ("sent_at", "expected"),
    [
        ("2026-01-05T09:00:00.000Z", True),
        ("2026-01-05T10:00:10.000Z", True),
        ("2026-01-05T10:00:10.001Z", False),
        ("", True),
        ("yesterday", True),
    ],
)
def test_messages_belong_to_a_session_until_shortly_after_its_end(sent_at, expected):
    assert accepts(OVER, entry(sent_at=sent_at)) is expected


def test_a_dead_letter_belongs_to_a_session_that_is_over():
    assert accepts(OVER, entry("dead_letter", sent_at="2036-01-01T00:00:00.000Z"))


def test_entries_that_no_session_accepts_are_left_out():
    entries = [entry(), entry(conversation_id="theirs"), entry("end", caused_by=OPEN.id)]
    assert SessionIndex([OPEN]).assign(entries) == [replace(entries[0], session_id=OPEN.id)]
    assert assigned([], entry()) == []


def test_of_two_sessions_with_one_conversation_the_newer_has_it():
    assert assigned([OVER, OPEN], entry(), entry("end")) == [OPEN.id, OPEN.id]


def test_the_older_session_gets_no_message_that_the_newer_one_rejects():
    newer = OVER._replace(id="newer", ended_at=ENDED_AT - 60)
    assert assigned([OVER, newer], entry()) == []


def test_a_session_is_found_before_its_conversations_id_is_recorded():
    opening = OPEN._replace(id="opening", conversation_id=None)
    named = entry(conversation_id="new", created_for=opening.id)
    reused = entry(created_for=opening.id)
    assert assigned([OVER, opening], named, reused) == [opening.id, opening.id]


def test_metadata_claims_no_session_whose_conversation_is_known():
    assert assigned([OPEN], entry(conversation_id="theirs", created_for=OPEN.id)) == []
    claimed = entry(conversation_id="theirs", created_for=str(OPEN.conversation_id))
    assert assigned([OPEN], claimed) == []


def test_each_connector_has_its_own_sessions():
    theirs = OPEN._replace(id="theirs", connector_id="wholesale")
    opening = OPEN._replace(id="opening", connector_id="wholesale", conversation_id=None)
    assert assigned([theirs, OPEN, opening], entry()) == [OPEN.id]
    assert assigned([theirs, opening], entry(created_for=opening.id)) == []


def test_an_entry_with_a_session_keeps_it():
    assert assigned([], entry("end", session_id="known")) == ["known"]


def test_nothing_written_is_shown():
    written = InboxEntry("support", "e1", "message", {"text": "secret"}, media_token="secret")
    assert "secret" not in repr(written)
