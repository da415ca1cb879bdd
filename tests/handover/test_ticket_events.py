"""A ticket that is solved ends its session and no other, unless the user has opened it again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.ticket_triggers import SESSION_FIELD
from tests.support.workers import Workers
from tests.support.zendesk import account, begin, connected, connector, text, written
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.handover.ticket_events import store_ticket_event
from zendesk_handoff.store import open_store
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy
from zendesk_handoff.zendesk.ticket_events import TAG_PREFIX, TicketEvent

BEFORE, AFTER = 1_577_836_800.0, 2_208_988_800.0
SECRETS = ("a signing secret of some length",)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def event(session, *, kind="solved", at=AFTER, number=1):
    return TicketEvent(str(number), kind, (session.reference,), at)


async def server_for(sim, store, **values):
    """Open a session, and make the workers of a server."""
    made, session = await connected(sim, store, **values)
    ours = replace(made, signing_secrets=SECRETS)
    client = ConversationsClient(ours, retry=RetryPolicy(max_elapsed=0))
    workers = Workers(store, client, ours)
    workers.session, workers.client, workers.connector = session, client, ours
    return workers


@pytest.fixture
async def server(sim, store):
    workers = await server_for(sim, store)
    async with workers.client:
        yield workers


async def ends_by(server, store, *events):
    """Deliver events; return the session."""
    for each in events:
        await store_ticket_event(store, server.connector, each)
    await server.run_to_user(server.session)
    return await store.sessions.get(server.session.id)


@pytest.mark.parametrize(
    ("kind", "reason"), [("solved", EndReason.SOLVED), ("closed", EndReason.TICKET_CLOSED)]
)
async def test_it_ends_the_session_with_its_reason(server, store, kind, reason):
    ended = await ends_by(server, store, event(server.session, kind=kind))
    assert (ended.state, ended.end_reason) == (State.ENDED, reason)
    assert server.bot.shown == ["utter_handoff_ended"]


async def test_the_same_call_again_and_a_later_one_end_nothing_more(server, store):
    calls = [event(server.session), event(server.session), event(server.session, number=2)]
    await ends_by(server, store, *calls)
    assert await store_ticket_event(store, server.connector, event(server.session, number=3)) == []
    await server.run_to_user(server.session)
    assert server.bot.shown == ["utter_handoff_ended"]


@pytest.mark.parametrize("kind", ["open", "pending", "", "Solved", "released"])
async def test_another_status_ends_nothing(server, store, kind):
    assert (await ends_by(server, store, event(server.session, kind=kind))).is_open


async def test_what_the_settings_leave_out_ends_nothing(server, store):
    server.connector = replace(server.connector, end_on=frozenset({"released", "closed"}))
    assert (await ends_by(server, store, event(server.session))).is_open
    assert not (await ends_by(server, store, event(server.session, kind="closed"))).is_open


async def test_another_connectors_ticket_ends_nothing(server, store):
    server.connector = replace(server.connector, id="wholesale")
    assert (await ends_by(server, store, event(server.session))).is_open


@pytest.mark.parametrize("references", [(), ("0" * 32,)])
async def test_a_ticket_of_nobody_ends_nothing(server, store, references):
    unknown = TicketEvent("1", "solved", references, AFTER)
    assert (await ends_by(server, store, unknown)).is_open


async def test_a_ticket_of_an_earlier_session_ends_nothing(server, store):
    first = server.session
    await store.sessions.end(first.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(first.id)
    second = await open_session(store, server.client, await begin(store))
    assert second.id != first.id and second.reference != first.reference
    server.session = second
    assert (await ends_by(server, store, event(first))).is_open


@pytest.mark.parametrize(("at", "is_open"), [(BEFORE, True), (AFTER, False)])
async def test_a_ticket_that_the_user_has_opened_again_is_not_done(server, sim, store, at, is_open):
    session = server.session
    await store.outbox.add(session.id, [text("one more thing")])
    await server.run_to_agents(session)
    assert await written(sim, session) == ["one more thing"]
    assert (await ends_by(server, store, event(session, at=at))).is_open is is_open
    assert await store.inbox.waiting(session.id) == []
    assert server.bot.handled == []


async def test_it_ends_when_it_is_solved_again(server, store):
    session = server.session
    await store.outbox.add(session.id, [text("one more thing")])
    await server.run_to_agents(session)
    calls = [event(session, at=BEFORE), event(session, number=2)]
    assert not (await ends_by(server, store, *calls)).is_open


async def test_while_zendesk_does_not_say_whether_it_is_open_again_it_is_not_ended(
    server, sim, store
):
    session = server.session
    await sim.add_fault("status", status=503, path="*/messages", method="GET", count=2)
    assert (await ends_by(server, store, event(session))).is_open
    assert [each.kind for each in await store.inbox.waiting(session.id)] == ["end"]
    await server.run_to_user(session)
    assert not (await store.sessions.get(session.id)).is_open


async def active(sim, session):
    return (await sim.conversation(session.conversation_id))["control"]["active"]


@pytest.mark.parametrize("inside", [False, True])
async def test_control_is_released_where_the_key_allows_it(sim, store, inside):
    server = await server_for(sim, store, inside=inside)
    async with server.client:
        await ends_by(server, store, event(server.session))
        assert await active(sim, server.session) == "zd-agentWorkspace"
        await server.run_to_agents(server.session)
        assert await active(sim, server.session) is None
        assert await store.outbox.waiting(server.session.id) == []
        texts = [
            each["content"].get("text")
            for each in await sim.messages(server.session.conversation_id)
        ]
        assert len(texts) == 1, "there is the summary, and no closing note"


async def test_a_key_that_may_not_release_control_leaves_it(sim, store):
    server = await server_for(sim, store)
    async with server.client:
        await sim.add_fault("status", status=403, path="*/releaseControl")
        await ends_by(server, store, event(server.session))
        await server.run_to_agents(server.session)
        assert await active(sim, server.session) == "zd-agentWorkspace"
        assert await store.outbox.waiting(server.session.id) == []


async def test_a_newer_session_of_the_conversation_keeps_its_agents(sim, store):
    server = await server_for(sim, store, multi_conversations=False)
    async with server.client:
        first = server.session
        await ends_by(server, store, event(first))
        await store.sessions.mark_end_notified(first.id)
        second = await open_session(store, server.client, await begin(store))
        assert second.conversation_id == first.conversation_id
        await server.run_to_agents(first)
        assert await active(sim, second) == "zd-agentWorkspace"


@pytest.mark.parametrize("field_id", [None, SESSION_FIELD])
async def test_the_ticket_has_the_reference(sim, store, field_id):
    made = replace(await account(sim), signing_secrets=SECRETS, session_field=field_id)
    async with ConversationsClient(made) as client:
        session = await open_session(store, client, await begin(store))
    ticket = (await sim.conversation(session.conversation_id))["ticket"]
    tags, custom = ticket["fields"]["tags"], ticket["fields"].get("custom")
    if field_id:
        assert (tags, custom) == (["rasa_handoff"], {field_id: session.reference})
    else:
        assert (tags, custom) == ([TAG_PREFIX + session.reference, "rasa_handoff"], None)


async def test_without_a_signing_secret_the_ticket_has_none(sim, store):
    made = replace(await account(sim), session_field=SESSION_FIELD)
    async with ConversationsClient(made) as client:
        session = await open_session(store, client, await begin(store))
    ticket = (await sim.conversation(session.conversation_id))["ticket"]
    assert session.reference not in str(ticket)


async def test_references_differ_and_are_no_ids(store):
    sessions = [await begin(store, sender) for sender in ("one", "two", "three")]
    assert len({each.reference for each in sessions}) == 3
    assert all(each.reference not in (each.id, "") for each in sessions)
    assert all(each.reference not in repr(each) for each in sessions)


async def test_two_servers_store_a_call_once(url, store):
    session = await begin(store)
    known = connector(signing_secrets=SECRETS)
    async with await open_store(url) as other:
        for each in (store, other, store):
            await store_ticket_event(each, known, event(session))
    assert len(await store.inbox.waiting(session.id)) == 1
