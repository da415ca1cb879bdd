"""That a user has read: reported once for each newest message; a failure harms nobody."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from structlog.testing import capture_logs

from tests.support.store import request_session
from tests.support.webhook_events import CONVERSATION_ID
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.rasa.user_reads import _CLOCKS, _MAX_TASKS, UserReads

USER = {"type": "user", "userId": "zendesk-user"}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class Zendesk:
    """The clients, and what they were asked to report."""

    def __init__(self):
        self.reported, self.error = [], None

    def interactive(self, connector_id):
        return self if connector_id == "support" else None

    async def mark_read(self, conversation_id, *, author):
        if self.error:
            raise self.error
        self.reported.append((conversation_id, author))


@pytest.fixture
def zendesk():
    return Zendesk()


@pytest.fixture
async def reads(store, zendesk):
    made = UserReads(store, zendesk)
    yield made
    await made.stop()


async def settled(reads):
    while reads._tasks:
        await asyncio.gather(*reads._tasks)


async def opened(store, sender="user", **values):
    session = await request_session(
        store, sender, conversation=CONVERSATION_ID, connected=True, channel="facebook"
    )
    return dataclasses.replace(session, user_id="zendesk-user", **values)


async def test_each_newest_message_is_reported_once(store, reads, zendesk):
    session = await opened(store)
    for newest in (5, 5, 7, 6, 7):
        reads.note(session, newest)
    await settled(reads)
    assert zendesk.reported == [(CONVERSATION_ID, USER)] * 2


async def test_a_session_that_is_over_or_not_yet_open_is_not_reported(store, reads, zendesk):
    session = await opened(store)
    reads.note(dataclasses.replace(session, user_id=None), 5)
    reads.note(dataclasses.replace(session, conversation_id=None), 5)
    ended = await store.sessions.end(session.id, EndReason.AGENT)
    reads.note(dataclasses.replace(session, state=ended.state), 5)
    await settled(reads)
    assert zendesk.reported == []


async def test_a_connector_that_this_server_lacks_is_left_alone(store, reads, zendesk):
    reads.note(await opened(store, connector_id="wholesale"), 5)
    await settled(reads)
    assert zendesk.reported == []


async def test_what_fails_is_not_reported_again(store, reads, zendesk):
    session = await opened(store)
    zendesk.error = RuntimeError("what was written")
    with capture_logs() as logs:
        reads.note(session, 5)
        await settled(reads)
    assert [line["event"] for line in logs] == ["handoff.read.not_reported"]
    assert "written" not in str(logs)
    zendesk.error = None
    reads.note(session, 5)
    await settled(reads)
    assert zendesk.reported == []


async def test_a_flood_is_not_queued(store, reads):
    session = await opened(store)
    for number in range(1_000):
        reads.note(session, number + 1)
    assert len(reads._tasks) == _MAX_TASKS


@pytest.mark.parametrize(
    ("channel", "sender", "until", "times"),
    [
        ("facebook", "user", 1000.0, 1),
        ("facebook", "user", 1000.0 - _CLOCKS, 1),
        ("facebook", "user", 1000.0 - _CLOCKS - 1, 0),
        ("facebook", "another", 1000.0, 0),
        ("telegram", "user", 1000.0, 0),
    ],
)
async def test_a_platform_says_until_when(
    store, reads, zendesk, monkeypatch, channel, sender, until, times
):
    session = await opened(store, agent_spoke_at=1000.0)

    async def current(sender_id):
        return session if sender_id == session.sender_id else None

    monkeypatch.setattr(store.sessions, "current", current)
    for later in (0, 1):  # the same message
        reads.note_until(channel, sender, until + later * times)
    await settled(reads)
    assert zendesk.reported == [(CONVERSATION_ID, USER)] * times


async def test_before_an_agent_has_written_there_is_nothing_to_report(store, reads, zendesk):
    session = await opened(store)
    reads.note_until("facebook", session.sender_id, 1e12)
    await settled(reads)
    assert zendesk.reported == []
