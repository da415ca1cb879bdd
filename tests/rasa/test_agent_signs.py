"""That an agent types, or has read: shown to the conversation's user; a failure harms nobody."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from tests.support.store import request_session
from tests.support.webhook_events import CONVERSATION_ID
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.rasa.agent_signs import _MAX_TASKS, AgentSigns
from zendesk_handoff.zendesk import Conversation
from zendesk_handoff.zendesk.webhooks import AgentRead, AgentTyping


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class Channels:
    def __init__(self):
        self.shown, self.error = [], None

    async def show_typing(self, session, *, is_on):
        if self.error:
            raise self.error
        self.shown.append((session.id, is_on))

    async def show_read(self, session):
        self.shown.append((session.id, "read"))


@pytest.fixture
def channels():
    return Channels()


@pytest.fixture
async def signs(store, channels):
    made = AgentSigns(store, channels)
    yield made
    await made.stop()


def typing(conversation_id=CONVERSATION_ID, *, is_on=True):
    return AgentTyping("e", "t", Conversation(id=conversation_id), is_on=is_on)


async def shown(signs, *events, connector="support"):
    signs.show(connector, events)
    await asyncio.gather(*signs._tasks)


async def test_it_is_shown_to_the_user_of_the_conversation(store, signs, channels):
    session = await request_session(store, conversation=CONVERSATION_ID, connected=True)
    await shown(signs, typing(), typing("another"))
    await shown(signs, typing(is_on=False))
    assert channels.shown == [(session.id, True), (session.id, False)]


async def test_the_last_of_a_call_counts(store, signs, channels):
    session = await request_session(store, conversation=CONVERSATION_ID, connected=True)
    await shown(signs, typing(), typing(is_on=False))
    assert channels.shown == [(session.id, False)]


async def test_what_was_read_is_a_sign_of_its_own(store, signs, channels):
    session = await request_session(store, conversation=CONVERSATION_ID, connected=True)
    read = AgentRead("e", "t", Conversation(id=CONVERSATION_ID))
    await shown(signs, read, typing(), read)
    assert sorted(channels.shown, key=str) == [(session.id, "read"), (session.id, True)]


async def test_nobody_else_sees_it(store, signs, channels):
    session = await request_session(store, conversation=CONVERSATION_ID, connected=True)
    await shown(signs, typing(), connector="wholesale")
    await store.sessions.end(session.id, EndReason.AGENT)
    await shown(signs, typing())
    assert channels.shown == []


async def test_a_channel_that_fails_harms_nobody(store, signs, channels):
    await request_session(store, conversation=CONVERSATION_ID, connected=True)
    channels.error = RuntimeError("what was written")
    with capture_logs() as logs:
        await shown(signs, typing())
    assert [line["event"] for line in logs] == ["handoff.sign.not_shown"]
    assert "written" not in str(logs)


async def test_a_flood_is_not_queued(signs):
    signs.show("support", [typing(f"c{number}") for number in range(1_000)])
    assert len(signs._tasks) == _MAX_TASKS
