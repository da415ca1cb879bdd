"""The user's side against whatever Zendesk sends, and against servers with other settings."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgspec
import pytest
import sqlalchemy as sa
import structlog
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage

from tests.support.zendesk import account, begin, connected, text, written
from zendesk_handoff.channels.zendesk_input import _store_events
from zendesk_handoff.domain.session import EndReason, State, Step
from zendesk_handoff.handover import classify as classify_module
from zendesk_handoff.handover.classify import classify_event
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.handover.to_agent import ToAgents
from zendesk_handoff.handover.workers import KeyedWorkers
from zendesk_handoff.rasa.delivery import is_zendesk_media
from zendesk_handoff.rasa.outputs import OutputChannels
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.rasa.to_user import ToUser
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.store.inbox import NewEvent
from zendesk_handoff.zendesk import Conversation, ConversationsClient, RetryPolicy
from zendesk_handoff.zendesk.models import Message
from zendesk_handoff.zendesk.webhooks import MessagePosted, parse_events

BRACKET = "https://[files.example/label.png"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class SilentBot:
    """Where Rasa would be: it remembers what it was to say, and to hear."""

    processor = object()

    def __init__(self):
        self.output = CollectingOutputChannel()
        self.outputs = self
        self.heard = []
        self.on_hearing = None

    @asynccontextmanager
    async def lock(self, _sender_id):
        yield

    async def find(self, _channel):
        return self.output

    def forget(self, _channel):
        pass

    async def say(self, sender_id, response, output, **_values):
        await output.send_response(sender_id, {"text": response})

    async def record(self, *_arguments, **_values):
        pass

    async def is_paused(self, _sender_id):
        return True

    async def has_heard(self, *_arguments):
        return False

    async def hear(self, message):
        self.heard.append(message.text)
        if self.on_hearing:
            await self.on_hearing()

    @property
    def shown(self):
        return [each["text"] for each in self.output.messages if "text" in each]


class OneClient:
    """Gives the same client for whatever it is needed."""

    def __init__(self, client):
        self.client = client

    def interactive(self, _connector_id):
        return self.client

    background = interactive


def settings(*connectors, **values):
    found = {each.id: each for each in connectors}
    return Settings("https://bot.example.com", found, **values)


class Side:
    """A server's lanes, with the settings it has."""

    def __init__(self, store, client, *connectors):
        self.bot, self.leases = SilentBot(), ProcessLeases(store)
        clients, chosen = OneClient(client), settings(*connectors)
        user = ToUser(store, chosen, self.bot, clients, self.leases)
        agents = ToAgents(store, chosen, clients, self.leases)
        self.to_user, self.to_agents = KeyedWorkers("u", user.run), KeyedWorkers("a", agents.run)

    async def sees_to(self, session):
        self.to_user.notify(session.id)
        await self.to_user.stop()
        self.to_user._stopping = False


@pytest.fixture
async def side(sim, store):
    connector, session = await connected(sim, store)
    await store.leases.release(session.id)
    await store.sessions.mark_start_notified(session.id)
    async with ConversationsClient(connector, retry=RetryPolicy(max_elapsed=0)) as client:
        made = Side(store, client, connector)
        made.session, made.client, made.connector = session, client, connector
        yield made


def call(*events):
    return json.dumps({"events": list(events)}).encode()


def agent_message(session, number, **content):
    sent = f"2036-01-01T00:00:{number:02}.000Z"
    return {
        "id": f"e{number}",
        "type": "conversation:message",
        "createdAt": sent,
        "payload": {
            "conversation": {"id": session.conversation_id},
            "message": {
                "id": f"m{number}",
                "received": sent,
                "author": {"type": "business", "displayName": "Ana"},
                "content": content,
            },
        },
    }


async def test_an_address_that_is_none_is_shown_as_it_is(side, store):
    events = [
        agent_message(side.session, 1, type="text", text="here it comes"),
        agent_message(side.session, 2, type="image", mediaUrl=BRACKET),
        agent_message(side.session, 3, type="text", text="got it?"),
    ]
    assert await _store_events(store, side.connector, parse_events(call(*events))) == 3
    await side.sees_to(side.session)
    assert side.bot.shown == ["Ana: here it comes", "Ana: file", "Ana: got it?"]
    assert [each["image"] for each in side.bot.output.messages if "image" in each] == [BRACKET]
    assert not is_zendesk_media(BRACKET, side.connector)


class NoOutput(InputChannel):
    """Calls ``asyncio.run`` as ``telegram`` does, and gets nothing by it."""

    @classmethod
    def name(cls):
        return "rest"  # the session's

    def get_output_channel(self):
        async def set_webhook():
            raise ConnectionError("token 123:abc")

        asyncio.run(set_webhook())


