"""The language of the plugin's own words: the user's, else the loaded model's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.channels.rest import RestInput
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker

from tests.support.trackers import Processor
from tests.support.zendesk import account, begin
from zendesk_handoff.domain.end_phrases import END_PAYLOAD, PHRASES
from zendesk_handoff.domain.language import LANGUAGE_KEY
from zendesk_handoff.domain.responses import (
    BACK_OFFER,
    ELSEWHERE,
    ENDED,
    NOT_PASSED_ON,
    default_response,
    languages,
    responses_in,
)
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.handover.native_control import NativeControl
from zendesk_handoff.rasa.after_end import say_end
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.compat import InMemoryTrackerStore
from zendesk_handoff.rasa.delivery import UserOutput
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.rasa.to_user import Notifications
from zendesk_handoff.settings import Settings


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def make_bot(store, language, responses=None):
    domain = Domain.from_dict({"version": "3.1", "responses": responses or {}})
    trackers = InMemoryTrackerStore(domain)
    begun = DialogueStateTracker.from_events("jo@example.com", [ActionExecuted("action_listen")])
    trackers.store[begun.sender_id] = InMemoryTrackerStore.serialise_tracker(begun)
    processor = Processor(trackers)
    processor.domain = domain
    processor.nlg = TemplatedNaturalLanguageGenerator(domain.responses)
    processor.model_metadata = SimpleNamespace(model_id="m", assistant_id="a", language=language)
    agent = SimpleNamespace(lock_store=InMemoryLockStore(), processor=processor)
    app = SimpleNamespace(ctx=SimpleNamespace(agent=agent, input_channels=[RestInput()]))
    return Bot(app, InHand(store.signals))


def says(text="hello", metadata=None):
    output = CollectingOutputChannel()
    return UserMessage(text, output, "jo@example.com", input_channel="rest", metadata=metadata)


@pytest.mark.parametrize("language", languages())
async def test_a_response_that_the_domain_lacks_is_in_the_bots_language(store, language):
    bot, output = make_bot(store, language), CollectingOutputChannel()
    await bot.say("jo@example.com", NOT_PASSED_ON, output)
    assert output.messages[0]["text"] == default_response(NOT_PASSED_ON, language)
    refused = says()
    await bot.refuse(refused, ELSEWHERE)
    [message] = refused.output_channel.messages
    assert message["text"] == default_response(ELSEWHERE, language)


@pytest.mark.parametrize("language", [None, "tlh", "", 7])
async def test_it_is_english_where_there_is_no_text_in_the_bots_language(store, language):
    output = CollectingOutputChannel()
    await make_bot(store, language).say("jo@example.com", NOT_PASSED_ON, output)
    assert output.messages[0]["text"] == default_response(NOT_PASSED_ON, "en")


async def test_the_users_locale_goes_before_it_and_the_domains_own_before_both(store):
    output = CollectingOutputChannel()
    await make_bot(store, "de").say("jo@example.com", NOT_PASSED_ON, output, locale="fr-CA")
    own = {NOT_PASSED_ON: [{"text": "Nope."}]}
    await make_bot(store, "de", own).say("jo@example.com", NOT_PASSED_ON, output, locale="fr")
    texts = [each["text"] for each in output.messages]
    assert texts == [default_response(NOT_PASSED_ON, "fr"), "Nope."]


async def test_the_importers_words_in_the_domain_do_not_keep_a_user_from_their_language(store):
    bot, output = make_bot(store, "de", responses_in("de")), CollectingOutputChannel()
    await bot.say("jo@example.com", NOT_PASSED_ON, output, locale="fr-CA")
    await bot.say("jo@example.com", NOT_PASSED_ON, output)
    texts = [each["text"] for each in output.messages]
    assert texts == [default_response(NOT_PASSED_ON, "fr"), default_response(NOT_PASSED_ON, "de")]
    refused = says()
    await bot.refuse(refused, ELSEWHERE, locale="es")
    [message] = refused.output_channel.messages
    assert message["text"] == default_response(ELSEWHERE, "es")


@pytest.mark.parametrize("language", languages())
async def test_the_offer_to_return_names_a_phrase_of_the_bots_language_that_works(store, language):
    bot = make_bot(store, language)
    session = await begin(store, profile={})
    settings = Settings("https://bot.example.com", {})
    told = Notifications(store, settings, bot, UserOutput(store, bot), NativeControl(None))
    await told.offer(session)
    [pending] = await store.pending.claim(session.sender_id, session.channel)
    phrase = PHRASES[language][0]
    assert pending.body["text"] == default_response(BACK_OFFER, language, end_phrase=phrase)
    assert [each["payload"] for each in pending.body["buttons"]] == [END_PAYLOAD]


@pytest.mark.parametrize(
    ("own", "said"), [(None, default_response(NOT_PASSED_ON, "es")), ("Otra vez.", "Otra vez.")]
)
async def test_without_the_store_too(sim, store, monkeypatch, own, said):
    bot = make_bot(store, "es", {NOT_PASSED_ON: [{"text": own}]} if own else None)
    made = await account(sim)
    router = Router(store, bot, Settings("https://bot.example.com", {"support": made}))
    session = await begin(store, profile={})
    await store.sessions.connect(session.id)
    await router.route(says("one"), None)

    async def fails(_sender_id):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(store, "load_state", fails)
    message = says("two")
    assert await router.route(message, None)
    assert [each["text"] for each in message.output_channel.messages] == [said]


@pytest.mark.parametrize(
    ("language", "metadata", "recorded"),
    [
        ("de", None, {LANGUAGE_KEY: "de"}),
        ("pt-BR", {"workspace": "b"}, {"workspace": "b", LANGUAGE_KEY: "pt-BR"}),
        ("de", {LANGUAGE_KEY: "fr"}, {LANGUAGE_KEY: "de"}),
        ("en", {LANGUAGE_KEY: "fr", "workspace": "b"}, {"workspace": "b"}),
        (None, {LANGUAGE_KEY: "fr"}, {}),
        ("en", {}, {}),
    ],
)
def test_the_action_server_is_told_the_bots_language_and_nobody_elses(
    store, language, metadata, recorded
):
    message = says(metadata=metadata)
    make_bot(store, language).annotate(message)
    assert (message.metadata or {}) == recorded


VIPS = [{"text": "Sir.", "condition": [{"type": "slot", "name": "vip", "value": True}]}]
SLACK_ALONE = [{"text": "In Slack.", "channel": "slack"}]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({}, default_response(ENDED, "de")),
        ({f"{ENDED}_agent": SLACK_ALONE}, default_response(ENDED, "de")),
        ({f"{ENDED}_agent": SLACK_ALONE, ENDED: [{"text": "Over."}]}, "Over."),
        ({f"{ENDED}_agent": [*SLACK_ALONE, {"text": "Ana has left."}]}, "Ana has left."),
        ({f"{ENDED}_agent": VIPS, ENDED: [{"text": "Over."}]}, "Over."),
    ],
)
async def test_the_end_is_told_where_its_words_are_another_channels(store, own, said):
    bot, output = make_bot(store, "de", own), CollectingOutputChannel()
    session = await begin(store, profile={})
    await store.sessions.connect(session.id)
    ended = await store.sessions.end(session.id, EndReason.AGENT)
    settings = Settings("https://bot.example.com", {})
    async with bot.open_tracker(session.sender_id) as tracker:
        await say_end(settings, bot, ended, output, tracker=tracker)
    assert [each["text"] for each in output.messages] == [said]
