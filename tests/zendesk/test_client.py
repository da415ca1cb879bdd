"""The client against the simulator: users, listings, retries."""

from __future__ import annotations

import pytest

from tests.support.zendesk import Clock, account, begin, single_attempt
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


async def test_an_existing_user_is_found(sim, store):
    connector = await account(sim)
    async with single_attempt(connector) as client:
        first = await client.create_or_find_user("jo@example.com")
        again = await client.create_or_find_user("jo@example.com", profile={"givenName": "Jo"})
    assert first.id == again.id


async def test_retry_after_is_respected(sim):
    connector, clock = await account(sim), Clock()
    await sim.add_fault("status", status=429, retry_after=7, path="/users", count=2)
    policy = RetryPolicy(max_elapsed=60)
    async with ConversationsClient(connector, retry=policy, sleep=clock.sleep) as client:
        await client.create_or_find_user("jo@example.com")
    assert clock.pauses == [7, 7]


async def test_messages_are_read_page_by_page(sim, store):
    connector = await account(sim)
    async with single_attempt(connector) as client:
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
