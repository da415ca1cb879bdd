"""The bot's answers in the summary."""

from __future__ import annotations

import json

import pytest
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from tests.support.dialogues import bot_event, talk, user_event
from zendesk_handoff.domain.dialogue import (
    dialogue_from_events,
)
from zendesk_handoff.summary import summarize

OFFER = "I fear I am no use. Should our colleague Ada take over, who is a human being?"
WAIT = "A colleague from the second floor joins this chat in a moment."
ASKED = [
    ActionExecuted("action_listen"),
    UserUttered("where is order 10234?", {"name": "order_status"}),
    ActionExecuted("utter_order"),
    BotUttered("The carrier lost track on Tuesday.", metadata={"utter_action": "utter_order"}),
]


def test_a_refusal_in_the_users_words_is_included():
    found = talk("I want to change my address", "I cannot change the address.", "a person then")
    assert "Bot said: I cannot change the address." in summarize(found, max_words=60)


def test_a_short_answer_of_the_bot_is_not_shortened():
    answer = "Order 10234, a green iron pan, is on its way and should arrive tomorrow."
    text = summarize(talk("where is order 10234?", answer, "so late?"), max_words=60)
    assert f"Bot said: {answer}\n" in text.split("\n\n")[0] + "\n"


def test_a_long_answer_of_the_bot_is_shortened():
    empty = "and that is what we do and how it is done, " * 3
    answer = f"Order 10234 is with the carrier, {empty}so please just have a look."
    digest = summarize(talk("where is it?", answer, "ok"), max_words=90).split("\n\n")[0]
    assert "with the carrier" in digest
    assert "what we do" not in digest


@pytest.mark.parametrize(
    "handover",
    [
        [
            ActionExecuted("utter_handoff_offer"),
            BotUttered(OFFER, metadata={"utter_action": "utter_handoff_offer"}),
        ],
        [ActionExecuted("utter_handoff_offer"), BotUttered(OFFER)],
        [ActionExecuted("action_own"), BotUttered(OFFER, {}, {"utter_action": "utter_handoff_x"})],
        [ActionExecuted("action_human_handoff"), BotUttered(OFFER)],
        [ActionExecuted("action_human_handoff"), BotUttered(OFFER), BotUttered(WAIT)],
    ],
)
def test_messages_about_the_handover_are_no_answer(handover):
    events = [
        *ASKED,
        *handover,
        ActionExecuted("action_listen"),
        UserUttered("yes please", {"name": "affirm"}),
    ]
    # An action server gets them as JSON, from `tracker.current_state`.
    tracker = DialogueStateTracker.from_events("someone", events)
    passed = json.loads(json.dumps(tracker.current_state(EventVerbosity.ALL)["events"]))
    digest, _, last = summarize(dialogue_from_events(passed), max_words=120).partition("\n\n")
    assert digest.splitlines()[-1] == "Bot said: The carrier lost track on Tuesday."
    assert OFFER in last


def test_other_messages_about_handing_over_are_an_answer():
    events = [
        user_event("who gets my parcel?", "order_status"),
        bot_event("The courier will hand it over to Ada Moor.", "utter_hand_over_parcel"),
    ]
    assert "Bot said: The courier" in summarize(dialogue_from_events(events), max_words=60)
