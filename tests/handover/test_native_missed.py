"""Users' messages of which no call of the webhook has told: read, once, in order."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from tests.support.zendesk import account
from zendesk_handoff.domain.inbox import stamp
from zendesk_handoff.domain.native import NATIVE_CHANNEL, UserEvent
from zendesk_handoff.domain.session import EndReason, Step
from zendesk_handoff.handover.native_events import control_moves
from zendesk_handoff.handover.native_missed import MissedMessages
from zendesk_handoff.handover.reconcile import reconcile
from zendesk_handoff.settings import Settings
from zendesk_handoff.settings.native import BotSettings, OnlySettings
from zendesk_handoff.store import open_store
from zendesk_handoff.zendesk.clients import Clients
from zendesk_handoff.zendesk.events import ControlMoved
from zendesk_handoff.zendesk.models import Conversation

AGENTS = "zd-agentWorkspace"
#: Seconds by which the reader's clock is ahead, so that what was just written has settled.
AHEAD = 10.0


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class Account:
    """An account none of whose events arrive, and a conversation that the bot knows."""

    def __init__(self, sim, store, connector):
        self.sim, self.store, self.connector = sim, store, connector
        self.settings = Settings("https://bot.example.com", {connector.id: connector})
        self.clients, self.ahead = Clients(self.settings), AHEAD

    async def begin(self):
        self.id = await self.sim.user_begin(
            self.connector.app_id, name="Mara O'Neil", email="mara@example.com"
        )
        self.sender = f"zendesk:{self.connector.id}:{self.id}"
        await self.arrives(await self.writes("hello"), "hello")
        [row] = await self.waiting()
        await self.store.native.begin_turn(row, fast_turns=0)
        await self.store.native.finish(row)

    async def writes(self, text):
        return await self.sim.user_text(self.id, text)

    async def arrives(self, message_id, text):
        """Store a message as its event would."""
        body = {"text": text, "metadata": {}, "user": {}}
        event = UserEvent(
            *(self.connector.id, f"event of {message_id}", self.id, "message", body, "web", "u"),
            message_id=message_id,
            sent_at=await self.received(message_id),
        )
        await self.store.native.add([event])

    async def received(self, message_id):
        messages = await self.sim.messages(self.id)
        return next(each["received"] for each in messages if each["id"] == message_id)

    async def waiting(self):
        return await self.store.native.to_handle(self.sender)

    async def texts(self):
        return [each.body["text"] for each in await self.waiting()]

    def server(self):
        """Start a server's reader anew."""
        return MissedMessages(
            self.store, self.settings, self.clients, clock=lambda: time.time() + self.ahead
        )

    async def starts(self):
        await self.server().look()
        self.ahead += AHEAD  # a server that starts at once does not read the same again
        return await self.texts()

    async def session(self):
        found = await self.store.sessions.request(
            self.sender,
            self.connector.id,
            workspace="default",
            channel=NATIVE_CHANNEL,
            reason="asked",
            summary="",
            profile={},
        )
        await self.store.sessions.finish_step(found.id, Step.CONVERSATION, conversation_id=self.id)
        await self.sim.pass_control(self.id, AGENTS)
        return await self.store.sessions.connect(found.id)


@pytest.fixture
async def make(sim, store):
    made = []

    async def make(**values):
        connector = await account(sim, inside=True, default_integration="rasa")
        connector = replace(connector, mode="native", **values)
        made.append(Account(sim, store, connector))
        await made[-1].begin()
        return made[-1]

    yield make
    for each in made:
        await each.clients.close()


async def test_what_was_missed_is_read_once_and_in_order(make):
    native = await make()
    for text in ("one", "two", "three"):
        await native.writes(text)
    assert await native.starts() == ["one", "two", "three"]
    assert await native.starts() == ["one", "two", "three"]
    for row in await native.waiting():
        await native.store.native.finish(row)
    assert await native.starts() == []


async def test_its_event_comes_later(make):
    native = await make()
    message_id = await native.writes("one")
    assert await native.starts() == ["one"]
    await native.arrives(message_id, "one")
    assert await native.texts() == ["one"]


async def test_it_comes_with_all_that_an_event_tells(make):
    native = await make()
    await native.writes("one")
    await native.starts()
    [row] = await native.waiting()
    assert row.body["user"] == {"name": "Mara O'Neil", "email": "mara@example.com"}
    assert row.body["metadata"] == {"zendesk_source": "web", "workspace": "default"}
    assert row.sent_at == await native.received(row.message_id)


async def test_a_message_whose_event_is_under_way_is_left_to_it(make):
    native = await make()
    await native.writes("one")
    native.ahead = 0.0
    assert await native.starts() == []


async def test_a_message_that_is_too_old_is_told_once_and_not_answered(make):
    native = await make()
    await native.writes("one")
    native.ahead = 3600.0 + AHEAD
    with capture_logs() as logs:
        for _ in range(2):
            assert await native.starts() == []
        reads = await listings(native)
    told = [each for each in logs if each["event"] == "handoff.native.too_old"]
    assert [(each["conversation"], each["messages"]) for each in told] == [(native.id, 1)]
    assert reads == 2


async def test_how_old_it_may_be_is_a_setting(make):
    native = await make(bot=BotSettings(missed_within=100.0))
    await native.writes("one")
    native.ahead = 100.0 + AHEAD
    assert await native.starts() == []
    native = await make(bot=BotSettings(missed_within=7200.0))
    await native.writes("one")
    native.ahead = 3600.0 + AHEAD
    assert await native.starts() == ["one"]


async def test_nothing_is_read_where_it_is_off(make):
    native = await make(bot=BotSettings(missed_within=None))
    await native.writes("one")
    assert await native.starts() == []
    requests = await native.sim.requests(native.connector.app_id)
    assert not any("/messages" in each["path"] for each in requests if each["method"] == "GET")


