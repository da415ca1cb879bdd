"""What follows the release of a native conversation, with the bot's answer to the next message."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from rasa.core.channels.channel import InputChannel
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, BotUttered, UserUttered
from structlog.testing import capture_logs

from tests.support.engine import DOMAIN, Answer, make_agent
from tests.support.store import request_session
from tests.support.zendesk import account
from zendesk_handoff.channels.messaging import MessagingAdapter
from zendesk_handoff.domain.native import NATIVE_CHANNEL, UserEvent
from zendesk_handoff.domain.responses import (
    ENDED_MOVED_TO_EMAIL,
    RATE,
    RATED,
    default_response,
)
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.handover.native_control import NativeControl
from zendesk_handoff.handover.native_missed import MissedMessages
from zendesk_handoff.handover.native_poster import STALE
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.after_end import ENDED_INTENT
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.native_feeder import NativeFeeder
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.rasa.session_end import notify_end
from zendesk_handoff.settings import Settings
from zendesk_handoff.settings.native import BotSettings
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.zendesk.clients import Clients

TRIGGERED = f"bot: EXTERNAL: {ENDED_INTENT}"
RATING = default_response(RATE)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def make_channel(store):
    """Make a channel of the name that native conversations have, and with their adapter."""

    class Messaging(InputChannel):
        handoff_adapter = MessagingAdapter

        @classmethod
        def name(cls):
            return NATIVE_CHANNEL

        def store(self):
            return store

    return Messaging()


class Talk:
    """A user, a bot of Rasa's own parts, and the feeder between them."""

    def __init__(self, sim, store, connector, *, intents=(ENDED_INTENT,), **values):
        content = deepcopy(DOMAIN.as_dict())
        content["intents"] = [*content["intents"], *intents]
        content["responses"] = {}  # the built-in words are said
        content["forms"] = {"order_form": {"required_slots": []}}
        self.agent = make_agent(Domain.from_dict(content))
        app = SimpleNamespace(
            ctx=SimpleNamespace(agent=self.agent, input_channels=[make_channel(store)])
        )
        self.sim, self.store, self.connector, self.source = sim, store, connector, "web"
        self.settings = Settings("https://bot.example.com", {connector.id: connector}, **values)
        self.clients, in_hand = Clients(self.settings), InHand(store.signals)
        self.bot = Bot(app, in_hand)
        hooks.install(Router(store, self.bot, self.settings), in_hand)
        self.feeder = NativeFeeder(
            store,
            self.settings,
            self.bot,
            self.clients,
            NativeControl(self.clients),
            MissedMessages(store, self.settings, self.clients),
        )

    async def begin(self):
        self.id = await self.sim.user_begin(self.connector.app_id)
        self.sender = f"zendesk:{self.connector.id}:{self.id}"
        await self.says("hello")

    async def stores(self, text):
        message_id = await self.sim.user_text(self.id, text)
        body = {"text": text, "metadata": {"workspace": "default"}, "user": {}}
        event = UserEvent(
            *(self.connector.id, message_id, self.id, "message", body),
            *(self.source, "u", message_id, message_id),
        )
        await self.store.native.add([event])

    async def says(self, text):
        """Let the user write; return what the bot says then."""
        before = len(await self.said())
        await self.stores(text)
        return (await self.feeds())[before:]

    async def feeds(self, *, may_be_known=False):
        """Give the bot what waits for it; return all that it has ever said."""
        await self.store.native.leases.acquire(self.sender)
        conversation = await self.store.native.conversation(self.sender)
        await self.feeder.feed(conversation, may_be_known)
        assert await self.store.native.to_handle(self.sender) == []
        return await self.said()

    async def said(self):
        waiting = await self.store.native.to_post(self.sender)
        return [each.body["content"]["text"] for each in waiting]

    async def released(self, reason=EndReason.AGENT):
        """Let the agents have the conversation, answer and release it: nobody may speak then."""
        session = await request_session(
            *(self.store, self.sender),
            connector=self.connector.id,
            conversation=self.id,
            connected=True,
            channel=NATIVE_CHANNEL,
        )
        spoken = sa.update(sessions).values(agent_spoke_at=1.0)
        await self.store.database.write(lambda connection: connection.execute(spoken).rowcount)
        return await self.store.sessions.end(session.id, reason)

    async def triggered(self):
        """List the reasons with which the intent was triggered."""
        tracker = await self.agent.tracker_store.retrieve_full_tracker(self.sender)
        return [
            event.entities[0]["value"]
            for event in tracker.events
            if isinstance(event, UserUttered) and event.intent_name == ENDED_INTENT
        ]


