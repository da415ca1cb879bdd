"""The operator's view of the store, and what an operator does to it; on both databases."""

from __future__ import annotations

import asyncio
import time

import pytest

from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import SessionNotFound
from zendesk_handoff.store import open_store
from zendesk_handoff.store.inbox import NewEvent

TEXT = {"type": "text", "text": "what a user wrote"}


async def begin(store, sender="user", *, connected=True, connector="support"):
    session = await store.sessions.request(
        sender,
        connector,
        workspace="default",
        channel="rest",
        reason="asked",
        summary="the summary",
        profile={},
    )
    return await store.sessions.connect(session.id) if connected else session


async def refuse_next(store, session, error="POST /conversations/{id}/messages: 400 bad_request"):
    message = (await store.outbox.waiting(session.id))[0]
    await store.outbox.refuse([message], connector_id="support", error=error, notice=None)


async def test_a_session_is_found_by_the_beginning_of_its_id(store):
    session = await begin(store)
    assert (await store.reports.find(session.id)).id == session.id
    assert (await store.reports.find(session.id[:8])).id == session.id
    for prefix in ("", "%", "_" * 32, "zz", session.id[:31] + "g"):
        with pytest.raises(SessionNotFound, match="No session"):
            await store.reports.find(prefix)


async def test_an_ambiguous_beginning_is_told(store):
    for number in range(17):  # sixteen digits: two of them share the first
        await begin(store, f"user {number}")
    firsts = [one.session.id[0] for one in await store.reports.statuses()]
    twice = next(each for each in firsts if firsts.count(each) > 1)
    with pytest.raises(SessionNotFound, match="More than one"):
        await store.reports.find(twice)


async def test_open_sessions_come_first_and_all_of_them(store):
    over = [await begin(store, f"over {number}") for number in range(3)]
    for session in over:
        await store.sessions.end(session.id, EndReason.AGENT)
    still_open = [await begin(store, f"open {number}") for number in range(3)]
    listed = [one.session.id for one in await store.reports.statuses(limit=1)]
    assert listed == [each.id for each in (*reversed(still_open), over[-1])]
    assert len(await store.reports.statuses(limit=1, every=True)) == 6


async def test_what_waits_and_what_was_refused_is_counted(store):
    session = await begin(store)
    await store.outbox.add(session.id, [TEXT, TEXT, TEXT])
    await refuse_next(store, session, "the first fault")
    await refuse_next(store, session, "the last fault")
    events = [
        NewEvent("e1", session.id, "message", {}, "t", "m1"),
        NewEvent("e2", session.id, "message", {}, "t", "m2"),
        NewEvent("e3", session.id, "dead_letter", {}, "t"),
    ]
    await store.inbox.add("support", events)
    before = time.time()
    await store.inbox.finish((await store.inbox.waiting(session.id))[0])
    [status] = await store.reports.statuses()
    assert (status.to_agent, status.refused, status.error) == (1, 2, "the last fault")
    assert (status.to_user, status.dead_letters) == (1, 1)
    assert status.last_activity >= before


async def test_a_session_without_messages_is_listed_too(store):
    session = await begin(store, connected=False)
    [status] = await store.reports.statuses()
    assert status.last_activity == session.created_at
    assert (status.to_agent, status.to_user, status.error) == (0, 0, None)


async def test_the_figures_for_metrics(store):
    ended = await begin(store, "ended")
    await store.sessions.end(ended.id, EndReason.AGENT)
    active = await begin(store, "active", connector="sales")
    stored_at = time.time()
    await store.outbox.add(active.id, [TEXT, TEXT])
    await refuse_next(store, active)
    await store.inbox.add("support", [NewEvent("e", ended.id, "message", {}, "t", "m")])
    counts = await store.reports.counts()
    assert counts.sessions == {
        ("support", "ended", "agent"): 1,
        ("sales", "waiting", ""): 1,
    }
    [to_agent], [to_user] = counts.to_agent, counts.to_user
    assert (to_agent.connector_id, to_agent.waiting, to_agent.failed) == ("sales", 1, 1)
    assert stored_at <= to_agent.oldest <= time.time()
    assert (to_user.connector_id, to_user.waiting, to_user.failed) == ("support", 1, 0)


