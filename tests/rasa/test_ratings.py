"""Ratings: asked for after an agent has answered, and taken once, from the one who was asked."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.channels.rest import RestInput

from tests.support.engine import make_agent
from tests.support.hooked import message, texts
from tests.support.store import inbox_entry
from tests.support.workers import settings
from tests.support.zendesk import begin, connector
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.ratings import RATING_PAYLOAD
from zendesk_handoff.domain.responses import RATE, RATED, default_message, default_response
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.rasa.session_end import notify_end

SENDER = "jo@example.com"
ANSWER = AgentMessage("m1", "Ana", "900000000001", "text", "It is on its way.")
ASKED, THANKS = default_message(RATE), default_response(RATED)
PAYLOADS = [button["payload"] for button in ASKED["buttons"]]


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class Chat:
    """A bot behind the router, and its user."""

    def __init__(self, store, csat="ask"):
        self.agent, self.store = make_agent(), store
        app = SimpleNamespace(ctx=SimpleNamespace(agent=self.agent, input_channels=[RestInput()]))
        self.settings, self.in_hand = settings(connector(csat=csat)), InHand(store.signals)
        self.bot = Bot(app, self.in_hand)
        self.router = Router(store, self.bot, self.settings)

    async def session(self, *, answered=True):
        """Open a session, in which an agent answers."""
        session = await begin(self.store, SENDER)
        await self.store.sessions.connect(session.id)
        if answered:
            entry = inbox_entry(session.id, f"e:{session.id}", body=asdict(ANSWER))
            await self.store.inbox.add([entry])
            [event] = await self.store.inbox.waiting(session.id)
            await self.store.inbox.finish(event, by_agent=True)
        return session

    async def ends(self, session, reason=EndReason.AGENT):
        """End it; return what the user is shown."""
        output = CollectingOutputChannel()
        ended = await self.store.sessions.end(session.id, reason)
        await notify_end(self.store, self.settings, self.bot, ended, output)
        return output.messages

    async def says(self, text, **values):
        return texts(await self.agent.handle_message(message(text, SENDER, **values)))

    async def rating(self, session):
        return (await self.store.sessions.get(session.id)).rating


@pytest.fixture
def chat(store):
    found = Chat(store)
    hooks.install(found.router, found.in_hand)
    yield found
    hooks.uninstall()


async def test_the_question_has_a_button_for_each_number(chat):
    shown = await chat.ends(await chat.session())
    assert [each["text"] for each in shown] == ["The agent has left.", ASKED["text"]]
    assert shown[-1]["buttons"] == ASKED["buttons"]
    assert PAYLOADS == [f"{RATING_PAYLOAD}{number}" for number in range(1, 6)]


async def test_nobody_is_asked_who_had_no_answer(chat):
    assert len(await chat.ends(await chat.session(answered=False))) == 1


@pytest.mark.parametrize("reason", [None, EndReason.NOT_PASSED])
async def test_nobody_is_asked_after_a_handover_that_failed(chat, store, reason):
    session = await chat.session()
    if reason is None:
        failed, output = await store.sessions.fail(session.id), CollectingOutputChannel()
        await notify_end(store, chat.settings, chat.bot, failed, output)
        assert len(output.messages) == 1
    else:
        assert len(await chat.ends(session, reason)) == 1


async def test_nobody_is_asked_by_default(store):
    chat = Chat(store, csat=None)
    assert len(await chat.ends(await chat.session())) == 1


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        *zip(PAYLOADS, range(1, 6), strict=True),
        *(("1", 1), (" 5 ", 5), ("4.", 4), ("3!", 3), ("4/5", 4), ("2 / 5", 2)),
        *(("⭐⭐⭐⭐", 4), ("⭐️ ⭐️", 2), ("★★★★★", 5)),
    ],
)
async def test_an_answer_is_recorded_and_is_not_the_bots(chat, text, rating):
    session = await chat.session()
    await chat.ends(session)
    assert await chat.says(text) == [THANKS]
    assert await chat.rating(session) == rating
    assert await chat.says("and now?") == ["bot: and now?"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "0",
            "6",
            "12345",
            "4 of them",
            "5/10",
            "4/6",
            "⭐" * 6,
            "⭐⭐ thanks",
            "10234",
            "٣",
            "④",
            "-1",
            "1e0",
            "five",
            "",
            "/restart",
        ),
        *(f"{RATING_PAYLOAD}{wrong}" for wrong in ("", "0", "6", "11", "1{}", "٣")),
    ],
)
async def test_anything_else_is_the_bots(chat, text):
    session = await chat.session()
    await chat.ends(session)
    assert THANKS not in await chat.says(text)
    assert await chat.rating(session) is None


async def test_the_first_rating_is_kept(chat):
    session = await chat.session()
    await chat.ends(session)
    assert [await chat.says(each) for each in (PAYLOADS[1], PAYLOADS[4])] == [[THANKS], [THANKS]]
    assert await chat.rating(session) == 2


async def test_a_button_counts_later_and_a_number_does_not(chat):
    session = await chat.session()
    await chat.ends(session)
    await chat.says("what are your hours?")
    assert await chat.says("4") == ["bot: 4"]
    assert await chat.rating(session) is None
    assert await chat.says(PAYLOADS[3]) == [THANKS]
    assert await chat.rating(session) == 4


async def test_a_button_of_an_earlier_session_counts_after_a_later_one(chat):
    first = await chat.session()
    await chat.ends(first)
    second = await chat.session(answered=False)
    await chat.ends(second)
    assert await chat.says(PAYLOADS[3]) == [THANKS]
    assert [await chat.rating(each) for each in (first, second)] == [4, None]


async def test_a_button_of_a_day_ago_is_the_bots(chat, store, monkeypatch):
    session = await chat.session()
    await chat.ends(session)
    await chat.says("what are your hours?")
    monkeypatch.setattr("zendesk_handoff.rasa.ratings._COUNTS_FOR", -1.0)
    assert await chat.says(PAYLOADS[3]) == [f"bot: {PAYLOADS[3]}"]
    assert await chat.rating(session) is None


async def test_who_was_not_asked_rates_nothing(chat, store):
    session = await chat.session(answered=False)
    await chat.ends(session)
    assert THANKS not in await chat.says(PAYLOADS[3])
    assert THANKS not in await chat.says(PAYLOADS[3])
    assert await chat.rating(session) is None


async def test_the_same_sender_of_another_channel_rates_nothing(chat, store):
    session = await chat.session()
    await chat.ends(session)
    await chat.says("what are your hours?")
    foreign = message(PAYLOADS[0], SENDER)
    foreign.input_channel = "elsewhere"
    assert THANKS not in texts(await chat.agent.handle_message(foreign))
    assert await chat.rating(session) is None


async def test_during_a_session_a_number_is_the_agents(chat, store):
    first = await chat.session()
    await chat.ends(first)
    second = await chat.session()
    assert await chat.says("4") == []
    assert [each.body["text"] for each in await store.outbox.waiting(second.id)] == ["4"]
    assert await chat.rating(first) is None
