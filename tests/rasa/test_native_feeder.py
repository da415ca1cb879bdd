"""Feeding of the bot in native conversations, with a bot that does as it is told."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
import structlog

from tests.support.hours import BACK, closed_until
from tests.support.zendesk import account
from tests.support.zendesk import connector as connector_of_tests
from zendesk_handoff.channels.messaging import MessagingAdapter
from zendesk_handoff.domain import native as domain_native
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.native import LISTED, NATIVE_CHANNEL, POINTS, UserEvent
from zendesk_handoff.domain.responses import (
    FAILED,
    STARTED,
    STARTED_CLOSED,
    STARTED_CLOSED_FOR_LONG,
    TOO_MANY,
)
from zendesk_handoff.domain.session import Step
from zendesk_handoff.errors import ConversationsError, HandoffError, StoreUnavailable
from zendesk_handoff.handover import failure_case, native_passing
from zendesk_handoff.handover.native_control import NativeControl
from zendesk_handoff.handover.native_missed import MissedMessages
from zendesk_handoff.rasa import native_feeder
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.native_feeder import NativeFeeder
from zendesk_handoff.settings import Settings, read_settings
from zendesk_handoff.settings.native import BotSettings, OnlySettings
from zendesk_handoff.zendesk.clients import Clients

AGENTS = "zd-agentWorkspace"
BOT = BotSettings(typing=False, answer_within=0.5)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class StandIn:
    """A bot: ``answer`` is what it does with a message."""

    def __init__(self, store):
        self.got, self.refused, self.told, self.processor = [], [], [], SimpleNamespace()
        adapter = MessagingAdapter(SimpleNamespace(store=lambda: store))
        self.channels = SimpleNamespace(adapter=lambda _name: adapter)
        self.in_hand, self.language = self, "en"
        self.answer = self.say

    @contextmanager
    def turn(self, _sender_id, _message):
        yield

    @asynccontextmanager
    async def open_tracker(self, _sender_id):
        yield None

    async def say(self, message):
        await message.output_channel.send_response(message.sender_id, {"text": "fine"})

    async def receive(self, message):
        self.got.append(message)
        await self.answer(message)

    async def tell(self, _sender_id, response, _output, *, key, locale, tracker, **values):
        self.told.append((response, locale, values))

    async def refuse(self, message, response, *, locale):
        self.refused.append((message.metadata["zendesk_source"], response, locale))


class Server:
    def __init__(self, sim, store, connector):
        self.sim, self.store, self.connector = sim, store, connector
        settings = Settings("https://bot.example.com", {connector.id: connector}, open_timeout=0.2)
        self.clients, self.bot = Clients(settings), StandIn(store)
        self.control = NativeControl(self.clients)
        self.missed = MissedMessages(store, settings, self.clients)
        self.feeder = NativeFeeder(
            store, settings, self.bot, self.clients, self.control, self.missed
        )

    async def begin(self):
        self.id = await self.sim.user_begin(self.connector.app_id)
        self.sender = f"zendesk:{self.connector.id}:{self.id}"

    async def hears(
        self, text="hello", *, kind="message", may_be_known=False, prefix="", user=None, **metadata
    ):
        """Let the user write, and feed the bot."""
        message_id = await self.sim.user_text(self.id, text or "no words are stored")
        body = {"text": text, "metadata": {"workspace": "default", **metadata}, "user": user or {}}
        event = UserEvent(
            *(self.connector.id, f"{prefix}{message_id}", self.id, kind, body),
            *("web", "u", message_id, message_id),
        )
        await self.store.native.add([event])
        await self.store.native.leases.acquire(self.sender)
        conversation = await self.store.native.conversation(self.sender)
        await self.feeder.feed(conversation, may_be_known)
        return await self.store.native.to_handle(self.sender)

    async def reason(self):
        session = await self.store.sessions.current(self.sender)
        return None if session is None else session.reason

    def opens(self, monkeypatch):
        """Let each request succeed at once."""
        request = self.store.sessions.request

        async def opened(*arguments, **values):
            session = await request(*arguments, **values)
            return await self.store.sessions.connect(session.id)

        monkeypatch.setattr(self.store.sessions, "request", opened)

    async def session(self, *, connected):
        found = await self.store.sessions.request(
            self.sender,
            self.connector.id,
            workspace="default",
            channel=NATIVE_CHANNEL,
            reason="asked",
            summary="",
            profile={},
        )
        if connected:
            await self.store.sessions.finish_step(
                found.id, Step.CONVERSATION, conversation_id=self.id
            )
            found = await self.store.sessions.connect(found.id)
        return found


@pytest.fixture
async def make(sim, store, monkeypatch):
    monkeypatch.setattr("zendesk_handoff.rasa.native_handover._MARGIN", 0.0)
    made = []

    async def make(**values):
        connector = await account(sim, inside=True, default_integration="rasa")
        connector = replace(connector, mode="native", **{"bot": BOT, **values})
        made.append(Server(sim, store, connector))
        await made[-1].begin()
        return made[-1]

    yield make
    for each in made:
        await each.clients.close()


async def test_a_message_is_handled_once_and_its_answer_is_stored_under_its_turn(make):
    server = await make()
    assert await server.hears() == []
    [message] = server.bot.got
    assert (message.text, message.input_channel) == ("hello", NATIVE_CHANNEL)
    assert message.metadata["handoff_again"] is False
    assert message.metadata["handoff_key"] == message.message_id
    await server.bot.receive(message)
    assert len(await server.store.native.to_post(server.sender)) == 2
    repeated = await server.hears("again", may_be_known=True)
    assert repeated == [] and server.bot.got[-1].metadata["handoff_again"] is True


async def test_a_repeated_turn_says_nothing_twice(make):
    server = await make()
    await server.hears()
    [message] = server.bot.got
    message.output_channel._count = 0  # as a turn after a crash begins
    await server.bot.receive(message)
    assert len(await server.store.native.to_post(server.sender)) == 1


async def fails(_message):
    raise RuntimeError("the user's words")


async def is_silent(_message):
    return


async def sleeps(_message):
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    "answer, reason",
    [(fails, "failed"), (is_silent, "no answer"), (sleeps, "too long")],
)
async def test_a_bot_that_does_not_answer_hands_over(make, answer, reason):
    server = await make()
    server.bot.answer = answer
    assert await server.hears() == []
    assert reason in await server.reason()


async def test_a_turn_that_is_repeated_after_a_crash_leaves_nobody_without_an_answer(make):
    server = await make()
    server.bot.answer = is_silent  # it has handled the message, and its words are lost
    assert await server.hears(may_be_known=True) == []
    assert "no answer" in await server.reason()


async def test_what_was_said_before_a_crash_is_an_answer(make):
    server = await make()

    async def dies(message):
        await server.bot.say(message)
        raise StoreUnavailable("the server has died")

    server.bot.answer = dies
    with pytest.raises(StoreUnavailable):
        await server.hears()
    server.bot.answer = is_silent
    await server.feeder.feed(await server.store.native.conversation(server.sender), True)
    assert await server.store.native.to_handle(server.sender) == []
    assert await server.reason() is None and len(server.bot.got) == 2


async def test_an_agents_message_counts_as_delivered_which_the_user_sees_anyway(store):
    adapter = MessagingAdapter(SimpleNamespace(store=lambda: store))
    output = ChannelOutput(adapter, NATIVE_CHANNEL, {"source": "web"})
    for said in (
        AgentMessage("1", "Ana", "a", "text", "hello"),
        AgentMessage("2", "Ana", "a", "text", ""),
    ):
        await output.send_agent_message("zendesk:support:c1", said, key="k")
    assert output.is_confirmed


NIGHT = {"time_zone": "UTC", "week": {"mon-sun": "closed"}}


def configured(**values):
    """Read settings of a native connector, of which the ticket and the hours are taken."""
    own = connector_of_tests()
    block = {name: getattr(own, name) for name in ("subdomain", "app_id", "key_id", "key_secret")}
    block |= {"webhook_secret": own.webhook_secrets[0], **values}
    content = {"public_url": "https://bot.example.com", "connectors": {"support": block}}
    read = read_settings(content, environ={}).connectors["support"]
    return {name: getattr(read, name) for name in values}


async def test_the_ticket_of_a_bot_that_fails_has_the_fields_of_the_settings(make):
    ticket = {
        "tags": ["bot", "{zendesk_source}"],
        "priority": "low",
        "subject": "{workspace}/{channel}/{locale}: {handoff_reason}",
        "fields": {1: "{metadata.zendesk_brand}", 2: "{order_number}", 3: "{frustration_score}"},
    }
    route = {"priority": "high", "group_id": 4711, "brand_id": 7}
    routes = [{"when": {"reason": "bot_failed"}, "ticket": route}]
    server = await make(**configured(ticket=ticket, routes=routes))
    server.bot.answer = fails
    user = {"name": "Mara O'Neil", "email": "mara@example.com", "subject": "customer-7"}
    metadata = {"zendesk_source": "web", "zendesk_brand": "77", "locale": "de"}
    await server.hears("my card is 4000 1234 5678 9017", user=user, **metadata)
    session = await server.store.sessions.current(server.sender)
    assert session.ticket["values"] == {
        **{"priority": "high", "group_id": "4711", "brand_id": "7"},
        "subject": f"default/zendesk/de: {session.reason}",
    }
    assert session.ticket["tags"] == ["bot", "web", "rasa_bot_failed"]
    assert session.ticket["fields"].keys() == {"1", "3"}
    assert (session.profile["email"], session.profile["locale"]) == ("mara@example.com", "de")
    assert (session.origins["email"], session.subject) == ("proven", "customer-7")
    assert session.reason in session.summary and "4000" not in session.summary


async def test_a_ticket_that_cannot_be_filled_keeps_nobody_from_the_agents(make, monkeypatch):
    monkeypatch.setattr(failure_case, "fill_ticket", None)
    monkeypatch.setattr(failure_case, "write_summary", None)
    server = await make()
    server.bot.answer = fails
    await server.hears("my card is 4000 1234 5678 9017")
    session = await server.store.sessions.current(server.sender)
    assert session.ticket["tags"] == ["rasa_handoff", "rasa_bot_failed"]
    assert "my card is" in session.summary and "5678" not in session.summary


async def test_whose_tracker_cannot_be_read_hears_of_the_agents_nevertheless(make, monkeypatch):
    """The worker, which tells others, would need the tracker."""
    server = await make()
    server.bot.answer = fails

    @asynccontextmanager
    async def cannot_be_read(_sender_id):
        raise HandoffError("no tracker")
        yield

    monkeypatch.setattr(server.bot, "open_tracker", cannot_be_read)
    server.opens(monkeypatch)
    await server.hears(locale="de")
    assert [(said, locale) for said, locale, _ in server.bot.told] == [(STARTED, "de")]


@pytest.mark.parametrize(
    ("hours", "response"), [(NIGHT, STARTED_CLOSED_FOR_LONG), (closed_until(BACK), STARTED_CLOSED)]
)
async def test_at_night_a_bot_without_a_model_promises_nobody(make, hours, response, monkeypatch):
    server = await make(**configured(hours=hours))
    server.bot.processor = None
    server.opens(monkeypatch)
    await server.hears(locale="de")
    [(said, locale, values)] = server.bot.told
    assert (said, locale) == (response, "de")
    assert ("opens" in values) is (response == STARTED_CLOSED)
    assert "um 9 Uhr" in values.get("opens", "um 9 Uhr")


async def test_nobody_is_told_of_agents_who_do_not_have_the_conversation_yet(make):
    server = await make()
    server.bot.processor = None
    await server.hears()
    assert (await server.store.sessions.current(server.sender)).connected_at is None
    assert server.bot.told == []


async def test_a_bot_may_be_silent_where_the_settings_say_so(make):
    server = await make(bot=replace(BOT, when_silent="wait"))
    server.bot.answer = is_silent
    await server.hears()
    assert await server.reason() is None


async def test_nobody_is_handed_over_who_has_asked_nothing(make):
    server = await make()
    server.bot.answer = fails
    await server.hears("/greet", kind="start")
    assert len(server.bot.got) == 1 and await server.reason() is None


async def test_a_late_beginning_takes_no_conversation_from_the_agents(make):
    server = await make(greet=True)
    await server.sim.user_text(server.id, "before")
    await server.sim.pass_control(server.id, AGENTS)
    assert await server.hears("/greet", kind="start") == [] and server.bot.got == []
    client = server.clients.interactive(server.connector.id)
    active = (await client.get_conversation(server.id)).active_switchboard_integration
    assert active.is_called(AGENTS)


async def test_an_empty_message_is_nobodys(make):
    server = await make()
    await server.hears(" ")
    assert server.bot.got == []


async def test_a_message_for_the_agents_is_not_the_bots(make):
    server = await make()
    session = await server.session(connected=True)
    await server.sim.user_text(server.id, "before")
    await server.sim.pass_control(server.id, AGENTS)
    assert await server.hears() == [] and server.bot.got == []
    assert (await server.store.sessions.get(session.id)).is_open


async def test_a_message_after_a_lost_release_ends_the_session(make, monkeypatch):
    monkeypatch.setattr(native_feeder, "CONTROL_DELAY", 0.0)
    server = await make()
    session = await server.session(connected=True)
    await server.hears()
    ended = await server.store.sessions.get(session.id)
    assert ended.end_reason == "agent" and len(server.bot.got) == 1


async def test_control_that_is_stale_just_after_the_handover_ends_nothing(make, monkeypatch):
    monkeypatch.setattr(native_feeder, "CONTROL_DELAY", 0.6)
    server = await make()
    session = await server.session(connected=True)
    feeding = asyncio.create_task(server.hears())
    await asyncio.sleep(0.3)
    await server.sim.pass_control(server.id, AGENTS)
    assert await feeding == [] and server.bot.got == []
    assert (await server.store.sessions.get(session.id)).is_open


async def test_a_message_waits_for_a_handover_that_is_under_way(make):
    server = await make()
    session = await server.session(connected=False)
    with pytest.raises(HandoffError, match="under way"):
        await server.hears()
    assert server.bot.got == []
    assert len(await server.store.native.to_handle(server.sender)) == 1
    assert (await server.store.sessions.get(session.id)).is_open


async def test_what_a_limit_refuses_is_said_once_and_not_given_to_the_bot(make):
    server = await make()
    metadata = {"zendesk_source": "web", "locale": "de"}
    for _ in range(3):
        assert await server.hears("", kind="refused", **metadata) == []
    assert server.bot.refused == [("web", TOO_MANY, "de")]
    assert server.bot.got == []
    assert await server.hears() == [] and len(server.bot.got) == 1


async def test_nothing_is_said_of_a_limit_while_another_has_control(make):
    server = await make()
    await server.sim.pass_control(server.id, AGENTS)
    await server.hears("", kind="refused", zendesk_source="web")
    assert server.bot.refused == []


async def test_how_fast_a_missed_message_came_is_not_known(make):
    server = await make()
    await server.hears()
    for _ in range(3):
        await server.hears(prefix=LISTED)
    assert (await server.store.native.conversation(server.sender)).fast_turns == 0


REPLY = "Thank you for your message. Our office is closed until Monday."


async def points(server):
    return (await server.store.native.conversation(server.sender)).fast_turns


async def test_answers_at_once_are_a_machines(make):
    server = await make(bot=replace(BOT, loop_after=3))
    for number in range(4):
        await server.hears(f"number {number}")
    assert len(server.bot.got) == 3 and "too fast" in await server.reason()


async def test_an_automatic_reply_is_one_however_slow_it_is(make, monkeypatch):
    monkeypatch.setattr(domain_native, "TOO_FAST", -1.0)
    server = await make(bot=replace(BOT, loop_after=2))
    for _ in range(2):
        await server.hears(REPLY)
    assert await points(server) == POINTS
    await server.hears(f" {REPLY.upper()}")
    assert "repeat" in await server.reason()


async def test_nobody_is_a_machine_who_answers_yes_or_presses_a_button(make, monkeypatch):
    server = await make(bot=replace(BOT, loop_after=2))
    for _ in range(4):
        await server.hears("/yes", title="Yes")
    assert await points(server) == 0
    monkeypatch.setattr(domain_native, "TOO_FAST", -1.0)
    for _ in range(6):
        await server.hears("yes")
    assert await points(server) == 6 and await server.reason() is None


async def test_lines_that_are_written_before_the_bot_has_answered_are_no_turns(make):
    server = await make(bot=replace(BOT, loop_after=2, when_silent="wait"))
    await server.hears("hello")
    server.bot.answer = is_silent
    await server.hears("I have a question")
    before = await points(server)
    for number in range(5):
        await server.hears(f"line {number}")
    assert await points(server) == before and await server.reason() is None


async def test_what_comes_back_again_and_again_goes_to_the_agents(make, monkeypatch):
    monkeypatch.setattr(native_passing, "CONTROL_DELAY", 0.0)
    only = OnlySettings(sources=("whatsapp",), otherwise="zd-answerBot")
    server = await make(only=only)
    for _ in range(3):
        await server.hears("", kind="foreign")
        assert (await server.sim.conversation(server.id))["control"]["active"] == "zd-answerBot"
        await server.sim.pass_control(server.id, "rasa")
    await server.hears("", kind="foreign")
    assert (await server.sim.conversation(server.id))["control"]["active"] == AGENTS


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize("otherwise", ["next", "zd-anwserBot"])
async def test_where_nobody_is_called_so_the_agents_get_what_the_bot_does_not_serve(
    make, monkeypatch, otherwise, status
):
    monkeypatch.setattr(native_passing, "CONTROL_DELAY", 0.0)
    server = await make(only=OnlySettings(sources=("whatsapp",), otherwise=otherwise))
    await server.sim.set_switches(server.connector.app_id, refused_action_status=status)
    assert await server.hears("", kind="foreign") == []
    view = await server.sim.conversation(server.id)
    assert view["control"]["active"] == AGENTS and server.bot.got == []


@pytest.mark.parametrize("status", [400, 200])
async def test_whom_nobody_gets_is_told_so_once(make, monkeypatch, status):
    monkeypatch.setattr(native_passing, "CONTROL_DELAY", 0.0)
    only = OnlySettings(sources=("whatsapp",), otherwise="zd-anwserBot")
    server = await make(only=only, agent_workspace="zd-nobody")
    await server.sim.set_switches(server.connector.app_id, refused_action_status=status)
    for _ in range(2):
        with structlog.testing.capture_logs() as logs:
            assert await server.hears("", kind="foreign", zendesk_source="web", locale="de") == []
        failed = [each for each in logs if each["event"] == "handoff.native.not_passed_on"]
        assert [each["to"] for each in failed] == ["zd-anwserBot", "zd-nobody"]
    assert server.bot.refused == [("web", FAILED, "de")] and server.bot.got == []


async def test_control_that_is_told_late_has_moved_nevertheless(make, monkeypatch):
    monkeypatch.setattr(native_passing, "CONTROL_DELAY", 0.01)
    server = await make(only=OnlySettings(sources=("whatsapp",), otherwise="zd-answerBot"))
    told = [True, True, False]
    monkeypatch.setattr(server.control, "is_ours", lambda *_, **__: told_later(told))
    server.feeder._is_for_bot = lambda *_: told_later([True])
    assert await server.hears("", kind="foreign") == [] and told == []
    assert (await server.sim.conversation(server.id))["control"]["active"] == "zd-answerBot"


async def told_later(told):
    return told.pop(0)


async def test_an_outage_while_a_conversation_is_passed_on_changes_nothing(make):
    server = await make(only=OnlySettings(sources=("whatsapp",), otherwise="zd-answerBot"))
    await server.sim.add_fault("status", status=401, method="POST", path="*/passControl", count=1)
    with pytest.raises(ConversationsError):
        await server.hears("", kind="foreign")
    assert (await server.sim.conversation(server.id))["control"]["active"] == "rasa"
    assert len(await server.store.native.to_handle(server.sender)) == 1
    for _ in range(4):
        await server.sim.add_fault(
            "status", status=401, method="POST", path="*/passControl", count=1
        )
        with pytest.raises(ConversationsError):
            await server.feeder.feed(await server.store.native.conversation(server.sender), False)
    await server.feeder.feed(await server.store.native.conversation(server.sender), False)
    view = await server.sim.conversation(server.id)
    assert view["control"]["active"] == "zd-answerBot", "an outage is no coming back"
