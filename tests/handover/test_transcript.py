"""A transcript comes before the summary, each message once, and the ticket begins there."""

from __future__ import annotations

import pytest

from tests.support.zendesk import SUMMARY, account, begin, single_attempt
from zendesk_handoff.domain.session import State
from zendesk_handoff.errors import ConversationsError
from zendesk_handoff.handover.opening import open_session

TALK = ("Customer: hello", "Bot: hello", "Customer: a person, please")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


async def check(sim, session):
    assert session.state is State.WAITING
    messages = await sim.messages(session.conversation_id)
    assert [each["content"]["text"] for each in messages] == [*TALK, SUMMARY]
    assert {each["author"]["type"] for each in messages} == {"business"}
    ticket = (await sim.conversation(session.conversation_id))["ticket"]
    assert ticket["first_message_id"] == messages[0]["id"] == session.transcript_message_id
    assert session.summary_message_id == messages[-1]["id"]


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
async def test_the_ticket_begins_with_the_transcript(sim, store, inside):
    async with single_attempt(await account(sim, inside=inside)) as client:
        await check(sim, await open_session(store, client, await begin(store, transcript=TALK)))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(len(TALK) + 1))
async def test_opening_resumes_within_it(sim, store, number, when):
    await sim.add_fault("drop", when=when, method="POST", path="*/messages", skip=number, count=1)
    session = await begin(store, transcript=TALK)
    async with single_attempt(await account(sim)) as client:
        with pytest.raises(ConversationsError):
            await open_session(store, client, session)
        stopped = await store.sessions.get(session.id)
        await check(sim, await open_session(store, client, stopped))


async def test_without_one_the_ticket_begins_with_the_summary(sim, store):
    async with single_attempt(await account(sim)) as client:
        session = await open_session(store, client, await begin(store))
    ticket = (await sim.conversation(session.conversation_id))["ticket"]
    assert ticket["first_message_id"] == session.summary_message_id
