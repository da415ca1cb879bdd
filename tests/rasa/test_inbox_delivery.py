"""Delivery of the inbox, whatever Zendesk sends and channels do."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager

import msgspec
import pytest
import sqlalchemy as sa
import structlog
from rasa.core.channels.channel import InputChannel
from rasa.core.channels.rest import RestInput

from tests.support.store import inbox_entry
from tests.support.workers import Workers, agent_message, receive
from tests.support.zendesk import begin, connected
from zendesk_handoff import metrics
from zendesk_handoff.domain.responses import MESSAGE_DELETED
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import ChannelExit, NotDelivered
from zendesk_handoff.handover.classify import classify_events
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.rasa import delivery, inbox_delivery
from zendesk_handoff.rasa.adapter import ChannelAdapter
from zendesk_handoff.rasa.foreign import call_foreign
from zendesk_handoff.rasa.outcomes import Outcomes
from zendesk_handoff.rasa.response_tracking import confirm_delivery
from zendesk_handoff.store.deliveries import Delivery
from zendesk_handoff.store.engine.schema import inbox
from zendesk_handoff.zendesk import Conversation, ConversationsClient, RetryPolicy
from zendesk_handoff.zendesk.media import is_zendesk_media
from zendesk_handoff.zendesk.models import Message
from zendesk_handoff.zendesk.webhooks import MessagePosted

BRACKET = "https://[files.example/label.png"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def server(sim, store):
    connector, session = await connected(sim, store)
    await store.leases.release(session.id)
    await store.sessions.mark_start_notified(session.id)
    async with ConversationsClient(connector, retry=RetryPolicy(max_elapsed=0)) as client:
        workers = Workers(store, client, connector)
        workers.session, workers.client, workers.connector = session, client, connector
        yield workers


async def test_a_malformed_media_address_is_said_in_words(server, store):
    events = [
        agent_message(server.session, 1, type="text", text="here it comes"),
        agent_message(server.session, 2, type="image", mediaUrl=BRACKET, altText="The label"),
        agent_message(server.session, 3, type="text", text="got it?"),
    ]
    assert await receive(store, server.connector, *events) == 3
    await server.run_to_user(server.session)
    assert server.bot.shown == ["Ana: here it comes", "Ana: The label", "Ana: got it?"]
    assert not is_zendesk_media(BRACKET, server.connector)


def deleted(event):
    message = event["payload"]["message"]
    placeholder = {**message, "content": {"type": "text", "text": ""}, "deleted": True}
    payload = {**event["payload"], "message": placeholder}
    return {**event, "id": f"{event['id']}-deleted", "payload": payload}


async def test_a_message_deleted_before_its_delivery_is_never_shown(server, store):
    first = agent_message(server.session, 1, type="text", text="secret one")
    second = agent_message(server.session, 2, type="text", text="secret two")
    third = agent_message(server.session, 3, type="text", text="three")
    await receive(store, server.connector, first, deleted(first), deleted(second), third)
    await receive(store, server.connector, second)  # it comes after its deletion
    await server.run_to_user(server.session)
    assert server.bot.shown == ["Ana: three"]
    assert await store.inbox.waiting(server.session.id) == []
    assert "secret" not in str(await store.inbox.messages(server.session.id))


async def test_the_user_is_told_once_of_a_deleted_message_that_was_shown(server, store):
    event = agent_message(server.session, 1, type="text", text="secret")
    await receive(store, server.connector, event)
    await server.run_to_user(server.session)
    for number in range(2):
        again = {**deleted(event), "id": f"d{number}"}
        await receive(store, server.connector, again)
        await server.run_to_user(server.session)
    assert server.bot.shown == ["Ana: secret", MESSAGE_DELETED]
    assert "secret" not in str(await store.inbox.messages(server.session.id))


async def test_a_deleted_message_that_is_pending_is_never_sent(server, store):
    server.bot.use_channel(NoOutput())
    event = agent_message(server.session, 1, type="text", text="secret")
    other = agent_message(server.session, 2, type="text", text="kept")
    await receive(store, server.connector, event, other)
    await server.run_to_user(server.session)
    await receive(store, server.connector, deleted(event))
    await server.run_to_user(server.session)
    pending = [
        each.body["text"] for each in await store.pending.claim(server.session.sender_id, "rest")
    ]
    assert pending == ["Ana: kept"]


class NoOutput(InputChannel):
    """Calls ``asyncio.run`` as ``telegram`` does, and fails."""

    @classmethod
    def name(cls):
        return "rest"  # the session's

    def get_output_channel(self):
        async def set_webhook():
            raise ConnectionError("token 123:abc")

        asyncio.run(set_webhook())


async def test_messages_are_pending_while_a_channel_has_no_output(server, store):
    server.bot.use_channel(NoOutput())
    events = [agent_message(server.session, n, type="text", text=f"line {n}") for n in (1, 2)]
    await receive(store, server.connector, *events)
    with structlog.testing.capture_logs() as logs:
        await server.run_to_user(server.session)
    pending = [
        each.body["text"] for each in await store.pending.claim(server.session.sender_id, "rest")
    ]
    assert pending == ["Ana: line 1", "Ana: line 2"]
    assert [each["event"] for each in logs] == ["handoff.channel.no_output"]
    assert (logs[0]["channel"], logs[0]["error"]) == ("rest", "ConnectionError")
    assert "token" not in str(logs)


async def test_sys_exit_in_a_channel_does_not_end_the_server(server, store, monkeypatch):
    async def leave(*_arguments, **_values):
        sys.exit("token 123:abc")

    monkeypatch.setattr(server.bot.output, "send_response", leave)
    monkeypatch.setattr(delivery, "GIVE_UP_AFTER", 0.0)
    event = agent_message(server.session, 1, type="text", text="hello")
    await receive(store, server.connector, event)
    with structlog.testing.capture_logs() as logs:
        await server.run_to_user(server.session)
    [pending] = await store.pending.claim(server.session.sender_id, "rest")
    [note] = await store.outbox.waiting(server.session.id)
    assert note.body["type"] == "not_delivered"
    assert pending.body["text"] == "Ana: hello"
    assert "handoff.push.given_up" in [each["event"] for each in logs]
    assert "token" not in str(logs)


async def test_an_unreadable_event_becomes_a_dead_letter_and_the_rest_is_stored(
    server, store, monkeypatch
):
    read = Message.for_user

    def fails(message):
        if message.id == "m2":
            raise ValueError("quotes what was written")
        return read(message)

    monkeypatch.setattr(Message, "for_user", fails)
    events = [agent_message(server.session, n, type="text", text=f"line {n}") for n in (1, 2, 3)]
    assert await receive(store, server.connector, *events) == 3
    await server.run_to_user(server.session)
    assert server.bot.shown == ["Ana: line 1", "Ana: line 3"]
    assert await store.inbox.known("support", ["m2"]) == {"m2"}, "so that it is not fetched again"


async def test_messages_are_delivered_although_the_listing_is_unreadable(
    server, store, monkeypatch
):
    async def breaks(_conversation_id):
        raise TypeError("quotes what was written")
        yield

    monkeypatch.setattr(server.client, "message_pages", breaks)
    event = agent_message(server.session, 1, type="text", text="hello")
    await receive(store, server.connector, event)
    with structlog.testing.capture_logs() as logs:
        await server.run_to_user(server.session)
    assert server.bot.shown == ["Ana: hello"]
    assert "quotes" not in str(logs)


def removal(session, sent_at):
    body = {"reason": EndReason.CONVERSATION_REMOVED.value}
    return inbox_entry(session.id, kind="end", body=body, sent_at=sent_at)


async def test_an_old_end_of_a_removed_conversation_ends_the_session(server, sim, store):
    await sim.delete_conversation(server.session.conversation_id)
    await store.inbox.add([removal(server.session, "2020-01-01T00:00:00.000Z")])
    await server.run_to_user(server.session)
    assert (await store.sessions.get(server.session.id)).state is State.ENDED


async def test_a_removed_conversation_causes_no_backoff_for_others(server, sim, store):
    other = await open_session(store, server.client, await begin(store, "other@example.com"))
    await store.leases.release(other.id)
    await store.sessions.mark_start_notified(other.id)
    await sim.delete_conversation(server.session.conversation_id)
    await store.inbox.add([removal(server.session, "2036-01-01T00:00:00.000Z")])
    await server.run_to_user(server.session)
    await sim.agent_text(other.conversation_id, "first")
    await sim.agent_text(other.conversation_id, "second")
    listed = await sim.messages(other.conversation_id)
    second = next(each for each in listed if each["content"].get("text") == "second")
    where = Conversation(id=other.conversation_id)
    posted = MessagePosted("x1", "", where, message=msgspec.convert(second, Message))
    await store.inbox.add(classify_events([posted], server.connector))
    server.bot.output.messages.clear()
    await server.run_to_user(other)
    assert [each for each in server.bot.shown if "utter" not in each] == [
        "Ana: first",
        "Ana: second",
    ]


async def test_a_message_counts_as_delivered_when_its_user_has_got_it(server, store, monkeypatch):
    """Not when it is stored for the user's next request, which may never come."""
    counted = []
    monkeypatch.setattr(metrics, "count_delivery", lambda *each, **_: counted.append(each))
    server.bot.use_channel(RestInput())
    picture = {"mediaUrl": "https://x.example/1.png", "altText": "The label"}
    event = agent_message(server.session, 1, type="image", text="here it is", **picture)
    await receive(store, server.connector, event)
    await server.run_to_user(server.session)
    assert await store.inbox.waiting(server.session.id) == []
    assert counted == []
    ids = [each.id for each in await store.pending.claim(server.session.sender_id, "rest")]
    assert len(ids) == 2
    for part in ids:
        await confirm_delivery(store, [part], is_read=True)
        assert counted == [("to_user", "support")] * (part == ids[-1])
    states = await store.database.rows(sa.select(inbox.c.state))
    assert [row.state for row in states] == ["done"]


