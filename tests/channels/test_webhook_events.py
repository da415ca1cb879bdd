"""Our own events are left out of a webhook call; the rest is stored for our sessions."""

from __future__ import annotations

import pytest

from tests.support.webhook_events import CONVERSATION_ID, envelope, event, message
from tests.support.zendesk import account, begin
from zendesk_handoff.channels.webhook_events import store_events
from zendesk_handoff.handover.classify import ignore_own_events
from zendesk_handoff.zendesk.webhooks import ConversationRemoved, MessagePosted, parse_events


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def test_echoes_of_users_and_of_our_own_messages_are_ignored():
    marker = {"rasa_handoff_message": "abc"}
    body = envelope(
        event("conversation:message", message=message()),
        event("conversation:message", message=message("user", id="m2")),
        event("conversation:message", message=message(id="m3", metadata=marker)),
        event("conversation:remove"),
    )
    agents, removal = ignore_own_events(parse_events(body))
    assert isinstance(agents, MessagePosted)
    assert agents.message.id == "m1"
    assert isinstance(removal, ConversationRemoved)


async def test_only_events_of_our_sessions_are_stored(sim, store):
    connector = await account(sim)
    session = await begin(store)
    ours = {"metadata": {"rasa_handoff_session": session.id}}
    other = {"id": f"{CONVERSATION_ID}2"}
    body = envelope(
        event("conversation:message", conversation=ours, message=message()),
        event("conversation:message", conversation=other, message=message(id="m2")) | {"id": "e2"},
    )
    events = parse_events(body)
    assert await store_events(store, connector, events) == 1
    [stored] = await store.inbox.waiting(session.id)
    assert stored.body["id"] == "m1"
    await store_events(store, connector, events)
    assert len(await store.inbox.waiting(session.id)) == 1, "a repeated call stores nothing twice"
