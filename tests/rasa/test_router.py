"""Routing of user messages around the start and the end of sessions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import (
    CollectingOutputChannel,
    InputChannel,
    OutputChannel,
    UserMessage,
)

from tests.support.workers import RecordingBot, agent_message, receive, settings
from tests.support.zendesk import account, begin
from zendesk_handoff.domain.payloads import as_words
from zendesk_handoff.domain.session import EndReason, Step
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.errors import NotDelivered, StoreUnavailable
from zendesk_handoff.rasa.adapter import ChannelAdapter, Receipt
from zendesk_handoff.rasa.router import Router


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def says(words, **values):
    output = CollectingOutputChannel()
    return UserMessage(words, output, "jo@example.com", input_channel="rest", **values)


async def test_a_message_goes_to_the_agent_whom_a_replayed_message_has_requested(sim, store):
    connector = await account(sim)
    bot = RecordingBot()
    router = Router(store, bot, settings(connector))
    session = await begin(store)
    await router.route(says("I want a human"), None)  # while the session is being opened
    await store.sessions.fail(session.id)

    async def request_another():
        newer = await begin(store)
        await store.sessions.connect(newer.id)

    bot.on_message = request_another
    assert await router.route(says("my number is 12345"), None)
    newer = await store.sessions.current("jo@example.com")
    assert newer.id != session.id
    assert [each.body["text"] for each in await store.outbox.waiting(newer.id)] == [
        "my number is 12345"
    ]
    assert (await store.sessions.get(session.id)).finalized


async def test_a_redelivered_end_phrase_is_not_handled_by_the_bot(sim, store):
    router = Router(store, RecordingBot(), settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    for again in (False, True):
        metadata = {"handoff_key": "page:7", "handoff_again": again}
        assert await router.route(says("/end_handoff", metadata=metadata), None)
    assert (await store.sessions.get(session.id)).end_reason == "user"


@pytest.mark.parametrize("ended", [False, True])
async def test_a_user_is_notified_of_a_file_sent_after_the_end(sim, store, ended):
    bot = RecordingBot()
    router = Router(store, bot, settings(await account(sim)))
    if ended:
        session = await begin(store)
        await store.sessions.end(session.id, EndReason.AGENT)
        await store.sessions.mark_end_notified(session.id)
    attachments = [{"upload_id": "u1", "name": "label.png", "media_type": "image/png"}]
    message = says("", metadata={"attachments": attachments})
    assert await router.route(message, None), "the bot cannot read files"
    assert {"text": "utter_handoff_not_passed_on"}.items() <= message.output_channel.messages[
        -1
    ].items()


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize(
    "metadata",
    [[1], "text", 7, {"attachments": 7}, {"attachments": {"upload_id": "u1"}}, {"title": [1]}],
)
async def test_metadata_of_any_shape_is_no_obstacle(sim, store, metadata, is_open):
    router = Router(store, RecordingBot(), settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    if not is_open:
        await store.sessions.end(session.id, EndReason.AGENT)
        await store.sessions.mark_end_notified(session.id)
        await store.sessions.finalize(session.id)
    for text in ("", "hello?", "/deny"):
        routed = await router.route(says(text, metadata=metadata), None)
        assert routed is is_open
    sent = [each.body["text"] for each in await store.outbox.all(session.id)]
    assert ("hello?" in sent) is is_open


async def test_a_user_is_notified_of_files_sent_while_a_handover_failed(sim, store):
    bot = RecordingBot()
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    await store.outbox.add(session.id, [{"type": "upload", "upload_id": "u1", "name": "label.png"}])
    await store.sessions.fail(session.id)
    message = says("hello?")
    await router.route(message, None)
    said = [each["text"] for each in message.output_channel.messages]
    pending = [each.body["text"] for each in await store.pending.claim("jo@example.com", "rest")]
    assert "utter_handoff_not_passed_on" in said + pending


async def test_the_end_button_works_with_any_end_phrases(sim, store):
    chosen = settings(await account(sim), end_phrases=("adios",))
    router = Router(store, RecordingBot(), chosen)
    session = await begin(store)
    await store.sessions.connect(session.id)
    await router.route(says("/end_handoff"), None)
    assert (await store.sessions.get(session.id)).end_reason == "user"


async def test_a_message_that_a_platform_repeats_is_taken_once(sim, store):
    """A custom channel's adapter tells the platform's id of a message."""
    bot = RecordingBot()
    bot.use_channel(RepeatingChannel())
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    for words in ("one", "one", "two"):
        assert await router.route(says(words), None)
    waiting = await store.outbox.waiting(session.id)
    assert [each.body["text"] for each in waiting] == ["one", "two"]
    for _ in range(2):
        assert await router.route(says("End chat!"), None)
    assert (await store.sessions.get(session.id)).end_reason == "user"
    assert await router.route(says("two"), None), "a late repeat is not for the bot"
    assert not await router.route(says("three"), None)


class RepeatingChannel(InputChannel):
    class handoff_adapter(ChannelAdapter):
        can_push = False

        def receive(self, message, request):
            return UserContent(text=message.text, key=f"id of {message.text}")

    @classmethod
    def name(cls):
        return "rest"


async def test_an_end_phrase_behind_the_bots_mention(sim, store):
    bot = RecordingBot()
    bot.use_channel(MentioningChannel())
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    await router.route(says("@bot I cannot stop"), None)
    assert (await store.sessions.get(session.id)).is_open
    assert await router.route(says("@bot Stop."), None)
    assert (await store.sessions.get(session.id)).end_reason == "user"


class MentioningChannel(InputChannel):
    class handoff_adapter(ChannelAdapter):
        can_push = False

        def receive(self, message, request):
            return UserContent(text=message.text.removeprefix("@bot "))

        def is_authentic(self, message):
            return {"forged": False, "fails": None, "@bot hello": True}[message.text]

    @classmethod
    def name(cls):
        return "rest"


async def test_pending_words_wait_for_a_message_that_is_proved_to_be_the_users(sim, store):
    bot = RecordingBot()
    bot.use_channel(MentioningChannel())
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    await store.pending.add("jo@example.com", {"text": "a private word"})
    for words in ("forged", "fails", "raises"):
        message = says(words)
        assert await router.route(message, None)
        assert message.output_channel.messages == []
    message = says("@bot hello")
    assert await router.route(message, None)
    assert [each["text"] for each in message.output_channel.messages] == ["a private word"]


async def test_a_message_that_is_stored_too_late_is_the_bots(sim, store, monkeypatch):
    bot = RecordingBot()
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    read = store.load_state

    async def ends_meanwhile(sender_id):
        state = await read(sender_id)
        await store.sessions.end(session.id, EndReason.AGENT)
        return state

    monkeypatch.setattr(store, "load_state", ends_meanwhile)
    message = says("thanks")
    assert not await router.route(message, None), "the bot answers"
    assert await store.outbox.all(session.id) == []
    assert [each["text"] for each in message.output_channel.messages] == ["utter_handoff_ended"]


async def test_what_an_agent_wrote_comes_before_the_end(sim, store):
    connector = await account(sim)
    router = Router(store, RecordingBot(), settings(connector))
    session = await begin(store)
    session = await store.sessions.finish_step(
        session.id, Step.CONVERSATION, conversation_id="c0ffee"
    )
    await store.sessions.connect(session.id)
    words = [
        agent_message(session, number, type="text", text=f"word {number}") for number in (1, 2)
    ]
    assert await receive(store, connector, *words) == 2
    message = says("end chat")
    assert await router.route(message, None)
    assert [each["text"] for each in message.output_channel.messages] == [
        *("Ana: word 1", "Ana: word 2", "utter_handoff_ended")
    ]
    assert await store.inbox.waiting(session.id) == []


async def test_the_title_of_a_button_is_for_people_and_the_payload_for_the_bot(
    sim, store, monkeypatch
):
    bot = RecordingBot()

    async def shown_title(_sender_id, payload):
        return {"/affirm": "Yes, please"}.get(payload)

    monkeypatch.setattr(bot, "shown_title", shown_title)
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    for words in ("/affirm", "/ unknown"):
        await router.route(says(words), None)
    waiting = await store.outbox.waiting(session.id)
    assert [each.body["text"] for each in waiting] == ["Yes, please", "/ unknown"]
    await store.sessions.fail(session.id)
    await router.route(says("hello?"), None)
    assert bot.handled == ["/affirm", as_words("/ unknown")], "no payload, hence words"


async def test_a_user_with_an_agent_is_not_given_to_the_bot_while_the_store_is_down(
    sim, store, monkeypatch
):
    """Events from outside may have resumed the tracker, which the router asks then."""
    bot = RecordingBot()
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    await router.route(says("one"), None)

    async def fails(_sender_id):
        raise StoreUnavailable("The store did not answer.")

    async def resumed(_sender_id):
        return False

    monkeypatch.setattr(store, "load_state", fails)
    monkeypatch.setattr(bot, "is_paused", resumed)
    assert await router.route(says("two"), None)


async def test_after_a_notified_end_the_store_is_read_once(sim, store, monkeypatch):
    router = Router(store, RecordingBot(), settings(await account(sim)))
    session = await begin(store)
    await store.sessions.connect(session.id)
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(session.id)
    reads, read = [], store.database.read

    async def counted(work):
        reads.append(work)
        return await read(work)

    monkeypatch.setattr(store.database, "read", counted)
    assert not await router.route(says("hello"), None)
    assert len(reads) == 1


class Seen:
    """A counter of users that keeps what it is told."""

    def __init__(self):
        self.users = []

    def saw(self, channel, sender_id):
        self.users.append((channel, sender_id))


async def test_the_users_of_the_bot_are_counted(sim, store):
    seen = Seen()
    router = Router(store, RecordingBot(), settings(await account(sim)), user_counter=seen)
    await router.route(says("hello"), None)
    assert seen.users == [("rest", "jo@example.com")]


async def test_a_user_who_writes_to_an_agent_is_not_counted_as_one_of_the_bots(sim, store):
    # The session may be of the day before, and the bot would have served this day's user alone.
    seen = Seen()
    router = Router(store, RecordingBot(), settings(await account(sim)), user_counter=seen)
    session = await begin(store)
    await store.sessions.connect(session.id)
    await router.route(says("hello"), None)
    assert seen.users == []
    await store.sessions.end(session.id, EndReason.AGENT)
    await router.route(says("hello"), None)
    assert seen.users == [("rest", "jo@example.com")]


class RoomsChannel(InputChannel):
    """A channel with rooms: a message's metadata tell where it is, and what it changes."""

    def __init__(self):
        self.posted = []

    class handoff_adapter(ChannelAdapter):
        def address(self, message):
            return {"room": message.metadata["room"]}

        def default_address(self, recipient_id):
            return None

        def is_authentic(self, message):
            return not message.metadata.get("forged")

        def receive(self, message, request):
            values = {"change": message.metadata.get("change"), "key": message.text}
            return UserContent(text=message.text, lost="lost" in message.metadata, **values)

        async def send(self, recipient_id, address, message, *, key):
            if message["text"] in self.channel.refused:
                self.channel.refused.remove(message["text"])
                raise NotDelivered("busy", may_repeat=True)
            self.channel.posted.append((address["room"], message["text"]))
            return Receipt()

    refused = ()

    @classmethod
    def name(cls):
        return "rest"