async def test_a_request_may_take_a_message_before_its_storing_is_recorded(server, store):
    await receive(store, server.connector, agent_message(server.session, 1, type="text", text="hi"))
    (event,) = await store.inbox.waiting(server.session.id)
    key = f"zendesk:{event.body['id']}:0"
    await store.pending.add(server.session.sender_id, {"text": "hi"}, key=key)
    (pending,) = await store.pending.claim(server.session.sender_id, "rest")
    assert await store.pending.mark_delivered([pending.id]) == []
    assert await store.inbox.finish(event, is_confirmed=False)


async def test_messages_that_the_router_has_sent_meanwhile_are_not_missed(
    server, store, monkeypatch
):
    """While Zendesk is asked for others, the user's next message has delivered them."""
    await receive(store, server.connector, agent_message(server.session, 1, type="text", text="hi"))

    async def finishes(*_arguments):
        for event in await store.inbox.waiting(server.session.id):
            await store.inbox.finish(event)

    monkeypatch.setattr(inbox_delivery, "fetch_missed", finishes)
    with structlog.testing.capture_logs() as logs:
        await server.run_to_user(server.session)
    assert [each["event"] for each in logs] == []
    assert server.bot.shown == []


async def test_a_session_that_has_ended_meanwhile_is_the_routers(server, store, monkeypatch):
    """The router has read what waits, and has not recorded yet that it is pending."""
    await store.sessions.record_agent(server.session.id, agent_id="a1", agent_name="Ana")
    words = agent_message(server.session, 1, type="text", text="hello")
    await receive(store, server.connector, words)
    (event,) = await store.inbox.waiting(server.session.id)

    async def ends(*_arguments):
        await store.sessions.end(server.session.id, EndReason.AGENT)

    @asynccontextmanager
    async def lock(_sender_id):
        await store.inbox.finish(event)  # while the worker waits for the lock
        yield

    monkeypatch.setattr(inbox_delivery, "fetch_missed", ends)
    monkeypatch.setattr(server.bot, "lock", lock)
    await server.run_to_user(server.session)
    assert "Ana: hello" not in server.bot.shown