async def test_what_was_written_to_a_session_that_never_opened_waits_for_nothing(store):
    session = await begin(store, connected=False)
    await store.outbox.add(session.id, [TEXT])
    assert (await store.reports.counts()).to_agent[0].waiting == 1
    await store.sessions.fail(session.id, end_notified=True)
    assert (await store.reports.counts()).to_agent == []


async def test_what_was_refused_is_tried_again_in_order(store):
    session = await begin(store)
    await store.outbox.add(session.id, [{"type": "text", "text": str(n)} for n in range(3)])
    for _ in range(3):
        await refuse_next(store, session)
    assert await store.outbox.waiting(session.id) == []
    assert await store.maintenance.retry(session.id) == 3
    again = []
    for message in await store.outbox.waiting(session.id):
        again.append(message.body["text"])
        await store.outbox.finish(message)
    assert again == ["0", "1", "2"]
    assert await store.maintenance.retry(session.id) == 0


async def test_a_retry_wakes_other_processes_even_where_nothing_was_refused(store, url):
    session = await begin(store)
    async with await open_store(url) as other:
        heard = asyncio.Event()
        other.signals.on_any(lambda _topic: heard.set())
        for _ in range(20):  # its watch may not have begun with the first of them
            assert await store.maintenance.retry(session.id) == 0
            try:
                await asyncio.wait_for(heard.wait(), 0.5)
                return
            except asyncio.TimeoutError:
                continue
    raise AssertionError("Nobody was woken.")


async def over_and_told(store, sender):
    session = await begin(store, sender)
    await store.outbox.add(session.id, [TEXT])
    await store.outbox.finish(*await store.outbox.waiting(session.id))
    await store.inbox.add(
        "support", [NewEvent(f"e-{sender}", session.id, "message", {}, "t", f"m-{sender}")]
    )
    await store.chat.add(sender, {"role": "user"})
    await store.chat.keep_upload(sender, name="n", media_type="text/plain", data=b"d")
    await store.pending.add(sender, {"text": "held"})
    await store.sessions.end(session.id, EndReason.AGENT)
    return await store.sessions.mark_end_notified(session.id)


async def test_what_is_over_and_old_is_forgotten(store):
    gone = await over_and_told(store, "gone")
    later = time.time()
    kept = await over_and_told(store, "kept")
    purged = await store.maintenance.purge(older_than=later)
    assert (purged.sessions, purged.chat, purged.uploads, purged.pending_messages) == (1, 1, 1, 1)
    assert await store.sessions.get(gone.id) is None
    assert await store.outbox.all(gone.id) == []
    assert await store.inbox.messages(gone.id) == []
    assert await store.chat.after("gone", 0) == []
    assert (await store.sessions.get(kept.id)).state is State.ENDED
    assert len(await store.chat.after("kept", 0)) == 1
    assert len(await store.pending.claim("kept")) == 1


async def test_nothing_is_forgotten_that_somebody_waits_for(store):
    still_open = await begin(store, "open")
    await store.chat.add("open", {"role": "user"})
    await store.pending.add("open", {"text": "held"})
    untold = await begin(store, "untold")
    await store.sessions.end(untold.id, EndReason.AGENT)
    unsent = await begin(store, "unsent")
    await store.outbox.add(unsent.id, [TEXT])
    await store.sessions.end(unsent.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(unsent.id)
    purged = await store.maintenance.purge(older_than=time.time() + 1)
    assert (purged.sessions, purged.chat, purged.pending_messages) == (0, 0, 0)
    for session in (still_open, untold, unsent):
        assert await store.sessions.get(session.id) is not None


async def test_what_was_never_sent_of_a_failed_opening_is_forgotten(store):
    failed = await begin(store, connected=False)
    await store.outbox.add(failed.id, [TEXT])
    await store.sessions.fail(failed.id, end_notified=True)
    assert (await store.maintenance.purge(older_than=time.time() + 1)).sessions == 1


async def test_a_page_in_use_stays_as_a_whole(store):
    await store.chat.add("user", {"role": "start"})
    later = time.time()
    await store.chat.add("user", {"role": "user"})
    assert (await store.maintenance.purge(older_than=later)).chat == 0


async def test_many_sessions_are_forgotten_in_pieces(store, monkeypatch):
    from zendesk_handoff.store import maintenance

    monkeypatch.setattr(maintenance, "_PIECE", 2)
    for number in range(5):
        await over_and_told(store, f"user {number}")
    assert (await store.maintenance.purge(older_than=time.time() + 1)).sessions == 5
