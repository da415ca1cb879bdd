"""Forwarding of the outbox: once and in order, whatever Zendesk does meanwhile."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import pytest

from tests.support.names import AGENTS
from tests.support.store import store_upload
from tests.support.zendesk import Clock, background, begin, connected, text, written
from zendesk_handoff.domain.responses import NOT_PASSED_ON
from zendesk_handoff.domain.session import EndReason, State, Step
from zendesk_handoff.domain.text import split_text
from zendesk_handoff.errors import NotAuthorized, ServerError, StoreUnavailable
from zendesk_handoff.handover.agent_notes import agent_note, closing_note
from zendesk_handoff.handover.forward import forward
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.rasa.adapter import FetchedFile
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def lose_lease_after(store, monkeypatch, messages):
    """Let the lease be lost after a number of messages."""
    granted = iter([True] * messages)

    async def acquire(_session_id):
        return next(acquired, False)

    acquired = iter([True])
    monkeypatch.setattr(store.leases, "acquire", acquire)
    monkeypatch.setattr(store.leases, "is_held", lambda _session_id: next(granted, False))


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429, "retry_after": 7},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 500, "when": "after"},
        {"kind": "drop", "when": "before"},
        {"kind": "drop", "when": "after"},
        {"kind": "silence", "seconds": 20, "when": "before"},
        {"kind": "silence", "seconds": 20, "when": "after"},
    ],
    ids=str,
)
async def test_an_api_failure_neither_loses_nor_duplicates_a_message(sim, store, fault):
    connector, session = await connected(sim, store)
    await sim.add_fault(
        fault.pop("kind"), method="POST", path="/conversations/*/messages", count=3, **fault
    )
    await store.outbox.add(session.id, [text("one"), text("two")])
    await store.outbox.add(session.id, [text("three")])
    clock = Clock()
    async with background(connector, clock, timeout=0.4) as client:
        await forward(store, client, session)
    assert await written(sim, session) == ["one", "two", "three"]
    assert all(each["hits"] == 3 for each in await sim.faults())
    if fault.get("retry_after"):
        assert min(clock.pauses) >= 7


async def test_messages_are_delivered_after_an_outage_of_half_an_hour(sim, store):
    connector, session = await connected(sim, store)
    await sim.add_fault("status", status=503)

    async def end_after_half_an_hour(clock):
        if clock.slept > 1800:
            await sim.clear_faults()

    await store.outbox.add(session.id, [text(str(number)) for number in range(5)])
    clock = Clock(end_after_half_an_hour)
    async with background(connector, clock) as client:
        await forward(store, client, session)
    assert await written(sim, session) == ["0", "1", "2", "3", "4"]
    assert 1800 < clock.slept < 1830, "delivery resumes soon after the outage"
    assert len(clock.pauses) < 250, "retries are not too frequent"


async def test_forwarding_stops_with_a_rotated_key_and_resumes_with_the_new_one(sim, store):
    connector, session = await connected(sim, store)
    await sim.rotate_key(connector.app_id, connector.key_id, "the-new-secret-of-the-key")
    await store.outbox.add(session.id, [text("one"), text("two")])
    async with background(connector, Clock()) as client:
        with pytest.raises(NotAuthorized):
            await forward(store, client, session)
    assert (await store.sessions.get(session.id)).state.is_open
    renewed = replace(connector, key_secret="the-new-secret-of-the-key")
    async with background(renewed, Clock()) as client:
        await forward(store, client, session)
    assert await written(sim, session) == ["one", "two"]


@pytest.mark.parametrize("status", [404, 423])
async def test_a_removed_or_full_conversation_ends_the_session_and_notifies_the_user(
    sim, store, status
):
    connector, session = await connected(sim, store)
    await sim.add_fault("status", status=status, method="POST", path="/conversations/*/messages")
    await store.outbox.add(session.id, [text("one"), text("two")])
    async with background(connector, Clock()) as client:
        await forward(store, client, session)
    ended = await store.sessions.get(session.id)
    assert ended.state is State.ENDED
    assert ended.end_reason == EndReason.CONVERSATION_REMOVED.value
    assert [each.body for each in await store.inbox.waiting(session.id)] == [
        {"response": NOT_PASSED_ON}
    ]
    assert await store.outbox.waiting(session.id) == []


async def test_a_refused_message_is_reported_to_the_user_and_the_next_is_delivered(sim, store):
    connector, session = await connected(sim, store)
    await sim.add_fault(
        "status", status=400, method="POST", path="/conversations/*/messages", count=1
    )
    await store.outbox.add(session.id, [text("refused"), text("accepted")])
    async with background(connector, Clock()) as client:
        await forward(store, client, session)
    assert await written(sim, session) == ["accepted"]
    (notice,) = await store.inbox.waiting(session.id)
    assert notice.kind == "notice"
    assert (await store.sessions.get(session.id)).state.is_open


async def test_a_message_with_an_unknown_outcome_is_looked_for_before_it_is_posted(sim, store):
    connector, session = await connected(sim, store)
    await store.outbox.add(session.id, [text("posted by a process that died")])
    (message,) = await store.outbox.waiting(session.id)
    async with background(connector, Clock()) as client:
        author = {"type": "user", "userId": session.user_id}
        await client.post_message(
            session.conversation_id,
            text(message.body["text"]),
            author=author,
            marker=message.marker,
        )
        store.leases.mark_unknown(session.id)
        await forward(store, client, session)
    assert await written(sim, session) == ["posted by a process that died"]


async def test_forwarding_stops_when_the_lease_is_lost(sim, store, monkeypatch):
    connector, session = await connected(sim, store)
    await store.outbox.add(session.id, [text("one"), text("two")])
    async with background(connector, Clock()) as client:
        lose_lease_after(store, monkeypatch, messages=1)
        assert not await forward(store, client, session)
    assert await written(sim, session) == ["one"]


async def test_an_upload_arrives_as_an_image(sim, store):
    connector, session = await connected(sim, store)
    upload_id = await store_upload(store, "jo@example.com", PNG, name="label.png")
    await store.outbox.add(
        session.id, [{"type": "upload", "upload_id": upload_id, "name": "label.png"}]
    )
    async with background(connector, Clock()) as client:
        await forward(store, client, session)
    assert await written(sim, session) == ["image"]


@pytest.mark.parametrize(
    "name", ['a"b\r\nX-Y: z.png', "", "\u202e\n", "👩🏽\u200d🚒" * 99, *AGENTS]
)
@pytest.mark.parametrize("kind", ["image/png", "image/png\r\nX-Y: z", "", "no type"])
async def test_no_name_or_type_of_a_file_keeps_it_and_what_follows_back(sim, store, name, kind):
    """Platforms take both from the app that has sent the file."""
    connector, session = await connected(sim, store)
    file = {"type": "platform_file", "channel": "telegram", "reference": "f1"}
    await store.outbox.add(session.id, [{**file, "name": name, "media_type": kind}, text("two")])

    async def fetch(_channel, _reference):
        return FetchedFile(PNG, media_type="image/png")

    async with background(connector, Clock()) as client:
        assert await forward(store, client, session, fetch)
    assert await store.outbox.waiting(session.id) == []
    assert (await written(sim, session))[-1] == "two"


async def test_a_text_at_the_limit_arrives_whole(sim, store):
    connector, session = await connected(sim, store)
    long = "👩‍👩‍👧‍👦 e\u0301 " * 2000
    await store.outbox.add(session.id, [text(part) for part in split_text(long)])
    async with background(connector, Clock()) as client:
        await forward(store, client, session)
    parts = await written(sim, session)
    assert "".join(parts) == long
    assert not any(part.startswith("\u0301") or part.startswith("\u200d") for part in parts)


async def test_two_sessions_do_not_wait_for_each_other(sim, store):
    connector, first = await connected(sim, store)
    async with ConversationsClient(connector) as client:
        second = await open_session(store, client, await begin(store, "other@example.com"))
    await sim.add_fault(
        "status", status=503, path=f"/conversations/{first.conversation_id}/messages"
    )
    await store.outbox.add(first.id, [text("waits")])
    await store.outbox.add(second.id, [text("does not wait")])
    released = asyncio.Event()

    async def until_released(_clock):
        await released.wait()
        await sim.clear_faults()

    async with background(connector, Clock(until_released)) as client:
        waiting = asyncio.create_task(forward(store, client, first))
        await forward(store, client, second)
        assert await written(sim, second) == ["does not wait"]
        released.set()
        await waiting
    assert await written(sim, first) == ["waits"]


async def test_a_store_failure_after_the_post_does_not_duplicate_it(sim, store, monkeypatch):
    connector, session = await connected(sim, store)
    await store.outbox.add(session.id, [text("only once")])
    finish = store.outbox.finish

    async def down(_message):
        raise StoreUnavailable("The store did not answer.")

    async with background(connector, Clock()) as client:
        monkeypatch.setattr(store.outbox, "finish", down)
        with pytest.raises(StoreUnavailable):
            await forward(store, client, session)
        monkeypatch.setattr(store.outbox, "finish", finish)
        await forward(store, client, session)
    assert await written(sim, session) == ["only once"]


async def test_a_404_from_a_proxy_does_not_end_the_session(sim, store):
    connector, session = await connected(sim, store)
    await sim.add_fault("status", status=502, method="POST", count=1)
    nowhere = replace(connector, base_url=f"{sim.url}/not-the-api")
    await store.outbox.add(session.id, [text("still waiting")])
    async with ConversationsClient(nowhere, retry=RetryPolicy(max_elapsed=0)) as client:
        with pytest.raises(ServerError):
            await forward(store, client, session)
    assert (await store.sessions.get(session.id)).state.is_open
    async with background(connector, Clock()) as client:
        await forward(store, client, session)
    assert await written(sim, session) == ["still waiting"]


async def test_the_closing_note_of_an_old_session_does_not_end_a_new_one(sim, store):
    """An account without multi-conversations has one conversation for both."""
    connector, first = await connected(sim, store)
    await store.sessions.end_by_us(first.id, EndReason.USER)
    first = await store.sessions.get(first.id)
    second = await begin(store)
    await store.sessions.finish_step(
        second.id, Step.CONVERSATION, conversation_id=first.conversation_id
    )
    async with background(connector, Clock()) as client:
        await forward(store, client, first)
    texts = [one["content"].get("text", "") for one in await sim.messages(first.conversation_id)]
    assert not any("has left" in each for each in texts)
    assert await store.outbox.waiting(first.id) == []


async def test_the_agents_read_the_notices_in_their_language(sim, store):
    made, session = await connected(sim, store)
    made = replace(made, agent_language="de")
    await store.outbox.add(
        session.id, [{"type": "text", "text": "10234", "is_correction": True}, {"type": "deletion"}]
    )
    await store.outbox.add(session.id, [{"type": "upload", "upload_id": "gone", "name": "a.png"}])
    await store.sessions.end_by_us(session.id, EndReason.USER)
    async with background(made, Clock()) as client:
        await forward(store, client, await store.sessions.get(session.id))
    messages = await sim.messages(session.conversation_id)
    assert [one["content"].get("text", "") for one in messages][-4:] == [
        agent_note("corrected", "de", text="10234"),
        agent_note("deleted", "de"),
        agent_note("file_gone", "de"),
        closing_note("user", "de"),
    ]
