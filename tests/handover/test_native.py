"""Native conversations at Zendesk: what the bot says, who has control, the handover, the note."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa
import structlog

from tests.support.zendesk import SUMMARY, account, single_attempt
from zendesk_handoff.channels.messaging import MessagingAdapter
from zendesk_handoff.domain.native import NATIVE_CHANNEL, UserEvent, native_sender
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.errors import ConversationsError, HandoffError
from zendesk_handoff.handover.end_at_zendesk import end_at_zendesk
from zendesk_handoff.handover.native_control import NativeControl, is_about_handover
from zendesk_handoff.handover.native_poster import STALE, NativePoster
from zendesk_handoff.handover.native_workers import NativeWorkers, Side
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.handover.ticket_updates import TicketUpdates
from zendesk_handoff.settings import Settings
from zendesk_handoff.settings.native import BotSettings
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.store.native import BotMessage
from zendesk_handoff.store.outbox import Outgoing
from zendesk_handoff.zendesk.bot_content import limits_of
from zendesk_handoff.zendesk.clients import Clients

AGENTS = "zd-agentWorkspace"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class Account:
    """An account with a native connector, and a conversation of a user in it."""

    def __init__(self, sim, store, connector):
        self.sim, self.store, self.connector = sim, store, connector
        settings = Settings("https://bot.example.com", {connector.id: connector})
        self.settings, self.clients = settings, Clients(settings)
        self.control = NativeControl(self.clients)
        self.poster = NativePoster(store, self.clients, self.control)

    async def begin(self, source=""):
        self.id = await self.sim.user_begin(self.connector.app_id, name="Mara")
        self.message_id = await self.sim.user_text(self.id, "hello")
        user = (await self.sim.conversation(self.id))["user"]
        event = UserEvent(
            connector_id=self.connector.id,
            event_id=self.message_id,
            conversation_id=self.id,
            kind="message",
            body={"text": "hello", "metadata": {}, "user": {}},
            source=source,
            user_id=user["id"],
            message_id=self.message_id,
        )
        await self.store.native.add([event])
        self.sender = event.sender_id
        await self.store.native.leases.acquire(self.sender)
        [row] = await self.store.native.to_handle(self.sender)
        await self.store.native.begin_turn(row, fast_turns=0)
        await self.store.native.finish(row)

    async def conversation(self):
        return await self.store.native.conversation(self.sender)

    async def say(self, text, **more):
        content = {"type": "text", "text": text, **more}
        await self.store.native.say(self.sender, {"content": content})

    async def post(self, *, outcome_unknown=False):
        await self.poster.post(await self.conversation(), outcome_unknown=outcome_unknown)

    async def heard(self):
        messages = await self.sim.messages(self.id)
        return [one for one in messages if one["author"]["type"] == "business"]

    async def request(self, **values):
        session = await self.store.sessions.request(
            self.sender,
            self.connector.id,
            workspace="default",
            channel=NATIVE_CHANNEL,
            reason="asked",
            summary=SUMMARY,
            profile={},
            **values,
        )
        await self.store.leases.acquire(session.id)
        return session

    async def open(self, **values):
        async with single_attempt(self.connector) as client:
            return await open_session(self.store, client, await self.request(**values))


@pytest.fixture
async def make(sim, store):
    made = []

    async def make(*, support=False, **values):
        connector = await account(sim, inside=True, support=support, default_integration="rasa")
        connector = replace(connector, mode="native", **values)
        made.append(Account(sim, store, connector))
        await made[-1].begin()
        return made[-1]

    yield make
    for each in made:
        await each.clients.close()


async def test_the_bots_words_are_posted_in_order_and_under_its_name(make):
    bot = BotSettings(name="Fern", avatar_url="https://shop.example/fern.png", ai=True)
    native = await make(bot=bot)
    for number in range(3):
        await native.say(f"number {number}")
    await native.post()
    heard = await native.heard()
    assert [one["content"]["text"] for one in heard] == ["number 0", "number 1", "number 2"]
    author = heard[0]["author"]
    assert (author["displayName"], author["avatarUrl"], author["subtypes"]) == (
        *("Fern", "https://shop.example/fern.png"),
        ["AI"],
    )
    assert await native.store.native.to_post(native.sender) == []


async def test_what_was_posted_and_not_recorded_is_not_posted_again(make):
    native = await make()
    await native.say("once")
    await native.sim.add_fault("drop", when="after", method="POST", path="*/messages", count=1)
    await native.post()
    assert len(await native.heard()) == 1
    await native.say("twice?")
    [message] = await native.store.native.to_post(native.sender)
    async with single_attempt(native.connector) as client:
        author = {"type": "business"}
        content = {"type": "text", "text": "twice?"}
        await client.post_message(native.id, content, author=author, marker=message.marker)
    await native.post(outcome_unknown=True)
    assert len(await native.heard()) == 2


async def test_a_failure_leaves_the_words_where_they_are(make):
    native = await make()
    await native.say("later")
    await native.sim.add_fault("status", status=401, method="POST", path="*/messages", count=1)
    with pytest.raises(ConversationsError):
        await native.post()
    assert len(await native.store.native.to_post(native.sender)) == 1
    await native.post()
    assert len(await native.heard()) == 1


async def test_what_zendesk_refuses_is_said_in_words(make):
    native = await make()
    picture = {"type": "image", "mediaUrl": "https://shop.example/a.png", "text": "Our lamp"}
    await native.store.native.say(native.sender, {"content": picture})
    await native.sim.add_fault("status", status=400, method="POST", path="*/messages", count=1)
    await native.post()
    [heard] = await native.heard()
    assert heard["content"]["type"] == "text" and "Our lamp" in heard["content"]["text"]


async def test_a_refused_text_keeps_nothing_from_being_posted(make):
    native = await make()
    await native.say("refused")
    await native.say("next")
    await native.sim.add_fault("status", status=400, method="POST", path="*/messages", count=1)
    await native.post()
    assert [one["content"]["text"] for one in await native.heard()] == ["next"]


@pytest.mark.parametrize("party", [AGENTS, "zd-answerBot"])
async def test_the_bot_is_silent_while_another_has_control(make, party):
    native = await make()
    await native.sim.pass_control(native.id, party)
    await native.say("too late")
    await native.post()
    assert await native.heard() == []
    assert await native.store.native.to_post(native.sender) == []
    exported = await native.store.personal_data.export(native.sender)
    assert exported["bot_messages"][0]["error"] == STALE


async def test_control_that_was_proved_just_now_is_not_asked_for(make):
    native = await make()
    seconds = [100.0]
    native.control = NativeControl(native.clients, clock=lambda: seconds[0])
    native.control.prove(native.id)
    await native.sim.pass_control(native.id, AGENTS)
    conversation = await native.conversation()
    assert await native.control.is_ours(conversation), "within two seconds"
    assert not await native.control.is_ours(conversation, is_certain=True)
    native.control.prove(native.id)
    seconds[0] += 2.5
    assert not await native.control.is_ours(conversation)
    native.control.prove(native.id)
    native.control.forget(native.id)
    assert not await native.control.is_ours(conversation)


async def test_what_was_read_before_a_move_proves_nothing(make):
    native = await make()
    native.control = NativeControl(native.clients)
    conversation = await native.conversation()
    client = native.clients.interactive(conversation.connector_id)
    read = client.get_conversation

    async def read_slowly(conversation_id):
        found = await read(conversation_id)
        await native.sim.pass_control(native.id, AGENTS)
        native.control.forget(conversation_id)  # by the event, which is faster
        return found

    client.get_conversation = read_slowly
    assert await native.control.is_ours(conversation)
    client.get_conversation = read
    assert not await native.control.is_ours(conversation)


async def test_a_merged_conversation_is_known_by_zendesks_id(make):
    native = await make()
    native.control = NativeControl(native.clients)
    merged = replace(await native.conversation(), sender_id="zendesk:x:the one that it was before")
    assert await native.control.is_ours(merged)
    await native.sim.pass_control(native.id, AGENTS)
    native.control.forget(native.id)
    assert not await native.control.is_ours(merged)


def test_the_last_words_belong_to_the_turn_of_the_handover():
    session = Session("s", "c", "w", "u", NATIVE_CHANNEL, State.WAITING, connected_at=100.0)

    def said(at, key=""):
        return BotMessage(1, "u", "m", {}, at, key)

    assert is_about_handover(session, said(99.0)) and is_about_handover(session, said(110.0))
    assert not is_about_handover(session, said(200.0))
    # A server that was down says so when it is back.
    assert is_about_handover(session, said(200.0, session.start_key))
    assert is_about_handover(replace(session, connected_at=None, state=State.OPENING), said(1.0))
    assert not is_about_handover(replace(session, state=State.ENDED), said(99.0))
    assert not is_about_handover(None, said(99.0))


async def test_the_handover_passes_control_and_says_nothing(make):
    native = await make()
    await native.say("one moment")
    posting = asyncio.create_task(native.post())
    session = await native.open()
    await posting
    assert session.state is State.WAITING and session.conversation_id == native.id
    view = await native.sim.conversation(native.id)
    assert view["control"] == {"active": AGENTS, "pending": "rasa", "withAgents": True}
    assert [one["content"]["text"] for one in await native.heard()] == ["one moment"]
    assert view["ticket"]["first_message_id"] == native.message_id
    assert len(await native.sim.conversations(native.connector.app_id)) == 1
    assert (await native.conversation()).first_message_id is None


async def test_words_of_a_session_from_outside_keep_to_the_users_channel(make):
    """A reminder that hands over has no message of the user's, and so no place."""
    native = await make()
    await native.begin("whatsapp")
    session = await native.open()
    adapter = MessagingAdapter(None)
    assert adapter.limits_at(session.address or {}) == limits_of("whatsapp")


