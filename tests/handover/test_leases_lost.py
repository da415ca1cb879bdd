"""A process that was held up finds that another one has gone on, and leaves it to it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from tests.handover.test_forward import Clock, background, connected, text, written
from tests.handover.test_opening import account, begin
from tests.scenarios.conftest import until
from zendesk_handoff.domain.session import State
from zendesk_handoff.errors import (
    ConnectionFailed,
    LeaseLost,
    NotAuthorized,
    StoreUnavailable,
    TooManyRequests,
    api_error_for_status,
)
from zendesk_handoff.handover.forward import forward
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.store import open_store
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.mark.parametrize("status", [429, 503])
async def test_what_another_has_posted_meanwhile_is_not_posted_again(sim, url, status):
    async with await open_store(url) as mine, await open_store(url) as other:
        connector, session = await connected(sim, mine)
        await mine.leases.release(session.id)
        await mine.outbox.add(session.id, [text("one"), text("two")])
        messages = "/conversations/*/messages"
        await sim.add_fault("status", status=status, method="POST", path=messages, count=1)
        theirs = ProcessLeases(other)

        async def is_held_up(_clock):
            """The lease runs out while we wait for the next attempt."""
            ours._until.clear()
            await mine.leases.release(session.id)
            assert await theirs.acquire(session.id)
            async with ConversationsClient(connector) as client:
                await forward(other, client, session, leases=theirs)

        ours = ProcessLeases(mine)
        async with background(connector, Clock(is_held_up)) as client:
            await forward(mine, client, session, leases=ours)
        assert await written(sim, session) == ["one", "two"]


async def test_an_opening_that_another_has_finished_is_left_alone(sim, url):
    async with await open_store(url, lease=0.3) as mine, await open_store(url) as other:
        connector = await account(sim)
        session = await begin(mine)
        async with ConversationsClient(connector) as theirs:

            class HeldUp(ConversationsClient):
                async def create_conversation(self, *arguments, **values):
                    made = await super().create_conversation(*arguments, **values)
                    await asyncio.sleep(0.4)  # longer than the lease
                    assert await ProcessLeases(other).acquire(session.id)
                    taken = await other.sessions.get(session.id)
                    assert (await open_session(other, theirs, taken)).state is State.WAITING
                    await other.sessions.record_agent(session.id, agent_id="a", agent_name="Ana")
                    return made

            async with HeldUp(connector) as client:
                with pytest.raises(LeaseLost):
                    await open_session(mine, client, session)
        with pytest.raises(LeaseLost):
            await mine.sessions.fail(session.id, end_notified=True)
        found = await mine.sessions.get(session.id)
        assert found.state is State.ACTIVE
        said = [each["content"]["text"] for each in await sim.messages(found.conversation_id)]
        assert said == ["what it is about"], "one summary"


async def test_a_stop_keeps_the_claim_on_what_is_in_doubt(sim, url):
    async with await open_store(url, lease=0.5) as mine:
        connector, session = await connected(sim, mine)
        await mine.leases.release(session.id)
        await mine.outbox.add(session.id, [text("only once")])
        messages = "/conversations/*/messages"
        await sim.add_fault("drop", method="POST", path=messages, when="after", count=1)

        async def key_changes(_clock):
            await sim.rotate_key(connector.app_id, connector.key_id, "the-new-secret-of-the-key")

        ours = ProcessLeases(mine)
        async with background(connector, Clock(key_changes)) as client:
            with pytest.raises(NotAuthorized):
                await forward(mine, client, session, leases=ours)
        await ours.release_all()
    async with await open_store(url) as other:
        theirs = ProcessLeases(other)
        assert not await theirs.acquire(session.id)
        await until(partial(theirs.acquire, session.id))
        renewed = replace(connector, key_secret="the-new-secret-of-the-key")
        async with background(renewed, Clock()) as client:
            await forward(other, client, session, leases=theirs)
    assert await written(sim, session) == ["only once"]


async def test_what_is_not_in_doubt_is_free_after_a_stop(sim, url):
    async with await open_store(url) as mine, await open_store(url) as other:
        _, session = await connected(sim, mine)
        ours = ProcessLeases(mine)
        assert await ours.acquire(session.id)
        await ours.release_all()
        assert await ProcessLeases(other).acquire(session.id)


@pytest.mark.parametrize(
    ("error", "least"),
    [
        (ConnectionFailed("POST /x", "TimeoutError", timed_out=True), 10.0),
        (ConnectionFailed("POST /x", "ServerDisconnectedError"), 0.0),
        (TooManyRequests("POST /x", 429, retry_after=3.0), 3.0),
    ],
)
def test_a_call_that_is_late_is_given_time_before_anybody_looks(error, least):
    policy = RetryPolicy(confirm_after=10.0)
    assert least <= policy.pause(1, error, jitter=0.5) <= max(least, policy.first)


async def test_who_gives_a_session_back_forgets_no_doubt(sim, url):
    async with await open_store(url, lease=0.5) as dead, await open_store(url, lease=0.5) as older:
        connector, session = await connected(sim, dead)
        await dead.outbox.add(session.id, [text("only once")])
        (message,) = await dead.outbox.waiting(session.id)
        author = {"type": "user", "userId": session.user_id}
        async with ConversationsClient(connector) as client:  # which dies before it notes this
            await client.post_message(
                session.conversation_id, message.body, author=author, marker=message.marker
            )
        without_connector = ProcessLeases(older)
        await until(partial(without_connector.acquire, session.id))
        await without_connector.release_unless_unknown(session.id)
        async with await open_store(url) as newer:
            theirs = ProcessLeases(newer)
            await until(partial(theirs.acquire, session.id))
            async with background(connector, Clock()) as client:
                await forward(newer, client, session, leases=theirs)
        assert await written(sim, session) == ["only once"]


async def test_a_claim_whose_answer_was_lost_is_in_doubt(url, store, monkeypatch):
    session = await begin(store)
    ours, claim = ProcessLeases(store), store.leases.acquire

    async def answer_is_lost(session_id):
        await claim(session_id)
        monkeypatch.undo()
        raise StoreUnavailable("away")

    monkeypatch.setattr(store.leases, "acquire", answer_is_lost)
    with pytest.raises(StoreUnavailable):
        await ours.acquire(session.id)
    assert await ours.acquire(session.id)
    assert ours.is_outcome_unknown(session.id)


@pytest.mark.parametrize("status", [408, 502, 504])
def test_a_gateway_that_gives_up_first_is_waited_for_too(status):
    pause = RetryPolicy(confirm_after=10.0).pause(
        1, api_error_for_status("POST /x", status), jitter=0.5
    )
    assert pause == 10.0
