"""The query plans of a message's statements: each uses an index, however much is stored."""

from __future__ import annotations

from tests.support.store import inbox_entry, request_session
from zendesk_handoff.domain.responses import DELAYED
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.store.engine.schema import metadata

#: Indexes of rows with work left, which are few.
PARTIAL = {"outbox_undelivered", "inbox_undelivered", "sessions_by_deadline"}


async def handle_messages(store):
    """Do all that the store does for a message, in each direction."""
    session = await request_session(store, conversation="c1", connected=True)
    await store.sessions.mark_start_notified(session.id)
    await store.load_state("user")
    await store.sessions.by_reference("support", [session.reference])
    await store.outbox.add(session.id, [{"type": "text", "text": "hello"}], key="k")
    await store.leases.acquire(session.id)
    await store.work.find(now=-1)
    await store.work.load(session.id)
    await store.outbox.notify_delay(session, notice=DELAYED)
    for message in await store.outbox.waiting(session.id):
        await store.outbox.finish(message)

    await store.inbox.add([inbox_entry("", conversation_id="c1", created_for=session.id)])
    for event in await store.inbox.waiting(session.id):
        await store.inbox.finish(event, by_agent=True)
    await store.pending.add("user", {"text": "hello"}, key="k")
    claimed = await store.pending.claim("user", "rest")
    await store.pending.mark_delivered([each.id for each in claimed])
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.leases.release(session.id)


async def test_no_message_reads_a_whole_table(traced):
    store, statements = traced
    statements.clear()
    await handle_messages(store)
    executed = {each for each in statements if each.startswith(("SELECT", "UPDATE"))}

    def explain(connection):
        plans = {}
        for statement in executed:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
            plans[statement] = [row[3] for row in rows]
        return plans

    plans = await store.database.read(explain)
    steps = [step for plan in plans.values() for step in plan]
    assert {word for step in steps for word in step.split()} >= {
        *("current_sessions", "one_open_session_a_sender", "sessions_of_a_conversation"),
        "sessions_by_reference",
        *("outbox_of_a_session", "inbox_of_a_session", "pending_for_a_sender"),
        *PARTIAL,
    }
    for statement, plan in plans.items():
        assert not any(reads_whole_table(step) for step in plan), (statement, plan)


def reads_whole_table(step):
    """Tell a scan of a table from one of a subquery, or of an index with few rows."""
    words = step.split()
    return words[0] == "SCAN" and words[1] in metadata.tables and words[-1] not in PARTIAL
