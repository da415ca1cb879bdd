"""Users keep their ids at Zendesk over an upgrade; others get a digest."""

from __future__ import annotations

import pytest

from tests.support.migrations import reflect, run, upgrade_to
from tests.support.names import SENDERS
from tests.support.store import request_session
from tests.support.zendesk import account, single_attempt
from zendesk_handoff.domain.user_ids import external_id, legacy_external_id
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.store import open_store

OLD_SENDERS = (*SENDERS, "webchat-" + "0" * 32)
NOT_OPENED = "somebody whose opening has failed"


def fill(connection):
    """Leave the store as revision 0007 did, with sessions that are over."""
    upgrade_to(connection, "0007")
    tables = reflect(connection)
    for number, sender in enumerate((*OLD_SENDERS, NOT_OPENED)):
        session = {
            "id": f"{number:032x}",
            "connector_id": "support",
            "workspace": "default",
            "sender_id": sender,
            "channel": "rest",
            "state": "ended",
            "profile": {},
            "user_id": None if sender == NOT_OPENED else f"u{number}",
            "created_at": 1_700_000_000.0 + number,
            "end_notified": True,
            "finalized": True,
        }
        connection.execute(tables["sessions"].insert().values(session))
        waiting = {"sender_id": sender, "body": {"text": "hi"}, "created_at": 1_700_000_000.0}
        connection.execute(tables["pending_messages"].insert().values(waiting))


@pytest.fixture
async def upgraded(empty_url):
    await run(empty_url, fill)
    async with await open_store(empty_url) as store:
        yield store


async def opened(sim, store, sender, channel="rest"):
    connector = await account(sim)
    session = await request_session(store, sender, channel=channel)
    await store.leases.acquire(session.id)
    async with single_attempt(connector) as client:
        session = await open_session(store, client, session)
    (conversation,) = await sim.conversations(connector.app_id)
    assert conversation["user"]["externalId"] == session.external_id
    return session.external_id


@pytest.mark.parametrize("sender", OLD_SENDERS)
async def test_a_user_with_a_session_keeps_the_id(sim, upgraded, sender):
    assert await opened(sim, upgraded, sender) == legacy_external_id(sender)
    # Nor is it lost with the next one.
    (session,) = [each for each in await upgraded.sessions.recent() if each.is_open]
    newer = await upgraded.sessions.get(session.id)
    assert await upgraded.sessions.known_external_id(newer) == legacy_external_id(sender)


@pytest.mark.parametrize(
    "sender, channel", [("new", "rest"), (OLD_SENDERS[1], "callback"), (NOT_OPENED, "rest")]
)
async def test_others_get_a_digest(sim, upgraded, sender, channel):
    found = await opened(sim, upgraded, sender, channel)
    assert found == external_id(channel, sender) and found.startswith("rasa-")


async def test_pending_messages_wait_on_the_channel_of_their_session(upgraded):
    for sender in OLD_SENDERS:
        assert await upgraded.pending.claim(sender, "callback") == []
        assert len(await upgraded.pending.claim(sender, "rest")) == 1
