"""Questions before a handover, and the checks of their answers."""

from __future__ import annotations

import pytest

from tests.support.actions import run, run_whole, tracker
from tests.support.names import AGENTS
from zendesk_handoff.actions import (
    ActionHumanHandoff,
    AskEmail,
    ValidateContactForm,
    ValidateMessageForm,
)
from zendesk_handoff.domain.form_answers import find_email
from zendesk_handoff.domain.identity import USER_KEY
from zendesk_handoff.domain.responses import (
    ASK_EMAIL,
    CONTACT,
    DECLINED,
    NO_EMAIL,
    STARTED,
    TOO_LONG,
    default_response,
)

FORM = "handoff_contact_form"


def asked(events):
    """The slots that a form will ask for, if it begins."""
    slots = {each["name"]: each["value"] for each in events if each["event"] == "slot"}
    begins = any(each["event"] == "followup" and each["name"] == FORM for each in events)
    names = ("handoff_name", "handoff_email", "handoff_topic")
    found = [name.removeprefix("handoff_") for name in names if slots.get(name, "") is None]
    return found if begins else []


KNOWN = {USER_KEY: {"name": "Jo Doe", "email": "jo@example.com"}}


@pytest.mark.parametrize(
    ("settings", "metadata", "slots", "questions"),
    [
        ({"contact": "ask"}, {}, {}, ["name", "email"]),
        ({"contact": "ask"}, {}, {"handoff_email": "a@b.de"}, ["name", "email"]),
        ({"contact": "ask"}, {USER_KEY: {"name": "Jo"}}, {}, ["email"]),
        ({"contact": "when_missing"}, {}, {}, ["name", "email"]),
        ({"contact": "when_missing"}, {"name": "Jo"}, {"email": "a@b.de"}, []),
        ({"contact": "when_missing"}, {}, {"handoff_email": "a@b.de"}, ["name"]),
        ({"contact": "when_missing"}, {}, {"handoff_name": "", "email": "a"}, ["name", "email"]),
        ({"contact": "ask"}, KNOWN, {}, []),
        ({"contact": "ask", "ask_topic": True}, KNOWN, {}, ["topic"]),
        ({"ask_topic": True}, {}, {}, ["topic"]),
        ({}, {}, {}, []),
    ],
)
async def test_what_is_asked(connector, turn, change, settings, metadata, slots, questions):
    change(**settings)
    found = tracker(**slots)
    found.latest_message["metadata"] = metadata
    messages, events = await run_whole(ActionHumanHandoff(), found)
    assert asked(events) == questions
    first = default_response(CONTACT if questions else STARTED)
    assert messages[0]["text"] == first


async def test_a_question_is_asked_once(sim, connector, turn, change):
    change(contact="ask", ask_topic=True)
    answers = {"handoff_name": "Jo Doe", "handoff_email": "", "handoff_topic": "a late parcel"}
    _, slots, paused = await run(ActionHumanHandoff(), tracker(handoff_contact="asked", **answers))
    assert paused
    assert (slots["handoff_contact"], slots["handoff_topic"]) == (None, None)
    [conversation] = await sim.conversations(connector.app_id)
    summary = (await sim.messages(conversation["id"]))[0]["content"]["text"]
    assert "topic: a late parcel" in summary
    assert "Jo Doe" in summary
    assert "name" not in (conversation["user"].get("profile") or {}), "only told"


async def test_the_form_is_left_and_nobody_is_called(sim, connector, turn, change):
    change(contact="ask")
    messages, slots, paused = await run(ActionHumanHandoff(), tracker(handoff_contact="left"))
    assert [each["text"] for each in messages] == [default_response(DECLINED)]
    assert slots["handoff_contact"] is None
    assert not paused
    assert await sim.conversations(connector.app_id) == []


async def test_a_model_without_the_form_hands_over(connector, turn, change):
    change(contact="ask")
    found = tracker()
    del found.slots["handoff_topic"]
    messages, *_ = await run(ActionHumanHandoff(), found)
    assert messages[0]["text"] == default_response(STARTED)


async def check(action, slot, text, **more):
    """Let a form take an answer; return the slots it sets in the end, and what is said."""
    given = [
        {"event": "slot", "name": "requested_slot", "value": slot},
        {"event": "action", "name": action.form},
        {"event": "slot", "name": slot, "value": text},
    ]
    found = tracker(events=given, loop=action.form, requested_slot=slot, **{slot: text}, **more)
    messages, events = await run_whole(action, found)
    slots = {each["name"]: each["value"] for each in events if each["event"] == "slot"}
    rejected = any(each["event"] == "action_execution_rejected" for each in events)
    return slots, [each["text"] for each in messages], rejected


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("jo@example.com", "jo@example.com"),
        ("  It is jo+test@example.co.uk, thanks!", "jo+test@example.co.uk"),
        ("<mara@example.com>.", "mara@example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("'jörg@exämple.de'", "jörg@exämple.de"),
        ("mailto:jo@example.com", "jo@example.com"),
        ("jo at example.com", None),
        ("jo@example", None),
        ("a@b.de or c@d.de", None),
        ("@", None),
        (f"{'x' * 130}@example.com", None),
        ("", None),
    ],
)
def test_the_address_in_an_answer(text, email):
    assert find_email(text) == email