@pytest.fixture
async def rooms(sim, store):
    """A session in the room ``own``, with private words that wait for its user."""
    bot, channel = RecordingBot(), RoomsChannel()
    bot.use_channel(channel)
    session = await begin(store)
    await store.sessions.connect(session.id)
    router = Router(store, bot, settings(await account(sim)))
    await router.route(says("hello", metadata={"room": "own"}), None)
    await store.pending.add("jo@example.com", {"text": "a private word"})

    async def route(words, **metadata):
        message = says(words, metadata={"room": "general", **metadata})
        message.output_channel = OutputChannel()  # nobody's: it raises
        return await router.route(message, None)

    async def room():
        return (await store.sessions.get(session.id)).address["room"]

    return SimpleNamespace(route=route, room=room, posted=channel.posted, channel=channel)


@pytest.mark.parametrize("change", ["edit", "deletion"])
@pytest.mark.parametrize("is_over", [False, True])
async def test_a_change_of_an_old_message_moves_nothing(rooms, store, change, is_over):
    if is_over:
        session = await store.sessions.current("jo@example.com")
        await store.sessions.end(session.id, EndReason.AGENT)
    await rooms.route("as I said", change=change, lost=True)
    assert await rooms.room() == "own"
    assert [room for room, _ in rooms.posted if room != "own"] == []
    assert await store.pending.has("jo@example.com", "rest")
    await rooms.route("here I am")
    assert ("general", "a private word") in rooms.posted


async def test_a_message_without_proof_moves_nothing_and_hears_nothing(rooms, store):
    assert await rooms.route("are you there?", forged=True)
    assert await rooms.room() == "own"
    assert rooms.posted == [("own", "a private word")]
    session = await store.sessions.current("jo@example.com")
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(session.id)
    await store.sessions.finalize(session.id)
    await store.pending.add("jo@example.com", {"text": "another one"})
    await rooms.route("hello?", forged=True)
    assert rooms.posted[1:] == [("own", "another one")], "of a session that is over for long"


async def test_pending_words_that_were_taken_in_part_go_on_where_they_were(rooms, store):
    long = {"text": "a" * 4096 + "b" * 10}
    rooms.channel.refused = ["b" * 10]
    await store.pending.add("jo@example.com", long)
    await rooms.route("here I am")
    await rooms.route("and again")
    assert [text for _, text in rooms.posted][-2:] == ["a" * 4096, "b" * 10]
    assert [text[0] for _, text in rooms.posted].count("a") == 2, "and the private word"
