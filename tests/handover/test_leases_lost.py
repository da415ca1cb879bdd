"""A process whose lease expired leaves the session to the process that has taken it over."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from tests.support.waiting import until
from tests.support.zendesk import (
    SUMMARY,
    Clock,
    account,
    background,
    begin,
    connected,
    text,
    written,
)
from zendesk_handoff.domain.session import State
from zendesk_handoff.errors import LeaseLost, NotAuthorized, StoreUnavailable
from zendesk_handoff.handover.forward import forward
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.store import open_store
from zendesk_handoff.zendesk import ConversationsClient


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.mark.parametrize("status", [429, 503])
async def test_a_message_that_another_process_has_posted_is_not_posted_again(sim, url, status):
    async with await open_store(url) as mine, await open_store(url) as other:
        connector, session = await connected(sim, mine)
        await mine.leases.release(session.id)
        await mine.outbox.add(session.id, [text("one"), text("two")])
        messages = "/conversations/*/messages"
        await sim.add_fault("status", status=status, method="POST", path=messages, count=1)
        theirs = other.leases

        async def lose_lease(_clock):
            """Lose the lease during the pause before the next attempt."""
            await ours.release(session.id)
            assert await theirs.acquire(session.id)
            async with ConversationsClient(connector) as client:
                await forward(other, client, session)

        ours = mine.leases
        async with background(connector, Clock(lose_lease)) as client:
            await forward(mine, client, session)
        assert await written(sim, session) == ["one", "two"]


async def test_an_opening_that_another_process_has_finished_is_left_alone(sim, url):
    async with await open_store(url, lease=0.3) as mine, await open_store(url) as other:
        connector = await account(sim)
        session = await begin(mine)
        async with ConversationsClient(connector) as theirs:

            class SlowClient(ConversationsClient):
                async def create_conversation(self, *arguments, **values):
                    made = await super().create_conversation(*arguments, **values)
                    await until(partial(other.leases.acquire, session.id))
                    taken = await other.sessions.get(session.id)
                    assert (await open_session(other, theirs, taken)).state is State.WAITING
                    await other.sessions.record_agent(session.id, agent_id="a", agent_name="Ana")
                    return made

            async with SlowClient(connector) as client:
                with pytest.raises(LeaseLost):
                    await open_session(mine, client, session)
        with pytest.raises(LeaseLost):
            await mine.sessions.fail(session.id)
        found = await mine.sessions.get(session.id)
        assert found.state is State.ACTIVE
        texts = [each["content"]["text"] for each in await sim.messages(found.conversation_id)]
        assert texts == [SUMMARY], "one summary"


async def test_a_stop_keeps_a_lease_with_an_unknown_outcome(sim, url):
    async with await open_store(url, lease=0.5) as mine:
        connector, session = await connected(sim, mine)
        await mine.leases.release(session.id)
        await mine.outbox.add(session.id, [text("only once")])
        messages = "/conversations/*/messages"
        await sim.add_fault("drop", method="POST", path=messages, when="after", count=1)

        async def key_changes(_clock):
            await sim.rotate_key(connector.app_id, connector.key_id, "the-new-secret-of-the-key")

        ours = mine.leases
        async with background(connector, Clock(key_changes)) as client:
            with pytest.raises(NotAuthorized):
                await forward(mine, client, session)
        await ours.release_all()
    async with await open_store(url) as other:
        theirs = other.leases
        assert not await theirs.acquire(session.id)
        await until(partial(theirs.acquire, session.id))
        renewed = replace(connector, key_secret="the-new-secret-of-the-key")
        async with background(renewed, Clock()) as client:
            await forward(other, client, session)
    assert await written(sim, session) == ["only once"]


async def test_a_stop_releases_any_other_lease(sim, url):
    async with await open_store(url) as mine, await open_store(url) as other:
        _, session = await connected(sim, mine)
        ours = mine.leases
        assert await ours.acquire(session.id)
        await ours.release_all()
        assert await other.leases.acquire(session.id)


async def test_a_release_does_not_forget_an_unknown_outcome(sim, url):
    async with await open_store(url, lease=0.5) as dead, await open_store(url, lease=0.5) as older:
        connector, session = await connected(sim, dead)
        await dead.outbox.add(session.id, [text("only once")])
        (message,) = await dead.outbox.waiting(session.id)
        author = {"type": "user", "userId": session.user_id}
        async with ConversationsClient(connector) as client:  # which dies before it records this
            await client.post_message(
                session.conversation_id, message.body, author=author, marker=message.marker
            )
        without_connector = older.leases
        await until(partial(without_connector.acquire, session.id))
        await without_connector.acquire((await begin(older, "somebody else")).id)
        await without_connector.release(session.id)
        await without_connector.renew()
        async with await open_store(url) as newer:
            theirs = newer.leases
            await until(partial(theirs.acquire, session.id))
            async with background(connector, Clock()) as client:
                await forward(newer, client, session)
        assert await written(sim, session) == ["only once"]


async def test_a_lease_with_a_lost_answer_has_an_unknown_outcome(store, monkeypatch):
    session = await begin(store)
    await store.leases.release(session.id)
    write = store.database.write

    async def answer_is_lost(*arguments, **values):
        await write(*arguments, **values)
        monkeypatch.undo()
        raise StoreUnavailable("away")

    monkeypatch.setattr(store.database, "write", answer_is_lost)
    with pytest.raises(StoreUnavailable):
        await store.leases.acquire(session.id)
    assert await store.leases.acquire(session.id)
    assert store.leases.is_outcome_unknown(session.id)
