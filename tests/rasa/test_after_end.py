"""What a user hears when a session ends, by its reason, and the intent that follows the end."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, SlotSet, UserUttered
from structlog.testing import capture_logs

from tests.support.engine import DOMAIN, make_agent
from tests.support.hooked import message, texts
from tests.support.workers import settings
from tests.support.zendesk import ORIGINS, PROFILE, begin
from zendesk_handoff.domain.form_answers import MESSAGE, MESSAGE_FORM
from zendesk_handoff.domain.responses import (
    ENDED,
    ENDED_EMAIL,
    ENDED_MOVED_TO_EMAIL,
    FAILED,
    MESSAGE_FAILED,
    MESSAGE_SENT,
    default_response,
    has_built_in,
    languages,
    responses_in,
)
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.after_end import ENDED_INTENT
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.rasa.session_end import notify_end, restart_session

SENDER = "jo@example.com"
EMAIL = PROFILE["email"]


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class Ending:
    """A bot with a domain of its own, and the end of a session with its user."""

    def __init__(self, store, *, responses=None, intents=(), more=None, **values):
        content = {**deepcopy(DOMAIN.as_dict()), **(more or {})}
        content["responses"] = responses or {}
        content["intents"] = [*content["intents"], *intents]
        self.agent = make_agent(Domain.from_dict(content))
        app = SimpleNamespace(ctx=SimpleNamespace(agent=self.agent, input_channels=[]))
        self.store, self.settings = store, settings(**values)
        self.in_hand = InHand(store.signals)
        self.bot = Bot(app, self.in_hand)
        self.router = Router(store, self.bot, self.settings)

    async def notify(self, session, reason, **values):
        """End a session; return what the user is told."""
        output = CollectingOutputChannel()
        if reason is None:
            ended = await self.store.sessions.fail(session.id)
        else:
            ended = await self.store.sessions.end(session.id, reason)
        await notify_end(self.store, self.settings, self.bot, ended, output, **values)
        return texts(output.messages)

    async def triggered(self):
        """List the reasons with which the intent was triggered."""
        tracker = await self.agent.processor.get_tracker(SENDER)
        return [
            event.entities[0]["value"]
            for event in tracker.events
            if isinstance(event, UserUttered) and event.intent_name == ENDED_INTENT
        ]


REACHED = [each for each in EndReason if each is not EndReason.NOT_PASSED]


@pytest.mark.parametrize("reason", REACHED)
async def test_each_reason_has_its_words_or_the_plain_ones(store, reason):
    specific = f"{ENDED}_{reason.value}"
    name = ENDED_EMAIL if reason is EndReason.MOVED_TO_EMAIL else specific
    expected = default_response(name if has_built_in(name) else ENDED, email=EMAIL)
    assert await Ending(store).notify(await begin(store), reason) == [expected]


@pytest.mark.parametrize("language", languages())
async def test_the_user_hears_of_the_address_in_their_own_language(store, language):
    session = await begin(store, profile={**PROFILE, "locale": language})
    [said] = await Ending(store).notify(session, EndReason.MOVED_TO_EMAIL)
    assert said == default_response(ENDED_EMAIL, language, email=EMAIL)
    assert EMAIL in said


@pytest.mark.parametrize(
    ("profile", "origins"),
    [({"givenName": "Jo"}, ORIGINS), (PROFILE, {"email": "told"}), (PROFILE, None)],
)
async def test_no_address_is_named_by_which_zendesk_does_not_know_the_user(store, profile, origins):
    session = await begin(store, profile=profile, origins=origins)
    said = await Ending(store).notify(session, EndReason.MOVED_TO_EMAIL)
    assert said == [default_response(ENDED_MOVED_TO_EMAIL)]


async def test_an_address_that_was_told_is_named_where_it_is_the_requesters(store):
    session = await begin(store, origins={"email": "told"})
    ending = Ending(store, requester_from_told=True)
    [said] = await ending.notify(session, EndReason.MOVED_TO_EMAIL)
    assert EMAIL in said


@pytest.mark.parametrize("reason", REACHED)
async def test_a_designers_plain_words_come_before_built_in_ones(store, reason):
    ending = Ending(store, responses={ENDED: [{"text": "I am back."}]})
    assert await ending.notify(await begin(store), reason) == ["I am back."]


@pytest.mark.parametrize("reason", REACHED)
async def test_a_designers_words_for_a_reason_come_first(store, reason):
    own = {f"{ENDED}_{reason.value}": [{"text": f"It was {reason.value}."}]}
    ending = Ending(store, responses={ENDED: [{"text": "I am back."}], **own})
    assert await ending.notify(await begin(store), reason) == [f"It was {reason.value}."]


async def test_the_built_in_words_in_a_domain_are_no_designers(store):
    """The importer puts them there, in the bot's language."""
    ending = Ending(store, responses=responses_in("de"))
    session = await begin(store, profile={**PROFILE, "locale": "fr"})
    [said] = await ending.notify(session, EndReason.USER_SILENT)
    assert said == default_response(f"{ENDED}_user_silent", "fr")