async def test_conversations_in_which_the_bot_has_long_been_idle_are_not_read(make):
    native = await make()
    native.ahead = 25 * 3600.0
    await native.server().look()
    assert await native.sim.requests(native.connector.app_id) == []


@pytest.mark.parametrize("party", [AGENTS, "zd-answerBot", None])
async def test_what_is_written_to_others_is_not_read(make, party):
    native = await make()
    if party:
        await native.sim.pass_control(native.id, party)
        await native.writes("to somebody else")
    else:
        await native.writes("to nobody")
        await native.sim.release_control(native.id)
    assert await native.starts() == []


async def test_what_others_have_answered_is_not_read(make):
    native = await make()
    await native.sim.pass_control(native.id, AGENTS)
    await native.writes("to the agent")
    await native.sim.agent_text(native.id, "Hello, this is Ana", agent="Ana")
    await native.sim.release_control(native.id)
    await native.writes("to the bot")
    assert await native.starts() == ["to the bot"]


async def test_what_stands_before_a_move_of_control_is_not_read(make):
    native = await make()
    await native.sim.pass_control(native.id, "zd-answerBot")
    message_id = await native.writes("to the other bot")
    moved_at = await native.received(message_id)
    await native.sim.pass_control(native.id, "rasa")
    event = ControlMoved(
        "e", moved_at, Conversation(native.id), to=None, reason=None, by_session=""
    )
    missed = native.store.native_missed
    await missed.note_control(native.connector.id, control_moves([event]))
    assert await native.starts() == []
    await native.writes("to ours")
    earlier = replace(event, created_at="2020-01-01T00:00:00.000Z")
    await missed.note_control(native.connector.id, control_moves([earlier]))
    assert await native.starts() == ["to ours"], "an earlier move changes nothing"


async def test_after_a_handover_whose_end_nobody_has_told(make):
    native = await make()
    await native.session()
    await native.writes("to the agent")
    await native.sim.agent_text(native.id, "Done, bye", agent="Ana")
    await native.sim.release_control(native.id)
    await native.writes("to the bot")
    assert await native.starts() == ["to the bot"]


async def test_what_was_written_before_a_release_that_is_found_later_is_not_read(make):
    native = await make()
    session = await native.session()
    await native.writes("thanks, bye")
    await native.sim.release_control(native.id)
    client = native.clients.interactive(native.connector.id)
    session = replace(session, connected_at=session.connected_at - 60)
    await reconcile(native.store, client, session)
    await native.store.sessions.end(session.id, EndReason.AGENT)
    await native.sim.pass_control(native.id, "rasa")
    assert await native.starts() == []


async def test_a_session_that_is_being_opened_is_left_alone(make):
    native = await make()
    await native.writes("a person please")
    await native.store.sessions.request(
        *(native.sender, native.connector.id),
        **{"workspace": "default", "channel": NATIVE_CHANNEL},
        **{"reason": "asked", "summary": "", "profile": {}},
    )
    assert await native.starts() == []


async def test_the_bot_serves_the_brand_of_a_conversation_that_it_knows(make):
    native = await make(only=OnlySettings(brands=("360000000001",)))
    await native.writes("one")
    await native.starts()
    [row] = await native.waiting()
    assert row.kind == "message"


async def test_the_first_message_after_a_start_is_not_answered_before_those_that_were_missed(make):
    native = await make()
    server = native.server()
    await native.writes("missed")
    await native.arrives(await native.writes("heard"), "heard")
    await native.writes("under way")
    conversation = await native.store.native.conversation(native.sender)
    [row] = await native.waiting()
    await server.before_turn(conversation, until=row.sent_at)
    assert await native.texts() == ["missed", "heard"]


async def listings(native):
    requests = await native.sim.requests(native.connector.app_id)
    return sum(one["method"] == "GET" and one["path"].endswith("/messages") for one in requests)


async def test_before_a_turn_a_conversation_is_read_once_after_each_gap(make):
    native = await make()
    server, conversation = native.server(), await native.store.native.conversation(native.sender)
    until, counts = stamp(time.time()), []
    for pause in (0, 1, 30, 61, 1, 7200):
        native.ahead += pause
        server.hear(native.connector.id)
        if pause == 7200:
            native.ahead += 3601.0
        await server.before_turn(conversation, until=until)
        counts.append(await listings(native))
    assert counts == [1, 1, 1, 2, 2, 2], "what is lost long ago is not looked for"


async def test_a_new_conversation_is_not_read_before_its_first_turn(make):
    native = await make()
    conversation = await native.store.native.conversation(native.sender)
    new = replace(conversation, answered_at=None)
    await native.server().before_turn(new, until=stamp(time.time()))
    assert await listings(native) == 0


async def test_where_zendesk_does_not_answer_it_is_asked_again_later(make):
    native = await make()
    await native.writes("one")
    await native.sim.add_fault("status", status=400, method="GET", path="*/messages", count=1)
    with capture_logs() as logs:
        assert await native.starts() == []
    assert "handoff.native.not_read" in [each["event"] for each in logs]
    assert await native.starts() == ["one"]


async def test_a_conversation_that_is_gone_is_no_error(make):
    native = await make()
    await native.sim.delete_conversation(native.id)
    with capture_logs() as logs:
        assert await native.starts() == []
    assert logs == []


async def test_two_servers_read_different_conversations(make, url):
    native = await make()
    async with await open_store(url) as other:
        claims = [
            await each.native_missed.claim(
                [native.connector.id], now=100.0, active_after=0.0, before=95.0, limit=8
            )
            for each in (native.store, other)
        ]
    assert claims == [[native.sender], []]