@pytest.mark.parametrize("action", [ValidateMessageForm(), ValidateContactForm()])
async def test_an_address_is_kept_and_anything_else_is_asked_for_again(action):
    slots, told, _ = await check(action, "handoff_email", " it is jo@example.com ")
    assert (slots, told) == ({"handoff_email": "jo@example.com"}, [])
    slots, told, _ = await check(action, "handoff_email", "I want a human")
    assert (slots, told) == ({"handoff_email": None}, [default_response(NO_EMAIL)])


@pytest.mark.parametrize("text", ["no", "Skip!", "NEIN DANKE", "saltar", "non merci 🙂"])
async def test_questions_before_a_handover_can_be_skipped(text):
    slots, told, _ = await check(ValidateContactForm(), "handoff_email", text)
    assert (slots, told) == ({"handoff_email": ""}, [])
    slots, told, _ = await check(ValidateMessageForm(), "handoff_email", text)
    assert slots == {"handoff_email": None}, "there would be nobody to answer to"


@pytest.mark.parametrize(
    "text",
    ["cancel", "Never mind.", "STOP", "end chat", "/stop", "/restart", "abbrechen", "annuler"],
)
async def test_every_question_can_be_left(text):
    slots, told, _ = await check(ValidateMessageForm(), "handoff_message", text)
    assert (slots, told) == ({"handoff_message": None, "requested_slot": None}, [])
    slots, told, _ = await check(ValidateContactForm(), "handoff_name", text)
    assert slots == {"handoff_name": None, "requested_slot": None, "handoff_contact": "left"}


async def test_the_settings_phrases_leave_a_question_too(change_all):
    change_all(end_phrases=["basta", "しゅうりょう"])
    for text in ("Basta!", "しゅうりょう"):
        slots, *_ = await check(ValidateMessageForm(), "handoff_message", text)
        assert slots == {"handoff_message": None, "requested_slot": None}
    slots, *_ = await check(ValidateMessageForm(), "handoff_message", "basta cosi")
    assert slots == {"handoff_message": "basta cosi"}


async def test_a_button_from_before_is_no_answer():
    slots, _, rejected = await check(ValidateMessageForm(), "handoff_message", '/inform{"a": "b"}')
    assert slots == {"handoff_message": None}
    assert rejected


@pytest.mark.parametrize("text", [*AGENTS, "stop sending me things", "no, it is broken", "🙂"])
async def test_any_other_text_is_an_answer(text):
    slots, told, _ = await check(ValidateMessageForm(), "handoff_message", text)
    assert (slots, told) == ({"handoff_message": text.strip() or None}, [])


async def test_a_text_that_zendesk_would_not_take_is_asked_for_again():
    slots, told, _ = await check(ValidateMessageForm(), "handoff_message", "🙂" * 2049)
    assert (slots, told) == ({"handoff_message": None}, [default_response(TOO_LONG)])
    slots, *_ = await check(ValidateMessageForm(), "handoff_message", "🙂" * 2048)
    assert slots["handoff_message"]


@pytest.mark.parametrize("value", [7, ["a"], {"a": 1}, None, "   "])
async def test_a_value_of_another_type_is_asked_for(value):
    slots, *_ = await check(ValidateMessageForm(), "handoff_message", value)
    assert slots == {"handoff_message": None}


async def test_a_slot_that_is_emptied_for_its_question_is_asked_for():
    slots, told, _ = await check(ValidateContactForm(), "handoff_name", None)
    assert (slots, told) == ({"handoff_name": None}, [])
    slots, *_ = await check(ValidateContactForm(), "handoff_name", "")
    assert slots == {"handoff_name": ""}, "not to be asked"


async def test_a_question_is_asked_in_the_users_language_or_the_designers_words():
    assert AskEmail().name() == "action_ask_handoff_email"
    [said], _ = await run_whole(AskEmail(), tracker(locale="fr"))
    assert said["text"] == default_response(ASK_EMAIL, "fr")
    own = {"responses": {ASK_EMAIL: [{"text": "Mail?"}]}}
    [said], _ = await run_whole(AskEmail(), tracker(locale="fr"), own)
    assert said["response"] == ASK_EMAIL