@pytest.mark.parametrize("reason", [None, EndReason.NOT_PASSED])
async def test_a_handover_that_reached_nobody_has_failed(store, reason):
    ending = Ending(store, intents=[ENDED_INTENT], trigger_ended=True)
    assert await ending.notify(await begin(store), reason) == [default_response(FAILED)]
    assert await ending.triggered() == []


async def test_the_intent_is_triggered_once_in_a_new_rasa_session(store):
    ending = Ending(store, intents=[ENDED_INTENT], trigger_ended=True)
    session = await begin(store)
    said = await ending.notify(session, EndReason.AGENT)
    assert said[0] == default_response(ENDED) and len(said) == 2
    assert await ending.triggered() == ["agent"]
    assert (await store.sessions.get(session.id)).finalized
    # A server that died before it had noted the end does it again.
    assert await ending.notify(session, EndReason.AGENT) == []
    assert await ending.triggered() == ["agent"]


@pytest.mark.parametrize(
    ("intents", "values"), [([ENDED_INTENT], {}), ([], {"trigger_ended": True})]
)
async def test_the_intent_is_triggered_only_where_settings_and_domain_have_it(
    store, intents, values
):
    ending = Ending(store, intents=intents, **values)
    with capture_logs() as logs:
        assert len(await ending.notify(await begin(store), EndReason.AGENT)) == 1
    assert await ending.triggered() == []
    lines = [line["log_level"] for line in logs if line["event"] == "handoff.ended_intent.unknown"]
    assert lines == (["warning"] if values else [])


async def test_a_message_of_the_users_is_answered_in_place_of_the_intent(store):
    ending = Ending(store, intents=[ENDED_INTENT], trigger_ended=True)
    hooks.install(ending.router, ending.in_hand)
    try:
        session = await begin(store, SENDER)
        await store.sessions.connect(session.id)
        await store.sessions.end(session.id, EndReason.AGENT)
        said = texts(await ending.agent.handle_message(message("thanks", SENDER)))
    finally:
        hooks.uninstall()
    assert said == [default_response(ENDED), "bot: thanks"]
    assert await ending.triggered() == []


async def left(store):
    """Request a session for a message, whose action dies: the server has to tell the user."""
    return await begin(store, message="My parcel is late.", profile={"email": EMAIL})


@pytest.mark.parametrize("reason", [EndReason.USER, EndReason.OPERATOR, EndReason.NOT_PASSED])
async def test_a_message_that_ended_on_its_way_is_not_called_sent(store, reason):
    said = await Ending(store).notify(await left(store), reason)
    assert said == [default_response(MESSAGE_FAILED)]


async def test_a_message_that_the_agents_have_is_called_sent(store):
    said = await Ending(store).notify(await left(store), EndReason.MESSAGE_LEFT)
    assert said == [default_response(MESSAGE_SENT, email=EMAIL)]


FORM = {
    "forms": {MESSAGE_FORM: {"required_slots": [MESSAGE]}},
    "slots": {
        name: {"type": "text", "mappings": [{"type": "custom"}]}
        for name in (MESSAGE, REQUESTED_SLOT, "handoff_status", "handoff_reason")
    },
}


async def asks_for_the_message(ending):
    """Let the form ask: the server has died before it could save the user's answer."""
    async with ending.bot.open_tracker(SENDER) as tracker:
        asking = [ActiveLoop(MESSAGE_FORM), SlotSet(REQUESTED_SLOT, MESSAGE)]
        await tracker.append([*asking, SlotSet("handoff_status", "closed")])


async def form_of(ending):
    tracker = await ending.agent.processor.get_tracker(SENDER)
    slots = [tracker.get_slot(name) for name in (REQUESTED_SLOT, "handoff_status")]
    return [tracker.active_loop_name, *slots]


@pytest.mark.parametrize("reason", [None, EndReason.MESSAGE_LEFT])
async def test_a_form_that_still_asks_for_the_message_is_left(store, reason):
    ending, session = Ending(store, more=FORM), await left(store)
    await asks_for_the_message(ending)
    await ending.notify(session, reason)
    assert await form_of(ending) == [None, None, reason.value if reason else "failed"]
    assert (await store.sessions.get(session.id)).finalized


async def test_without_a_model_the_form_is_left_before_the_next_message(store):
    ending, session = Ending(store, more=FORM), await left(store)
    await asks_for_the_message(ending)
    processor, ending.agent.processor = ending.agent.processor, None
    await ending.notify(session, EndReason.MESSAGE_LEFT)
    over = await store.sessions.get(session.id)
    assert (over.end_notified, over.finalized) == (True, False)
    ending.agent.processor = processor
    assert await form_of(ending) == [MESSAGE_FORM, MESSAGE, "closed"]
    await restart_session(store, ending.bot, over, message("hello", SENDER))
    assert await form_of(ending) == [None, None, "message_left"]
    assert (await store.sessions.get(session.id)).finalized


async def test_what_was_written_while_a_message_failed_is_the_bots(store):
    ending, session = Ending(store), await left(store)
    await store.outbox.add(session.id, [{"type": "text", "text": "hello?"}])
    said = await ending.notify(session, None)
    assert said == [default_response(MESSAGE_FAILED), "bot: hello?"]
    assert await store.outbox.waiting(session.id) == []
    assert (await store.sessions.get(session.id)).finalized