async def test_the_handover_waits_for_the_bots_last_words(make):
    native = await make()
    await native.say("one moment")
    opening = asyncio.create_task(native.open())
    await asyncio.sleep(0.3)
    assert (await native.sim.conversation(native.id))["control"]["active"] == "rasa"
    await native.post()
    await opening
    assert (await native.sim.conversation(native.id))["control"]["active"] == AGENTS


@pytest.mark.parametrize("number, shown", [(2, 2), (100, 6), (10, None)])
async def test_the_ticket_shows_as_much_as_is_wanted(make, number, shown):
    native = await make(history=number)
    ids = [native.message_id]
    ids += [await native.sim.user_text(native.id, f"line {each}") for each in range(5)]
    session = await native.open()
    assert session.transcript_message_id == (ids[-shown] if shown else None)


async def test_control_of_another_bot_is_not_taken_away(make):
    native = await make()
    await native.sim.pass_control(native.id, "zd-answerBot")
    with pytest.raises(HandoffError, match="Another integration"):
        await native.open()
    assert (await native.sim.conversation(native.id))["control"]["active"] == "zd-answerBot"


async def test_agents_who_have_taken_it_themselves_keep_it(make):
    native = await make()
    await native.sim.pass_control(native.id, AGENTS)
    session = await native.open()
    assert session.state is State.WAITING


