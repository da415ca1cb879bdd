"""Routing of user messages around the start and the end of sessions."""

from __future__ import annotations

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from tests.support.workers import RecordingBot, settings
from tests.support.zendesk import account, begin
from zendesk_handoff.domain.session import EndReason
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


async def test_a_user_is_notified_of_files_sent_while_a_handover_failed(sim, store):
    bot = RecordingBot()
    router = Router(store, bot, settings(await account(sim)))
    session = await begin(store)
    await store.outbox.add(session.id, [{"type": "upload", "upload_id": "u1", "name": "label.png"}])
    await store.sessions.fail(session.id)
    message = says("hello?")
    await router.route(message, None)
    said = [each["text"] for each in message.output_channel.messages]
    pending = [each.body["text"] for each in await store.pending.claim("jo@example.com")]
    assert "utter_handoff_not_passed_on" in said + pending


async def test_the_end_button_works_with_any_end_phrases(sim, store):
    chosen = settings(await account(sim), end_phrases=("adios",))
    router = Router(store, RecordingBot(), chosen)
    session = await begin(store)
    await store.sessions.connect(session.id)
    await router.route(says("/end_handoff"), None)
    assert (await store.sessions.get(session.id)).end_reason == "user"
