"""The upgrade of a store that is in use, from the version before; on both databases."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tests.support import previous_store as before
from tests.support.migrations import downgrade_to, index_definitions, reflect, run
from tests.support.store import inbox_entry
from zendesk_handoff.domain.identity import requester_profile
from zendesk_handoff.domain.session import EndReason, State, Step
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine import migrate


@pytest.fixture
def url(empty_url):
    return empty_url


@pytest.fixture
async def old_url(url):
    await run(url, before.fill)
    return url


@pytest.fixture
async def upgraded(old_url):
    async with await open_store(old_url) as store:
        yield store


async def states(store, *session_ids):
    return [(await store.sessions.get(each)).state for each in session_ids]


async def kinds(store, session_id):
    return [message.body["type"] for message in await store.outbox.waiting(session_id)]


async def test_sessions_keep_their_states(upgraded):
    open_ones = (before.REQUESTED, before.OPENING, before.WAITING, before.ACTIVE)
    assert await states(upgraded, *open_ones) == [
        # The action that requested it would have opened it: it is taken over like an opening.
        *(State.OPENING, State.OPENING, State.WAITING, State.ACTIVE)
    ]
    for session_id in open_ones:
        session = await upgraded.sessions.get(session_id)
        assert await upgraded.sessions.current(session.sender_id) == session
        again = await upgraded.sessions.request(
            session.sender_id,
            "support",
            workspace="default",
            channel="rest",
            reason="",
            summary="",
            profile={},
        )
        assert again == session, "a second request finds the open session"

    found = [await upgraded.sessions.get(each) for each in (before.WAITING, before.ACTIVE)]
    assert [each.start_notified for each in found] == [True, True]
    assert (found[0].reminded_at, found[0].profile) == (1_700_000_020.0, {"givenName": "Zoë"})
    # Nobody knows who has told it: it is no requester.
    assert (found[0].origins, found[0].subject) == (None, None)
    assert requester_profile(found[0].profile, found[0].origins) == {}
    assert (found[1].agent_name, found[1].agent_spoke_at) == ("Ana Smith", 1_700_000_040.0)


async def test_sessions_that_are_over_keep_what_is_left_to_do(upgraded):
    flags = {
        each: ((session := await upgraded.sessions.get(each)).end_notified, session.finalized)
        for each in (before.UNNOTIFIED, before.ENDED_BY_USER, before.FAILED, before.CLOSED)
    }
    assert flags == {
        before.UNNOTIFIED: (False, False),
        before.ENDED_BY_USER: (True, False),
        before.FAILED: (False, False),
        before.CLOSED: (True, True),
    }
    for session_id in flags:
        session = await upgraded.sessions.get(session_id)
        current, _ = await upgraded.load_state(session.sender_id)
        assert current == (None if session_id == before.CLOSED else session)


async def test_an_opening_goes_on_with_the_step_whose_outcome_is_unknown(upgraded):
    assert await upgraded.leases.acquire(before.OPENING)
    assert upgraded.leases.is_outcome_unknown(before.OPENING)
    session = await upgraded.sessions.get(before.OPENING)
    assert (session.step, session.pending_step) == (Step.USER, Step.CONVERSATION)
    await upgraded.sessions.finish_step(session.id, Step.CONVERSATION, conversation_id="c1")
    await upgraded.sessions.begin_step(session.id, Step.SUMMARY)
    await upgraded.sessions.connect(session.id)
    session = await upgraded.sessions.mark_start_notified(session.id)
    assert (session.state, session.pending_step) == (State.WAITING, None)
    assert await kinds(upgraded, session.id) == ["text"]


async def test_leases_hold_or_have_expired_as_before(upgraded):
    assert await upgraded.leases.acquire(before.REQUESTED)
    assert upgraded.leases.is_outcome_unknown(before.REQUESTED)
    assert await upgraded.leases.acquire(before.WAITING)
    assert not upgraded.leases.is_outcome_unknown(before.WAITING)
    assert not await upgraded.leases.acquire(before.ACTIVE)
    assert set(await upgraded.work.find(now=-1)) == {
        before.REQUESTED,
        before.OPENING,
        before.WAITING,
        before.UNNOTIFIED,
        before.ENDED_BY_USER,
        before.FAILED,
    }


async def test_messages_to_the_agents_wait_in_order(upgraded):
    waiting = await upgraded.outbox.waiting(before.WAITING)
    assert [message.body for message in waiting] == [
        {"type": "text", "text": "one"},
        {"type": "text", "text": "two"},
        {"type": "upload", "upload_id": before.UPLOAD},
    ]
    await upgraded.outbox.add(before.WAITING, [{"type": "text", "text": "three"}])
    await upgraded.sessions.end_by_us(before.WAITING, EndReason.OPERATOR)
    for message in waiting:
        await upgraded.outbox.finish(message)
    assert await kinds(upgraded, before.WAITING) == ["text", "closing_note"]


async def test_closing_notes_that_wait_are_recognized(upgraded):
    assert await kinds(upgraded, before.ENDED_BY_USER) == ["text", "closing_note"]
    assert await kinds(upgraded, before.FAILED) == ["text", "closing_note"]
    note = (await upgraded.outbox.waiting(before.ENDED_BY_USER))[-1]
    assert (note.body["reason"], note.marker) == ("user", f"{6:032x}")


async def test_events_for_the_user_wait_in_order_and_are_stored_once(upgraded):
    waiting = await upgraded.inbox.waiting(before.ACTIVE)
    assert [event.body["second"] for event in waiting] == [2, 3]
    waiting = await upgraded.inbox.waiting(before.UNNOTIFIED)
    assert [event.kind for event in waiting] == ["message", "end"]
    assert await upgraded.inbox.known("support", ["m1", "m3", "m9"]) == {"m1", "m3"}
    assert (await upgraded.inbox.by_media_token("t1")).session_id == before.ACTIVE
    again = [
        inbox_entry(before.ACTIVE, "e0", sent_at="2026-01-01T10:00:09Z"),
        inbox_entry(before.ACTIVE, "e9", "m2", sent_at="2026-01-01T10:00:09Z"),
    ]
    await upgraded.inbox.add(again)
    assert len(await upgraded.inbox.messages(before.ACTIVE)) == 3


async def test_dead_letters_and_refused_messages_are_reported(upgraded):
    statuses = {each.session.id: each for each in await upgraded.reports.statuses()}
    assert len(statuses) == 8
    assert (statuses[before.ACTIVE].dead_letters, statuses[before.ACTIVE].to_user) == (1, 2)
    assert sum(each.dead_letters for each in statuses.values()) == 1
    assert (statuses[before.CLOSED].refused, statuses[before.CLOSED].error) == (1, before.REFUSAL)
    figures = await upgraded.reports.counts()
    [to_agent], [to_user] = figures.to_agent, figures.to_user
    assert (to_agent.waiting, to_agent.failed) == (6, 1)
    assert (to_user.waiting, to_user.failed) == (4, 1)
    assert await upgraded.maintenance.retry(before.CLOSED) == 1
    assert await kinds(upgraded, before.CLOSED) == ["text"]


async def test_pending_messages_are_delivered_once(upgraded):
    assert await upgraded.load_state("pull") == (None, True)
    claimed = await upgraded.pending.claim("pull", "rest")
    assert [message.body["text"] for message in claimed] == [
        "lost with its server",
        "not given yet",
        "neither",
    ]
    await upgraded.pending.mark_delivered([message.id for message in claimed])
    await upgraded.pending.add("pull", {"text": "neither"}, key="key neither")
    assert await upgraded.pending.claim("pull", "rest") == []


async def test_chat_pages_keep_their_history_work_and_files(upgraded):
    roles = [item.body["role"] for item in await upgraded.chat.after("page", 0)]
    assert roles == ["start", "user", "bot", "user"]
    start = await upgraded.chat.start_of("page")
    assert (start.profile, start.user) == ({"email": "zoe@example.com"}, {})
    [unhandled] = await upgraded.chat.unhandled("page")
    assert unhandled.work["text"] == "a human, please"
    await upgraded.chat.finish_work(unhandled.id)
    assert await upgraded.chat.unhandled("page") == []
    assert await upgraded.chat.add("page", {"role": "user"}, request_id="r1") is None
    upload = await upgraded.chat.upload(before.UPLOAD, sender_id="page")
    assert (upload.name, upload.media_type) == ("crème brûlée.png", "image/png")
    assert upload.data == before.PICTURE


def snapshot(connection):
    """Read the whole database: columns, indexes, and rows."""
    tables = reflect(connection)
    rows = {
        name: connection.execute(table.select().order_by(table.c[0])).mappings().all()
        for name, table in tables.items()
    }
    columns = {name: [column.name for column in table.columns] for name, table in tables.items()}
    return columns, index_definitions(connection), rows


async def test_the_downgrade_restores_the_tables_and_rows(old_url):
    old = await run(old_url, snapshot)
    async with await open_store(old_url):
        pass
    assert await run(old_url, snapshot) != old
    await run(old_url, lambda connection: downgrade_to(connection, before.REVISION))
    assert await run(old_url, snapshot) == old


async def test_closing_notes_of_this_version_are_known_after_a_downgrade(old_url):
    async with await open_store(old_url) as store:
        await store.sessions.end_by_us(before.WAITING, EndReason.USER)
        await store.inbox.add([inbox_entry(before.ACTIVE, "new", kind="dead_letter")])
    await run(old_url, lambda connection: downgrade_to(connection, before.REVISION))
    _, _, rows = await run(old_url, snapshot)
    assert rows["outbox"][-1]["body"] == {"type": "leave", "reason": "user"}
    assert (rows["inbox"][-1]["kind"], rows["inbox"][-1]["state"]) == ("aside", "aside")


OPEN_STORE = """
import asyncio, sys
from zendesk_handoff.store import open_store

async def main():
    sys.stdin.readline()
    async with await open_store(sys.argv[1]) as store:
        assert len(await store.sessions.recent()) == 8

asyncio.run(main())
"""


async def test_processes_that_start_at_once_upgrade_it_once(old_url):
    command = (sys.executable, "-c", OPEN_STORE, old_url)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    processes = [await asyncio.create_subprocess_exec(*command, **pipes) for _ in range(2)]
    outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0]
    logs = b"".join(stdout for stdout, _ in outputs)
    assert logs.count(b"handoff.store.migrated") == 1
    assert await run(old_url, migrate.version) == migrate.newest()