@pytest.mark.parametrize("error", [asyncio.CancelledError(), SystemExit("token 123:abc")])
async def test_a_channel_that_cancels_or_exits_is_one_that_failed(server, store, error):
    """A worker that ended with it would leave no line, and no attempt would be planned."""

    class Broken(InputChannel):
        class handoff_adapter(ChannelAdapter):
            async def send(self, *_arguments, **_values):
                raise error

            take_back = close = outcome = show_typing = send

        @classmethod
        def name(cls):
            return "rest"

    server.bot.use_channel(Broken())
    await receive(store, server.connector, agent_message(server.session, 1, type="text", text="hi"))
    with structlog.testing.capture_logs() as logs:
        await server.run_to_user(server.session)
    assert [each["event"] for each in logs][-1] == "handoff.worker.failed"
    assert await store.inbox.waiting(server.session.id) != []
    channels = server.bot.channels
    output = await channels.output(server.session)
    assert not await output.take_back(server.session.sender_id, key="k")
    with pytest.raises(ChannelExit):
        await channels.show_typing(server.session, is_on=True)
    await channels.close()
    delivery_of = Delivery("rest", "r1")
    await Outcomes(store, channels)._ask_one(delivery_of)


async def test_the_servers_own_cancellation_is_none_of_the_channels():
    begun = asyncio.Event()

    async def waits():
        begun.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(call_foreign(waits))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(asyncio.TimeoutError):
        await call_foreign(waits, timeout=0.01)


async def test_attempts_at_messages_that_others_have_sent_are_forgotten(server, store, monkeypatch):
    output = delivery.UserOutput(store, server.bot)
    for key in ("one", "two"):
        monkeypatch.setattr(delivery, "GIVE_UP_AFTER", 600.0)
        with pytest.raises(NotDelivered):
            output._plan_repeat(NotDelivered("busy", may_repeat=True), server.session, key)
        monkeypatch.setattr(delivery, "GIVE_UP_AFTER", -60.0)
        output._forget_at = 0.0
    output._forget_old()
    assert output._attempts == {}
