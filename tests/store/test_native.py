"""The tables of native conversations, on both databases."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from tests.support.names import TEXTS
from tests.support.store import request_session
from zendesk_handoff.domain.native import Merger, UserEvent
from zendesk_handoff.domain.session import Step
from zendesk_handoff.store import open_store

EVENT = UserEvent(
    connector_id="support",
    event_id="e1",
    conversation_id="c1",
    kind="message",
    body={"text": "hi", "metadata": {}, "user": {}},
    source="web",
    user_id="u1",
    message_id="m1",
    sent_at="2026-01-01T00:00:01.000Z",
)
SENDER = EVENT.sender_id


async def texts(store, sender=SENDER):
    return [each.body["text"] for each in await store.native.to_handle(sender)]


def written(number, text="hi", *, conversation="c1", second=0):
    return replace(
        EVENT,
        event_id=f"e{number}",
        message_id=f"m{number}",
        conversation_id=conversation,
        body={**EVENT.body, "text": text},
        sent_at=f"2026-01-01T00:00:{second or number:02}.000Z",
    )


async def test_an_event_and_a_message_are_stored_once(store):
    await store.native.add([EVENT])
    await store.native.add([EVENT, replace(EVENT, event_id="e2"), replace(EVENT, message_id="m2")])
    assert len(await store.native.to_handle(SENDER)) == 1


async def test_calls_that_wait_together_are_all_stored(store):
    await asyncio.gather(*(store.native.add([written(number)]) for number in range(1, 20)))
    assert len(await store.native.to_handle(SENDER)) == 19


@pytest.mark.parametrize("text", TEXTS)
async def test_any_text_comes_back(store, text):
    await store.native.add([written(1, text)])
    [stored] = await texts(store)
    assert stored == text.replace("\x00", "") or stored == text


async def test_of_a_flood_no_more_wait_than_the_limit_says(store):
    events = [written(number, f"number {number}", second=number) for number in range(1, 8)]
    added = [(await store.native.add([each], max_waiting=3))[0] for each in events]
    assert [each.kind for each in added] == ["message"] * 3 + ["refused"] * 4
    waiting = await store.native.to_handle(SENDER)
    assert [each.kind for each in waiting] == ["message"] * 3 + ["refused"]
    assert "number 4" not in str(waiting), "of what is refused no words are stored"
    known = await store.native_missed.known("support", [each.message_id for each in events])
    assert len(known) == 7, "what is refused is not missed"
    for each in waiting:
        await store.native.finish(each)
    await store.native.add(events, max_waiting=3)
    assert await store.native.to_handle(SENDER) == []
    [admitted] = await store.native.add([written(9)], max_waiting=3)
    assert admitted.kind == "message"


async def test_of_very_much_the_first_part_is_read(store):
    await store.native.add([written(number, second=number) for number in range(1, 31)])
    first = await store.native.to_handle(SENDER)
    assert [each.message_id for each in first] == [f"m{number}" for number in range(1, 21)]


async def test_messages_are_ordered_by_zendesks_clock(store):
    await store.native.add([written(1, "second", second=9), written(2, "first", second=8)])
    assert await texts(store) == ["first", "second"]


async def test_a_message_that_is_done_keeps_no_words_and_is_not_stored_again(store):
    await store.native.add([EVENT])
    [row] = await store.native.to_handle(SENDER)
    await store.native.finish(row)
    await store.native.add([EVENT])
    assert await store.native.to_handle(SENDER) == []
    exported = await store.personal_data.export(SENDER)
    assert exported["user_messages"][0]["body"] == {}


async def test_the_bot_says_a_keyed_message_once_and_others_always(store):
    await store.native.add([EVENT])
    for key in ("turn:0", "turn:0", "turn:1", "", ""):
        assert await store.native.say(SENDER, {"content": {"type": "text"}}, key=key)
    waiting = await store.native.to_post(SENDER)
    assert len(waiting) == 4 and len({each.marker for each in waiting}) == 4
    for each in waiting:
        await store.native.finish_post(each)
    assert await store.native.to_post(SENDER) == []
    await store.native.say(SENDER, {"content": {}}, key="turn:0")
    assert await store.native.to_post(SENDER) == [], "said before"


async def test_nothing_is_said_where_there_is_no_conversation(store):
    assert not await store.native.say(SENDER, {"content": {}})


async def test_a_conversation_remembers_where_the_bots_part_begins(store):
    await store.native.add([written(1), written(2)])
    [_, second] = await store.native.to_handle(SENDER)
    await store.native.begin_turn(second, fast_turns=2)
    found = await store.native.conversation(SENDER)
    assert (found.first_message_id, found.last_message_id, found.fast_turns) == ("m1", "m2", 2)
    await store.native.mark_handed_over(SENDER)
    await store.native.add([written(3)])
    found = await store.native.conversation(SENDER)
    assert (found.first_message_id, found.fast_turns) == ("m3", 0)


async def test_one_process_at_a_time_works_on_a_conversation(store, url):
    await store.native.add([EVENT])
    async with await open_store(url) as other:
        assert await store.native.leases.acquire(SENDER)
        assert not await other.native.leases.acquire(SENDER)
        assert await other.native.find() == [] and await store.native.find() == [SENDER]
        await store.native.leases.release_done(SENDER)
        assert not await other.native.leases.acquire(SENDER), "something waits for the bot"
        [row] = await store.native.to_handle(SENDER)
        await store.native.finish(row)
        await store.native.leases.release_done(SENDER)
        assert await other.native.leases.acquire(SENDER)
        assert not other.native.leases.is_outcome_unknown(SENDER)


async def test_what_is_left_by_a_process_that_died_is_taken_over(url):
    async with await open_store(url, lease=0.05) as dying:
        await dying.native.add([EVENT])
        await dying.native.leases.acquire(SENDER)
        await asyncio.sleep(0.1)
        async with await open_store(url) as other:
            assert await other.native.leases.acquire(SENDER)
            assert other.native.leases.is_outcome_unknown(SENDER)


@pytest.mark.parametrize("is_surviving_known", [False, True])
@pytest.mark.parametrize("has_session", [False, True])
async def test_a_merged_conversation_goes_on_under_the_surviving_one(
    store, is_surviving_known, has_session
):
    await store.native.add([written(1, "before", conversation="gone")])
    gone = written(1, conversation="gone").sender_id
    if is_surviving_known:
        await store.native.add([written(2, "other", conversation="kept")])
    if has_session:
        session = await request_session(store, gone, channel="zendesk")
    for _ in range(2):  # a repeat changes nothing
        await store.native.merge([Merger("support", "kept", "gone")])
    await store.native.add([written(3, "after", conversation="kept")])
    kept = written(1, conversation="kept").sender_id
    goes_on = gone if has_session or not is_surviving_known else kept
    expected = ["before", *(["other"] if is_surviving_known else []), "after"]
    assert await texts(store, goes_on) == expected
    assert (await store.native.conversation(goes_on)).conversation_id == "kept"
    if has_session:
        assert (await store.sessions.current(gone)).id == session.id


async def test_a_merger_of_a_conversation_with_itself_changes_nothing(store):
    await store.native.add([EVENT])
    users = {"surviving_user": "u9", "discarded_user": "u1"}
    await store.native.merge([Merger("support", "c1", "c1", **users)])
    assert await texts(store) == ["hi"]
    assert (await store.native.conversation(SENDER)).user_id == "u9"


async def test_a_merged_user_keeps_conversations_and_sessions(store):
    await store.native.add([EVENT])
    session = await request_session(store, SENDER, channel="zendesk")
    await store.sessions.begin_step(session.id, Step.CONVERSATION)
    await store.sessions.finish_step(session.id, Step.CONVERSATION, user_id="u1")
    await store.native.merge([Merger("support", surviving_user="u9", discarded_user="u1")])
    assert (await store.native.conversation(SENDER)).user_id == "u9"
    assert (await store.sessions.get(session.id)).user_id == "u9"


@pytest.mark.parametrize("removed", [{"conversation_ids": {"c1"}}, {"user_ids": {"u1"}}])
async def test_nothing_is_left_of_what_zendesk_removes(store, removed):
    await store.native.add([EVENT, written(2, conversation="c2")])
    await store.native.say(SENDER, {"content": {}}, key="k")
    await store.personal_data.erase_removed("other", **removed)
    assert await texts(store) == ["hi"], "another account's"
    await store.personal_data.erase_removed("support", **removed)
    assert await store.native.conversation(SENDER) is None
    assert await store.personal_data.export(SENDER) == {}


async def test_a_user_is_forgotten(store):
    await store.native.add([EVENT])
    await store.native.say(SENDER, {"content": {}}, key="k")
    await store.personal_data.forget(SENDER)
    assert await store.native.conversation(SENDER) is None


async def test_ids_of_old_messages_are_deleted(store, monkeypatch):
    await store.native.add([written(1), written(2)])
    [row, _] = await store.native.to_handle(SENDER)
    await store.native.finish(row)
    await store.maintenance.purge_delivered(older_than=0.0)
    assert len((await store.personal_data.export(SENDER))["user_messages"]) == 2
    monkeypatch.setattr("zendesk_handoff.store.maintenance._IDS_KEPT", -1.0)
    await store.maintenance.purge_delivered(older_than=0.0)
    assert len((await store.personal_data.export(SENDER))["user_messages"]) == 1
    assert len(await texts(store)) == 1


async def test_a_user_who_was_never_handed_over_is_known_at_zendesk(store):
    """Without a session: `forget --zendesk` deletes the user there all the same."""
    await store.native.add([EVENT])
    assert await store.personal_data.zendesk_users(SENDER) == {("support", "u1")}
    session = await request_session(store, SENDER, connected=True)
    await store.sessions.finish_step(session.id, Step.USER, user_id="u2")
    assert await store.personal_data.zendesk_users(SENDER) == {("support", "u1"), ("support", "u2")}


async def test_old_conversations_are_purged_when_nothing_of_them_is_left(store, monkeypatch):
    monkeypatch.setattr("zendesk_handoff.store.maintenance._IDS_KEPT", -1.0)
    later = time.time() + 1
    with_session = written(2, conversation="c2")
    await store.native.add([EVENT, with_session, written(3, conversation="c3")])
    await request_session(store, with_session.sender_id, connected=True)
    for sender in (SENDER, with_session.sender_id):
        for row in await store.native.to_handle(sender):
            await store.native.finish(row)
    assert (await store.maintenance.purge_delivered(older_than=0.0)).native_conversations == 0
    assert (await store.maintenance.purge_delivered(older_than=later)).native_conversations == 1
    assert await store.native.conversation(SENDER) is None
    # One has a session, the other a message that nobody has read yet.
    for kept in ("c2", "c3"):
        assert await store.native.conversation(written(1, conversation=kept).sender_id) is not None
    await store.native.add([written(4)])
    assert len(await texts(store)) == 1, "the user writes again"
