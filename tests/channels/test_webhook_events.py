"""Our own events are left out of a webhook call; the rest is stored for our sessions."""

from __future__ import annotations

import json

import pytest

from tests.support.zendesk import account, begin
from zendesk_handoff.channels.webhook_events import store_events
from zendesk_handoff.handover.classify import ignore_own_events
from zendesk_handoff.zendesk.webhooks import ConversationRemoved, MessagePosted, parse_events

CONVERSATION_ID = "64b0c0ffee0000000000f001"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def event(number, kind="conversation:message", *, conversation=CONVERSATION_ID, **payload):
    return {
        "id": f"e{number}",
        "type": kind,
        "createdAt": "2026-01-05T10:00:00.000Z",
        "payload": {"conversation": {"id": conversation}, **payload},
    }


def message(number, author="business", **values):
    return {
        "id": f"m{number}",
        "received": "2026-01-05T10:00:00.000Z",
        "author": {"type": author, "displayName": "Ana"},
        "content": {"type": "text", "text": "hello"},
        **values,
    }


def parsed(*events):
    return parse_events(json.dumps({"events": events}).encode())


def test_echoes_of_users_and_of_our_own_messages_are_ignored():
    marker = {"rasa_handoff_message": "abc"}
    events = parsed(
        event(1, message=message(1)),
        event(2, message=message(2, "user")),
        event(3, message=message(3, metadata=marker)),
        event(4, "conversation:remove"),
    )
    agents, removal = ignore_own_events(events)
    assert isinstance(agents, MessagePosted)
    assert agents.message.id == "m1"
    assert isinstance(removal, ConversationRemoved)


async def test_only_events_of_our_sessions_are_stored(sim, store):
    connector = await account(sim)
    session = await begin(store)
    ours = {"id": CONVERSATION_ID, "metadata": {"rasa_handoff_session": session.id}}
    events = parsed(
        {**event(1), "payload": {"conversation": ours, "message": message(1)}},
        event(2, conversation="64b0c0ffee0000000000f002", message=message(2)),
    )
    assert await store_events(store, connector, events) == 1
    [stored] = await store.inbox.waiting(session.id)
    assert stored.body["id"] == "m1"
    await store_events(store, connector, events)
    assert len(await store.inbox.waiting(session.id)) == 1, "a repeated call stores nothing twice"