@pytest.fixture
async def make(sim, store):
    made = []

    async def make(*, csat="ask", answer_within=60, **values):
        connector = await account(sim, inside=True, default_integration="rasa")
        connector = replace(
            connector,
            mode="native",
            csat=csat,
            bot=BotSettings(typing=False, answer_within=answer_within),
        )
        made.append(Talk(sim, store, connector, **{"trigger_ended": True, **values}))
        await made[-1].begin()
        return made[-1]

    yield make
    hooks.uninstall()
    for each in made:
        await each.clients.close()


async def test_the_intent_follows_the_answer_to_the_next_message_and_the_rating(make):
    talk = await make()
    await talk.released()
    assert await talk.says("is it open?") == ["bot: is it open?", RATING, TRIGGERED]
    assert await talk.triggered() == ["agent"]
    assert await talk.says("thanks") == ["bot: thanks"], "both come once"


async def test_nothing_follows_where_the_settings_do_not_say_so(make):
    talk = await make(csat=None, trigger_ended=False)
    await talk.released()
    assert await talk.says("is it open?") == ["bot: is it open?"]


async def test_it_follows_what_is_said_of_the_end(make):
    talk = await make(csat=None)
    await talk.released(EndReason.MOVED_TO_EMAIL)
    told = default_response(ENDED_MOVED_TO_EMAIL)
    assert await talk.says("is it open?") == [told, "bot: is it open?", TRIGGERED]
    assert await talk.triggered() == ["moved_to_email"]


async def test_of_several_messages_it_follows_the_last(make):
    """Else the second one would be the answer to a question that its user has not read."""
    talk = await make()
    await talk.released()
    await talk.stores("one")
    assert await talk.says("two") == ["bot: one", "bot: two", RATING, TRIGGERED]
    assert await talk.triggered() == ["agent"]


async def test_it_follows_what_is_written_while_the_bot_answers(make, monkeypatch):
    talk = await make()
    await talk.released()
    receive = talk.bot.receive

    async def receives(message):
        await receive(message)
        if message.text == "one":
            await talk.stores(" ")  # nothing that the bot answers
            await talk.stores("two")

    monkeypatch.setattr(talk.bot, "receive", receives)
    assert await talk.says("one") == ["bot: one", "bot: two", RATING, TRIGGERED]


async def test_what_has_no_words_is_not_waited_for(make):
    talk = await make()
    await talk.released()
    await talk.stores("one")
    assert await talk.says(" ") == ["bot: one", RATING, TRIGGERED]


WHOLE = ["bot: hello", "bot: is it open?", RATING, TRIGGERED]


@pytest.mark.parametrize("number", range(1, len(WHOLE) + 1))
async def test_a_server_that_dies_in_the_turn_says_the_rest_when_it_is_repeated(
    make, monkeypatch, number
):
    talk = await make()
    await talk.released()
    await talk.stores("is it open?")
    native, reached = talk.store.native, asyncio.Event()
    say = native.say

    async def dies():
        reached.set()
        await asyncio.Event().wait()

    async def say_or_die(sender_id, body, *, key):
        if len(await talk.said()) == number:
            await dies()
        return await say(sender_id, body, key=key)

    with monkeypatch.context() as patched:
        patched.setattr(native, "say", say_or_die)
        patched.setattr(native, "finish", lambda _message: dies())
        feeding = asyncio.create_task(talk.feeds())
        await reached.wait()
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
    assert await talk.said() == WHOLE[:number]
    assert await talk.feeds(may_be_known=True) == WHOLE


async def test_it_interrupts_no_form_which_would_take_it_for_an_answer(make, monkeypatch):
    talk = await make(csat=None)
    await talk.released()

    async def asks(*_arguments):
        return [BotUttered("bot: which order?"), ActiveLoop("order_form")]

    monkeypatch.setattr(Answer, "run", asks)
    assert await talk.says("where is it?") == ["bot: which order?"]
    assert await talk.triggered() == []


@pytest.mark.parametrize("source", ["web", "whatsapp"])
async def test_where_a_channel_shows_no_buttons_for_it_a_number_is_a_rating(make, source):
    talk = await make(trigger_ended=False)
    talk.source = source
    session = await talk.released()
    await talk.says("is it open?")
    said = await talk.says("4")
    rated = (await talk.store.sessions.get(session.id)).rating
    if source == "web":
        assert (said, rated) == (["bot: 4"], None), "it may be meant for the bot"
    else:
        assert (said, rated) == ([default_response(RATED)], 4)
    assert await talk.says("5") == ["bot: 5"], "the first rating is kept"