async def test_a_conversation_that_nobody_knows_is_not_handed_over(make):
    native = await make()
    native.sender = native_sender("support", "another")
    with pytest.raises(HandoffError, match="no such conversation"):
        await native.open()


async def test_the_summary_in_a_field_is_cut_to_what_fits(make):
    native = await make(summary_to="360001234567")
    session = await native.request(ticket={"values": {}, "tags": ["a"], "fields": {}})
    long = "“Où est ma commande ?” 🙂 " * 400
    session = replace(session, summary=long)
    async with single_attempt(native.connector) as client:
        await open_session(native.store, client, session)
    view = await native.sim.conversation(native.id)
    text = view["ticket"]["fields"]["custom"]["360001234567"]
    assert text.endswith("…") and long.startswith(text[:-1].rstrip())
    assert 3000 < len(text.encode()) < 4000


async def test_a_refused_summary_costs_no_other_field(make):
    native = await make(summary_to="360001234567")
    key = "dataCapture.ticketField.360001234567"
    await native.sim.set_switches(native.connector.app_id, refused_metadata=[key])
    await native.open(ticket={"values": {"priority": "low"}, "tags": ["a"], "fields": {"36": "x"}})
    found = (await native.sim.conversation(native.id))["ticket"]["fields"]
    assert found == {"priority": "low", "tags": ["a"], "custom": {"36": "x"}}


async def test_the_summary_is_one_note_of_the_right_ticket(make):
    native = await make(support=True, summary_to="note")
    await native.open()
    tickets = TicketUpdates(native.store, native.settings, native.clients)
    await tickets.look()
    ticket = (await native.sim.conversation(native.id))["ticket"]
    assert len(ticket["notes"]) == 1 and SUMMARY in ticket["notes"][0]
    assert SUMMARY not in str(await native.sim.messages(native.id))


async def note_of(native):
    """Let a server look for tickets; return the notes, and what the log says of tickets."""
    tickets = TicketUpdates(native.store, native.settings, native.clients)
    with structlog.testing.capture_logs() as logs:
        await tickets.look()
    ticket = (await native.sim.conversation(native.id))["ticket"]
    return ticket["notes"], [each["event"] for each in logs if ".ticket." in each["event"]]


