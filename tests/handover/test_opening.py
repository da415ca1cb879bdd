"""Opening a session against the simulator, with a fault at every step."""

from __future__ import annotations

import pytest
from rasa_sdk import Tracker

from zendesk_handoff.actions.handoff import find_profile
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import ConversationsError, NotAuthorized
from zendesk_handoff.handover.opening import open_session, plan
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy

STEPS = {
    "/users": "user",
    "/conversations": "conversation",
    "*/messages": "summary",
    "*/passControl": "pass_control",
}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


async def account(sim, *, inside=False, **values):
    integration = {"target": "http://127.0.0.1:9/nobody", "secret": "w"}
    if inside:
        integration |= {"switchboard_name": "rasa", "key": {}}
    app = await sim.add_app(integrations=[integration], **values)
    seat = app.integrations[0]
    return Connector(
        id="support",
        name="Support",
        subdomain="x",
        app_id=app.id,
        key_id=(seat.key_id if inside else app.key_id) or "",
        key_secret=(seat.key_secret if inside else app.key_secret) or "",
        webhook_secrets=("w",),
        workspaces=("default",),
        base_url=sim.base_url,
        switchboard_integration="rasa" if inside else None,
    )


def impatient(connector):
    return ConversationsClient(connector, timeout=5, retry=RetryPolicy(max_elapsed=0))


_PROFILE = {"givenName": "Jo", "email": "jo@example.com"}


async def begin(store, sender="jo@example.com", *, profile=_PROFILE):
    return await store.sessions.request(
        sender,
        "support",
        workspace="default",
        channel="rest",
        reason="asked",
        summary="what it is about",
        profile=profile,
    )


async def check(sim, connector, session):
    assert session.state is State.WAITING
    (conversation,) = await sim.conversations(connector.app_id)
    assert conversation["control"]["active"] == "zd-agentWorkspace"
    texts = [each["content"]["text"] for each in await sim.messages(conversation["id"])]
    assert texts == ["what it is about"]
    assert conversation["user"]["externalId"] == session.sender_id


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
async def test_opening_in_one_go(sim, store, inside):
    connector = await account(sim, inside=inside)
    async with impatient(connector) as client:
        session = await open_session(store, client, await begin(store))
    await check(sim, connector, session)
    calls = [each for each in await sim.requests(connector.app_id) if "/sim" not in each["path"]]
    assert len(calls) == len(plan(connector)), "no call more than there are steps"


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", STEPS)
async def test_it_goes_on_where_it_stopped(sim, store, path, when, inside):
    connector = await account(sim, inside=inside)
    fault = await sim.add_fault("drop", when=when, method="POST", path=path, count=1)
    session = await begin(store)
    async with impatient(connector) as client:
        with pytest.raises(ConversationsError):
            await open_session(store, client, session)
        stopped = await store.sessions.get(session.id)
        assert stopped.state is State.OPENING
        session = await open_session(store, client, stopped)
    assert (await sim.faults())[0]["hits"] == 1, fault
    await check(sim, connector, session)


async def test_a_known_user_is_found(sim, store):
    connector = await account(sim)
    async with impatient(connector) as client:
        first = await client.create_or_find_user("jo@example.com")
        again = await client.create_or_find_user("jo@example.com", profile={"givenName": "Jo"})
    assert first.id == again.id


async def test_a_conversation_whose_metadata_others_have_filled_is_used_again(sim, store):
    connector = await account(sim, multi_conversations=False)
    theirs = {"crm": "x" * 4080}
    async with ConversationsClient(connector) as client:
        first = await open_session(store, client, await begin(store))
        path = f"/conversations/{first.conversation_id}"
        await client._call("PATCH", path, json={"metadata": theirs})
        await store.sessions.end(first.id, EndReason.AGENT)
        second = await open_session(store, client, await begin(store))
        assert second.state is State.WAITING
        assert second.conversation_id == first.conversation_id
        kept = (await client.get_conversation(second.conversation_id)).metadata
    assert kept["crm"] == theirs["crm"]


async def test_the_longest_name_and_address_fit_into_the_ticket(sim, store):
    connector = await account(sim)
    tracker = Tracker.from_dict({
        "sender_id": "user",
        "slots": {"name": "\U0001f600" * 400 + " " + "\U0001f600" * 4000},
        "latest_message": {"metadata": {"email": f"{'ü' * 120}@{'x' * 500}.example"}},
        "events": [],
    })  # fmt: skip
    profile = find_profile(tracker)
    session = await begin(store, profile=profile)
    async with ConversationsClient(connector) as client:
        await check(sim, connector, await open_session(store, client, session))


async def test_an_account_with_one_conversation_a_user_uses_it_again(sim, store):
    connector = await account(sim, multi_conversations=False)
    async with impatient(connector) as client:
        first = await open_session(store, client, await begin(store))
        await store.sessions.fail(first.id, end_notified=True)
        second = await open_session(store, client, await begin(store))
    assert first.id != second.id
    assert first.conversation_id == second.conversation_id
    assert len(await sim.conversations(connector.app_id)) == 1


async def test_a_wrong_key_is_not_tried_again(sim, store):
    connector = await account(sim)
    await sim.rotate_key(connector.app_id, connector.key_id, "another secret of thirty-two bytes")
    async with impatient(connector) as client:
        with pytest.raises(NotAuthorized) as caught:
            await open_session(store, client, await begin(store))
    assert caught.value.status == 401
    assert connector.key_secret not in str(caught.value)
    assert "jo@example.com" not in str(caught.value)


async def test_the_wait_that_zendesk_names_is_kept(sim, store):
    connector = await account(sim)
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    await sim.add_fault("status", status=429, retry_after=7, path="*/passControl", count=2)
    client = ConversationsClient(connector, retry=RetryPolicy(max_elapsed=60), sleep=sleep)
    async with client:
        await open_session(store, client, await begin(store))
    assert waits == [7, 7]


async def test_more_messages_than_a_page(sim, store):
    connector = await account(sim)
    async with impatient(connector) as client:
        session = await open_session(store, client, await begin(store))
        author = {"type": "user", "userId": session.user_id}
        for number in range(120):
            content = {"type": "text", "text": str(number)}
            await client.post_message(
                session.conversation_id, content, author=author, marker=f"m{number}"
            )
        pages = [page async for page in client.message_pages(session.conversation_id)]
        assert [len(page) for page in pages] == [100, 21]
        assert pages[0][-1].content["text"] == "119"
        assert (await client.find_message(session.conversation_id, "m110")) is not None


def test_the_pauses_grow_and_are_bounded():
    policy = RetryPolicy(first=1, factor=2, ceiling=20)
    pauses = [policy.pause(attempt, None, jitter=1.0) for attempt in range(1, 8)]
    assert pauses == [1, 2, 4, 8, 16, 20, 20]
    assert policy.pause(10_000, None, jitter=0.0) == 10


async def test_a_profile_that_zendesk_does_not_take_costs_nobody_the_agent(sim, store):
    connector = await account(sim)
    await sim.add_fault("status", status=400, method="POST", path="/users", count=1)
    async with impatient(connector) as client:
        session = await open_session(store, client, await begin(store))
    await check(sim, connector, session)