async def test_a_channel_that_gives_no_output_has_its_messages_held(side, store):
    context = SimpleNamespace(input_channels=[NoOutput()])
    side.bot.outputs = OutputChannels(SimpleNamespace(ctx=context))
    events = [agent_message(side.session, n, type="text", text=f"line {n}") for n in (1, 2)]
    await _store_events(store, side.connector, parse_events(call(*events)))
    with structlog.testing.capture_logs() as logs:
        await side.sees_to(side.session)
    held = [each.body["text"] for each in await store.pending.claim(side.session.sender_id)]
    assert held == ["Ana: line 1", "Ana: line 2"]
    assert [each["event"] for each in logs] == ["handoff.channel.no_output"]
    assert (logs[0]["channel"], logs[0]["error"]) == ("rest", "ConnectionError")
    assert "token" not in str(logs)


async def test_a_channel_whose_library_leaves_the_process_does_not_take_the_server_along(
    side, store, monkeypatch
):
    async def leave(*_arguments, **_values):
        sys.exit("token 123:abc")

    monkeypatch.setattr(side.bot.output, "send_response", leave)
    event = agent_message(side.session, 1, type="text", text="hello")
    await _store_events(store, side.connector, parse_events(call(event)))
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            await side.sees_to(side.session)
    [held] = await store.pending.claim(side.session.sender_id)
    assert held.body["text"] == "Ana: hello"
    assert "handoff.push.given_up" in [each["event"] for each in logs]
    assert "token" not in str(logs)


async def test_what_cannot_be_read_is_set_aside_and_the_rest_is_kept(side, store, monkeypatch):
    read = classify_module.read_agent_message

    def fails(message):
        if message.id == "m2":
            raise ValueError("quotes what was written")
        return read(message)

    monkeypatch.setattr(classify_module, "read_agent_message", fails)
    events = [agent_message(side.session, n, type="text", text=f"line {n}") for n in (1, 2, 3)]
    with structlog.testing.capture_logs() as logs:
        assert await _store_events(store, side.connector, parse_events(call(*events))) == 3
    await side.sees_to(side.session)
    assert side.bot.shown == ["Ana: line 1", "Ana: line 3"]
    assert [each["event"] for each in logs] == ["handoff.webhook.unreadable"]
    assert "quotes" not in str(logs)
    assert await store.inbox.known("support", ["m2"]) == {"m2"}, "and is not asked for again"


async def test_a_listing_that_cannot_be_read_keeps_nothing_from_the_user(side, store, monkeypatch):
    async def breaks(_conversation_id):
        raise TypeError("quotes what was written")
        yield

    monkeypatch.setattr(side.client, "message_pages", breaks)
    event = agent_message(side.session, 1, type="text", text="hello")
    await _store_events(store, side.connector, parse_events(call(event)))
    with structlog.testing.capture_logs() as logs:
        await side.sees_to(side.session)
    assert side.bot.shown == ["Ana: hello"]
    assert "quotes" not in str(logs)


async def test_an_old_end_in_a_conversation_that_is_gone_is_an_end(side, sim, store):
    await sim.delete_conversation(side.session.conversation_id)
    body = {"reason": EndReason.CONVERSATION_REMOVED.value}
    end = NewEvent("e1", side.session.id, "end", body, sent_at="2020-01-01T00:00:00.000Z")
    await store.inbox.add("support", [end])
    await side.sees_to(side.session)
    assert (await store.sessions.get(side.session.id)).state is State.ENDED


async def test_a_conversation_that_is_gone_costs_the_others_nothing(side, sim, store):
    other = await open_session(store, side.client, await begin(store, "other@example.com"))
    await store.leases.release(other.id)
    await store.sessions.mark_start_notified(other.id)
    await sim.delete_conversation(side.session.conversation_id)
    body = {"reason": EndReason.CONVERSATION_REMOVED.value}
    end = NewEvent("e1", side.session.id, "end", body, sent_at="2036-01-01T00:00:00.000Z")
    await store.inbox.add("support", [end])
    await side.sees_to(side.session)
    await sim.agent_text(other.conversation_id, "first")
    await sim.agent_text(other.conversation_id, "second")
    listed = await sim.messages(other.conversation_id)
    second = next(each for each in listed if each["content"].get("text") == "second")
    where = Conversation(id=other.conversation_id)
    posted = MessagePosted("x1", "", where, message=msgspec.convert(second, Message))
    await store.inbox.add("support", [classify_event(posted, other, side.connector)])
    side.bot.output.messages.clear()
    await side.sees_to(other)
    assert [each for each in side.bot.shown if "utter" not in each] == ["Ana: first", "Ana: second"]