@pytest.mark.parametrize("more", ["thanks", None])
async def test_no_number_is_a_rating_once_something_else_may_be_meant(make, more):
    talk = await make(trigger_ended=more is None)
    talk.source = "whatsapp"
    session = await talk.released()
    await talk.says("is it open?")
    if more:
        await talk.says(more)
    assert await talk.says("4") == ["bot: 4"]
    assert (await talk.store.sessions.get(session.id)).rating is None


async def test_no_number_is_a_rating_which_a_form_has_asked_for(make, monkeypatch):
    talk = await make(trigger_ended=False)
    talk.source = "whatsapp"
    await talk.released()

    async def asks(*_arguments):
        return [BotUttered("bot: how many?"), ActiveLoop("order_form")]

    with monkeypatch.context() as patched:
        patched.setattr(Answer, "run", asks)
        await talk.says("two lamps, please")
    assert await talk.says("4") == ["bot: 4"]


@pytest.mark.parametrize("error", [RuntimeError("the user's words"), SystemExit(1)])
async def test_what_fails_after_the_answer_keeps_no_message_from_the_bot(make, monkeypatch, error):
    talk = await make(csat=None)
    await talk.released()

    async def fails(*_arguments):
        raise error

    monkeypatch.setattr(talk.agent.processor, "trigger_external_user_uttered", fails)
    with capture_logs() as logs:
        assert await talk.says("is it open?") == ["bot: is it open?"]
    [logged] = [each for each in logs if each["event"] == "handoff.native.late_end_failed"]
    assert "words" not in str(logged)
    assert await talk.says("thanks") == ["bot: thanks"]


async def test_a_rule_that_hangs_keeps_no_message_from_the_bot(make, monkeypatch):
    talk = await make(csat=None, answer_within=0.3)
    await talk.released()

    async def hangs(*_arguments):
        await asyncio.Event().wait()

    monkeypatch.setattr(talk.agent.processor, "trigger_external_user_uttered", hangs)
    assert await talk.says("is it open?") == ["bot: is it open?"]
    assert await talk.says("thanks") == ["bot: thanks"]


async def test_what_cannot_be_said_of_the_end_keeps_no_user_from_the_agents(make, monkeypatch):
    """A tracker that cannot be read is the bot's failure, and that is no reason to wait."""
    monkeypatch.setattr("zendesk_handoff.rasa.native_handover._MARGIN", 0.0)
    talk = await make(open_timeout=0.2)
    await talk.released(EndReason.MOVED_TO_EMAIL)

    async def exits(*_arguments):
        raise SystemExit(1)

    monkeypatch.setattr(talk.agent.processor, "get_tracker", exits)
    await talk.says("is it open?")
    newest = await talk.store.sessions.newest(talk.sender)
    assert newest.is_open and "failed" in newest.reason


async def test_words_that_were_dropped_after_the_release_were_not_heard(make):
    """For example a reminder of the bot's, while nobody had the conversation."""
    talk = await make()
    await talk.released()
    await talk.store.native.say(talk.sender, {"content": {"type": "text", "text": "still there?"}})
    reminder = (await talk.store.native.to_post(talk.sender))[-1]
    await talk.store.native.finish_post(reminder, error=STALE)
    assert await talk.says("is it open?") == ["bot: is it open?", RATING, TRIGGERED]


async def test_a_bot_whose_next_handover_fails_is_asked_no_more(make, monkeypatch):
    talk = await make()
    await talk.released()
    answer = Answer.run

    async def fails(*arguments):
        newer = await request_session(
            *(talk.store, talk.sender), connector=talk.connector.id, channel=NATIVE_CHANNEL
        )
        await talk.store.sessions.fail(newer.id)
        return await answer(*arguments)

    monkeypatch.setattr(Answer, "run", fails)
    assert await talk.says("a person") == ["bot: a person"]


async def test_what_a_rule_says_at_the_end_is_said_once_over_a_crash(make, monkeypatch):
    """The bot has the conversation again, and its worker dies before the tracker is saved."""
    talk = await make(csat=None)
    ended = await talk.released()
    before = await talk.said()
    native = talk.store.native
    say = native.say

    async def say_and_die(sender_id, body, *, key):
        is_said = await say(sender_id, body, key=key)
        if body["content"]["text"] == TRIGGERED:
            raise StoreUnavailable("the server has died")
        return is_said

    async def notify():
        output = await talk.bot.channels.output(ended)
        await notify_end(talk.store, talk.settings, talk.bot, ended, output)

    with monkeypatch.context() as patched:
        patched.setattr(native, "say", say_and_die)
        with pytest.raises(StoreUnavailable):
            await notify()
    await notify()
    assert (await talk.said())[len(before) :].count(TRIGGERED) == 1
