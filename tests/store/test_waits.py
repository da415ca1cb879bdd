"""The waits in the store, on both databases."""

from __future__ import annotations

import time

import sqlalchemy as sa

from tests.support.zendesk import begin
from zendesk_handoff.domain.waits import LEAST
from zendesk_handoff.store.engine.schema import sessions


async def answered(store, sender, *, seconds, **values):
    """A handover of the last hour that an agent has answered after so many seconds."""
    session = await begin(store, sender)
    await store.sessions.connect(session.id)
    await store.sessions.record_agent(session.id, agent_id="a", agent_name="Ana")
    now = time.time()
    times = {"connected_at": now - seconds, "answered_at": now, **values}
    changing = sa.update(sessions).where(sessions.c.id == session.id).values(**times)
    await store.database.write(lambda connection: connection.execute(changing) and None)
    return await store.sessions.get(session.id)


async def test_the_first_answer_is_recorded(store):
    session = await begin(store)
    await store.sessions.connect(session.id)
    first = await store.sessions.record_agent(session.id, agent_id="a", agent_name="Ana")
    second = await store.sessions.record_agent(session.id, agent_id="b", agent_name="Bo")
    assert first.answered_at is not None
    assert second.answered_at == first.answered_at


async def test_the_usual_wait_of_a_connector(store):
    now = time.time()
    for number in range(LEAST):
        await answered(store, f"user-{number}", seconds=60)
    await answered(store, "long ago", seconds=60, connected_at=now - 30 * 86400)
    mine = await answered(store, "me", seconds=1e6)
    assert round(await store.waits.usual(mine, now=now)) == 60
    assert await store.waits.usual(mine, now=now + 29 * 86400) is None, "all that is long ago"


async def test_messages_and_other_connectors_do_not_count(store):
    now = time.time()
    others = {"connector_id": "wholesale"}
    found = [
        await answered(store, f"user-{n}", seconds=60, **(others if n % 2 else {"message": "x"}))
        for n in range(2 * LEAST + 2)
    ]
    mine = await answered(store, "me", seconds=5)
    assert await store.waits.usual(mine, now=now) is None
    assert round(await store.waits.usual(found[1], now=now)) == 60