async def test_a_server_without_the_connector_leaves_the_session_to_one_that_has_it(
    side, sim, store, tmp_path
):
    async with await open_store(f"sqlite:///{tmp_path / 'store.db'}") as elsewhere:
        older = Side(elsewhere, None)
        event = agent_message(side.session, 1, type="text", text="hello")
        await _store_events(store, side.connector, parse_events(call(event)))
        await older.sees_to(side.session)
        assert older.bot.shown == ["Ana: hello"], "what it can do it does"
    await store.outbox.add(side.session.id, [text("thanks")])
    side.to_agents.notify(side.session.id)
    await side.to_agents.stop()
    assert await written(sim, side.session) == ["thanks"]


async def test_an_opening_whose_connector_nobody_has_fails_in_the_end(store):
    session = await begin(store)
    await store.sessions.begin_step(session.id, Step.USER)
    await store.leases.release(session.id)
    server = Side(store, None)
    server.to_agents.notify(session.id)
    await server.to_agents.stop()
    assert (await store.sessions.get(session.id)).state is State.OPENING, "another may have it"
    long_ago = sa.update(sessions).values(created_at=time.time() - 3600)
    await store._database.write(lambda connection: connection.execute(long_ago).rowcount)
    server = Side(store, None)
    server.to_agents.notify(session.id)
    await server.to_agents.stop()
    assert (await store.sessions.get(session.id)).state is State.FAILED


def says(words, **values):
    output = CollectingOutputChannel()
    return UserMessage(words, output, "jo@example.com", input_channel="rest", **values)


async def test_what_is_said_after_a_failure_goes_to_the_agent_whom_the_answer_has_brought(
    sim, store
):
    connector = await account(sim)
    bot = SilentBot()
    router = Router(store, bot, settings(connector))
    session = await begin(store)
    await router.route(says("I want a human"), None)  # while the opening is under way
    await store.sessions.fail(session.id, end_notified=False)

    async def opens_another():
        newer = await begin(store)
        await store.sessions.connect(newer.id)

    bot.on_hearing = opens_another
    assert await router.route(says("my number is 12345"), None)
    newer = await store.sessions.current("jo@example.com")
    assert newer.id != session.id
    assert [each.body["text"] for each in await store.outbox.waiting(newer.id)] == [
        "my number is 12345"
    ]
    assert (await store.sessions.get(session.id)).finalized


async def test_a_goodbye_that_is_brought_again_is_not_the_bots_to_answer(sim, store):
    router = Router(store, SilentBot(), settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    for again in (False, True):
        metadata = {"handoff_key": "page:7", "handoff_again": again}
        assert await router.route(says("/end_handoff", metadata=metadata), None)
    assert (await store.sessions.get(session.id)).end_reason == "user"


@pytest.mark.parametrize("ended", [False, True])
async def test_a_file_whose_agent_has_gone_is_owned_up_to(sim, store, ended):
    bot = SilentBot()
    router = Router(store, bot, settings(await account(sim)))
    if ended:
        session = await begin(store)
        await store.sessions.end(session.id, EndReason.AGENT)
        await store.sessions.mark_end_notified(session.id)
    attachments = [{"upload_id": "u1", "name": "label.png", "media_type": "image/png"}]
    message = says("", metadata={"attachments": attachments})
    assert await router.route(message, None), "the bot could not read it"
    assert {"text": "utter_handoff_not_passed_on"}.items() <= message.output_channel.messages[
        -1
    ].items()


async def test_files_for_an_agent_who_never_came_are_owned_up_to(sim, store):
    bot = SilentBot()
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    await store.outbox.add(session.id, [{"type": "upload", "upload_id": "u1", "name": "label.png"}])
    await store.sessions.fail(session.id, end_notified=False)
    message = says("hello?")
    await router.route(message, None)
    said = [each["text"] for each in message.output_channel.messages]
    held = [each.body["text"] for each in await store.pending.claim("jo@example.com")]
    assert "utter_handoff_not_passed_on" in said + held


async def test_the_button_ends_a_chat_whatever_the_phrases_are(sim, store):
    chosen = settings(await account(sim), end_phrases=("adios",))
    router = Router(store, SilentBot(), chosen)
    session = await begin(store)
    await store.sessions.connect(session.id)
    await router.route(says("/end_handoff"), None)
    assert (await store.sessions.get(session.id)).end_reason == "user"