@pytest.mark.parametrize("says", ["a greeting", None])
async def test_the_note_of_a_user_who_has_only_pressed_buttons(make, says):
    native = await make(support=True, summary_to="note")
    native.id = await native.sim.user_begin(native.connector.app_id)
    user_id = (await native.sim.conversation(native.id))["user"]["id"]
    event = UserEvent(
        *(native.connector.id, "pressed", native.id, "postback"),
        *({"text": "/human_handoff", "metadata": {}, "user": {}}, "web", user_id),
    )
    await native.store.native.add([event])
    native.sender = event.sender_id
    await native.store.native.leases.acquire(native.sender)
    await native.sim.pass_control(native.id, "rasa")  # as a pressed button does
    if says:
        await native.say(says)
        await native.post()
    session = await native.open()
    if says is None:  # as everywhere, the ticket opens with the first message
        await native.sim.user_text(native.id, "hello?")
    notes, logged = await note_of(native)
    assert len(notes) == 1 and SUMMARY in notes[0] and logged == []
    assert (session.summary_message_id is None) is (says is None)


async def test_a_second_handover_without_a_message_counts_no_older_words(make):
    native = await make(support=True, summary_to="note")
    first = await native.open()
    await native.store.sessions.end(first.id, EndReason.AGENT)
    await native.sim.agent_text(native.id, "Hello, this is Ana", agent="Ana")
    await native.sim.pass_control(native.id, "rasa")
    second = await native.open()
    assert first.summary_message_id == native.message_id
    assert second.summary_message_id == (await native.sim.messages(native.id))[-1]["id"]


async def test_a_handover_whose_ticket_cannot_be_found_is_logged(make):
    native = await make(support=True, summary_to="note")
    session = await native.open()
    without = sa.update(sessions).where(sessions.c.id == session.id)
    values = {"summary_message_id": None, "reference": None}
    await native.store.sessions._database.write(
        lambda connection: connection.execute(without.values(values)).rowcount
    )
    assert await note_of(native) == ([], ["handoff.ticket.not_set"])


async def test_a_note_whose_outcome_is_unknown_is_not_added_twice(make):
    native = await make(support=True, summary_to="note")
    session = await native.open()
    support = native.clients.support(native.connector.id)
    ticket = await support.find_ticket(
        (await native.sim.conversation(native.id))["user"]["zendeskId"], native.message_id
    )
    assert await support.add_note(ticket, "the summary [abc]", mark="[abc]")
    assert not await support.add_note(ticket, "the summary [abc]", mark="[abc]")
    assert await support.add_note(ticket, f"another [{session.id[:6]}]", mark=session.id[:6])


async def test_at_the_end_the_bot_takes_control_and_posts_no_note(make):
    native = await make()
    session = await native.open()
    note = Outgoing(1, session.id, "marker", {"type": "closing_note", "reason": "operator"})
    before = len(await native.sim.messages(native.id))
    async with single_attempt(native.connector) as client:
        await end_at_zendesk(client, session, note, outcome_unknown=False)
    view = await native.sim.conversation(native.id)
    assert view["control"]["active"] == "rasa"
    assert len(view["messages"]) == before


async def test_a_worker_takes_the_sides_apart_and_tells_of_unknown_outcomes(store):
    event = UserEvent("support", "e", "c", "message", {"text": "hi", "metadata": {}})
    await store.native.add([event])
    await store.native.say(event.sender_id, {"content": {}}, key="k")
    seen, failing = [], [True]

    async def feed(conversation, unknown):
        seen.append(("bot", unknown))
        if failing.pop() if failing else False:
            raise HandoffError("not now")
        [row] = await store.native.to_handle(conversation.sender_id)
        await store.native.finish(row)

    async def post(conversation, unknown):
        seen.append(("zendesk", unknown))
        for each in await store.native.to_post(conversation.sender_id):
            await store.native.finish_post(each)

    workers = NativeWorkers(store, {Side.BOT: feed, Side.ZENDESK: post})
    for _ in range(2):
        await workers.poll()
        await asyncio.sleep(0.3)
    await workers.stop()
    assert seen.count(("bot", False)) == 1 and seen.count(("bot", True)) == 1
    assert ("zendesk", False) in seen or ("zendesk", True) in seen
    assert await store.native.find() == []
