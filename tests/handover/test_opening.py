"""Opening of a session against the simulator, with a failure at every step."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.names import SENDERS
from tests.support.zendesk import SUMMARY, account, begin, single_attempt
from zendesk_handoff.domain.identity import TRUSTED, Origin
from zendesk_handoff.domain.profile import build_profile
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.domain.user_ids import external_id
from zendesk_handoff.errors import ConversationsError, NotAuthorized
from zendesk_handoff.handover.opening import open_session, opening_steps
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.auth import Authorization

STEPS = {
    "/users": "user",
    "/conversations": "conversation",
    "*/messages": "summary",
    "*/passControl": "pass_control",
}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


async def check(sim, connector, session):
    assert session.state is State.WAITING
    (conversation,) = await sim.conversations(connector.app_id)
    assert conversation["control"]["active"] == "zd-agentWorkspace"
    texts = [each["content"]["text"] for each in await sim.messages(conversation["id"])]
    assert texts == [SUMMARY]
    assert conversation["user"]["externalId"] == external_id(session.channel, session.sender_id)


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
async def test_a_session_is_opened_with_one_call_per_step(sim, store, inside):
    connector = await account(sim, inside=inside)
    async with single_attempt(connector) as client:
        session = await open_session(store, client, await begin(store))
    await check(sim, connector, session)
    calls = [each for each in await sim.requests(connector.app_id) if "/sim" not in each["path"]]
    assert len(calls) == len(opening_steps(connector)), "one call per step"


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", STEPS)
async def test_opening_resumes_at_the_step_that_failed(sim, store, path, when, inside):
    connector = await account(sim, inside=inside)
    fault = await sim.add_fault("drop", when=when, method="POST", path=path, count=1)
    session = await begin(store)
    async with single_attempt(connector) as client:
        with pytest.raises(ConversationsError):
            await open_session(store, client, session)
        stopped = await store.sessions.get(session.id)
        assert stopped.state is State.OPENING
        session = await open_session(store, client, stopped)
    assert (await sim.faults())[0]["hits"] == 1, fault
    await check(sim, connector, session)


async def patch(connector, path, body):
    """Change something at Zendesk as another integration would."""
    url = f"{connector.base_url}/v2/apps/{connector.app_id}{path}"
    headers = {"Authorization": Authorization(connector).header()}
    async with aiohttp.ClientSession() as http:
        async with http.patch(url, json=body, headers=headers) as answer:
            assert answer.status == 200


async def test_a_conversation_with_full_metadata_is_used_again(sim, store):
    connector = await account(sim, multi_conversations=False)
    theirs = {"crm": "x" * 4080}
    async with ConversationsClient(connector) as client:
        first = await open_session(store, client, await begin(store))
        path = f"/conversations/{first.conversation_id}"
        await patch(connector, path, {"metadata": theirs})
        await store.sessions.end(first.id, EndReason.AGENT)
        second = await open_session(store, client, await begin(store))
        assert second.state is State.WAITING
        assert second.conversation_id == first.conversation_id
        kept = (await client.get_conversation(second.conversation_id)).metadata
    assert kept["crm"] == theirs["crm"]


async def test_a_name_and_an_address_of_any_length_fit_into_the_ticket(sim, store):
    connector = await account(sim)
    profile = build_profile(
        name="\U0001f600" * 400 + " " + "\U0001f600" * 4000,
        email=f"{'ü' * 120}@{'x' * 500}.example",
    )
    assert profile
    session = await begin(store, profile=profile)
    async with ConversationsClient(connector) as client:
        await check(sim, connector, await open_session(store, client, session))


async def test_an_account_without_multi_conversations_uses_the_existing_one(sim, store):
    connector = await account(sim, multi_conversations=False)
    async with single_attempt(connector) as client:
        first = await open_session(store, client, await begin(store))
        await store.sessions.fail(first.id)
        await store.requests.claim_outcome(first.id)
        second = await open_session(store, client, await begin(store))
    assert first.id != second.id
    assert first.conversation_id == second.conversation_id
    assert len(await sim.conversations(connector.app_id)) == 1


async def test_a_wrong_key_is_not_retried(sim, store):
    connector = await account(sim)
    await sim.rotate_key(connector.app_id, connector.key_id, "another secret of thirty-two bytes")
    async with single_attempt(connector) as client:
        with pytest.raises(NotAuthorized) as caught:
            await open_session(store, client, await begin(store))
    assert caught.value.status == 401
    assert connector.key_secret not in str(caught.value)
    assert "jo@example.com" not in str(caught.value)


async def test_a_rejected_profile_does_not_fail_the_handover(sim, store):
    connector = await account(sim)
    await sim.add_fault("status", status=400, method="POST", path="/users", count=1)
    async with single_attempt(connector) as client:
        session = await open_session(store, client, await begin(store))
    await check(sim, connector, session)


TOLD = {"name": "told", "email": "told"}


def written(sim_user):
    return {name: sim_user["profile"].get(name) for name in ("givenName", "email")}


@pytest.mark.parametrize("origins", [None, {}, TOLD])
async def test_told_values_are_no_requester_unless_the_settings_say_so(sim, store, origins):
    connector = await account(sim)
    session = await begin(store, origins=origins)
    async with single_attempt(connector) as client:
        session = await open_session(store, client, session)
    shown = await sim.conversation(session.conversation_id)
    assert written(shown["user"]) == {"givenName": None, "email": None}
    assert not [name for name in shown["ticket"]["fields"] if "requester" in name]


async def test_the_settings_can_let_told_values_be_the_requester(sim, store):
    connector = await account(sim)
    session = await begin(store, origins=TOLD)
    async with single_attempt(connector) as client:
        everything = TRUSTED | {Origin.TOLD}
        session = await open_session(store, client, session, requester_origins=everything)
    shown = await sim.conversation(session.conversation_id)
    assert written(shown["user"]) == {"givenName": "Jo", "email": "jo@example.com"}
    assert shown["ticket"]["fields"]["requester.email"] == "jo@example.com"


@pytest.mark.parametrize("subject", [None, "customer-1", *SENDERS])
async def test_a_proven_subject_is_the_external_id(sim, store, subject):
    connector = await account(sim)
    session = await begin(store, subject=subject)
    async with single_attempt(connector) as client:
        session = await open_session(store, client, session)
    shown = await sim.conversation(session.conversation_id)
    assert shown["user"]["externalId"] == external_id(
        session.channel, session.sender_id, subject=subject
    )
    assert subject is None or len(subject) > 1024 or shown["user"]["externalId"] == subject


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_message_that_is_left_is_posted_once_and_ends_the_session(sim, store, when, inside):
    connector = await account(sim, inside=inside)
    await sim.add_fault("drop", when=when, path="*/messages", skip=1, count=1)
    session = await begin(store, origins=TOLD, message="my parcel is late")
    async with single_attempt(connector) as client:
        with pytest.raises(ConversationsError):
            await open_session(store, client, session)
        session = await open_session(store, client, await store.sessions.get(session.id))
    assert (session.state, session.end_reason) == (State.ENDED, "message_left")
    assert not session.end_notified, "the action does that, or a worker"
    shown = await sim.conversation(session.conversation_id)
    assert shown["control"]["active"] == "zd-agentWorkspace"
    assert not shown["control"].get("pending"), "no events are wanted"
    assert [each["content"]["text"] for each in shown["messages"]] == [SUMMARY, session.message]
    assert [each["author"]["type"] for each in shown["messages"]] == ["business", "user"]
    assert shown["ticket"]["fields"]["requester.email"] == "jo@example.com", "told for that"
    assert shown["ticket"]["fields"]["tags"] == ["rasa_handoff", "rasa_offline_message"]
