"""Reconciliation: what no event has reported gets into the inbox, once and of this session only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.workers import receive
from tests.support.zendesk import connected
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.handover.reconcile import fetch_missed, reconcile
from zendesk_handoff.zendesk import ConversationsClient


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def client_and_session(sim, store):
    connector, session = await connected(sim, store)
    async with ConversationsClient(connector) as client:
        yield client, session


async def kinds(store, session):
    return [entry.kind for entry in await store.inbox.waiting(session.id)]


async def test_messages_without_an_event_are_added_once(store, sim, client_and_session):
    client, session = client_and_session
    await sim.agent_text(session.conversation_id, "one")
    await sim.agent_text(session.conversation_id, "two")
    for _ in range(2):
        await fetch_missed(store, client, session)
    waiting = await store.inbox.waiting(session.id)
    assert [entry.body["text"] for entry in waiting] == ["one", "two"]


async def test_a_message_whose_event_comes_later_is_not_added_again(store, sim, client_and_session):
    client, session = client_and_session
    await sim.agent_text(session.conversation_id, "one")
    await fetch_missed(store, client, session)
    *_, listed = await sim.messages(session.conversation_id)
    payload = {"conversation": {"id": session.conversation_id}, "message": listed}
    event = {"id": "e1", "type": "conversation:message", "createdAt": "", "payload": payload}
    assert await receive(store, client.connector, event) == 1
    assert await kinds(store, session) == ["message"]


async def test_a_deletion_is_found_once_whether_the_message_is_known_or_not(
    store, sim, client_and_session
):
    client, session = client_and_session
    known = await sim.agent_text(session.conversation_id, "one")
    await fetch_missed(store, client, session)
    unknown = await sim.agent_text(session.conversation_id, "two")
    for message in (known, unknown):
        await sim.delete_message(session.conversation_id, message)
    for _ in range(2):
        await fetch_missed(store, client, session)
    assert await kinds(store, session) == ["message", "deletion", "message", "deletion"]
    waiting = await store.inbox.waiting(session.id)
    assert "two" not in str(waiting)
    assert [each.body["message_id"] for each in waiting if each.kind == "deletion"] == [
        *(known, unknown),
    ]


async def test_messages_from_long_after_the_end_are_left_out(store, sim, client_and_session):
    client, session = client_and_session
    await sim.agent_text(session.conversation_id, "before")
    over = await store.sessions.end(session.id, EndReason.USER)
    await sim.advance(60)
    await sim.agent_text(session.conversation_id, "after")
    await fetch_missed(store, client, over)
    [entry] = await store.inbox.waiting(session.id)
    assert entry.body["text"] == "before"


async def test_the_end_of_control_is_added_once(store, sim, client_and_session):
    client, session = client_and_session
    await sim.end_session(session.conversation_id)
    await reconcile(store, client, session)
    assert await kinds(store, session) == [], "who is in control may be stale at the start"
    for _ in range(2):
        await reconcile(store, client, replace(session, connected_at=1.0))
    [entry] = await store.inbox.waiting(session.id)
    assert (entry.kind, entry.body["reason"]) == ("end", "agent")


async def test_a_removed_conversation_ends_its_session(store, sim, client_and_session):
    client, session = client_and_session
    await sim.delete_conversation(session.conversation_id)
    await reconcile(store, client, session)
    [entry] = await store.inbox.waiting(session.id)
    assert (entry.kind, entry.body["reason"]) == ("end", "conversation_removed")
