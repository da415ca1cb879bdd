"""The extractive summary as a whole."""

from __future__ import annotations

from tests.support.dialogues import bot_event, talk, user_event
from zendesk_handoff.domain.dialogue import (
    dialogue_from_events,
    dialogue_from_turns,
)
from zendesk_handoff.summary import DEFAULT_MAX_WORDS, summarize

PARCEL = [
    user_event("hello", "greet"),
    bot_event("Hello! What can I do?"),
    user_event("where is order 10234?", "order_status", order_number="10234"),
    bot_event("Order 10234 is with the carrier since Tuesday."),
    user_event("it was promised for Monday", "nlu_fallback"),
    bot_event("Sorry, I did not get that.", "utter_default"),
    user_event("a person please", "human_handoff"),
]


def test_the_lines_of_a_summary():
    found = dialogue_from_events(PARCEL, slots={"order_number": "10234", "workspace": "x"})
    lines = summarize(found, reason="Asked for a human.", max_words=DEFAULT_MAX_WORDS).splitlines()
    assert lines[:3] == [
        "Why: Asked for a human.",
        "Customer wants: where is order 10234?",
        "Facts: order number: 10234; promised for Monday",
    ]
    assert lines[3] == "Bot said: Order 10234 is with the carrier since Tuesday."
    assert lines[4] == "Bot did not understand: “it was promised for Monday”"
    assert lines[-1] == "Customer: a person please"
    assert "\nLast messages:\n" in "\n".join(lines)
    assert not any("workspace" in line for line in lines)


def test_nothing_occurs_twice():
    found = talk("my printer X200 is broken", "Sorry?", "my printer X200 is broken", "Sorry?")
    assert summarize(found, max_words=20).split("\n\n")[0].count("X200") == 1


def test_a_frustrated_mood_is_named():
    angry = talk(
        "where is my parcel",
        "I do not know.",
        "this is the third time I ask, you useless piece of junk!!! WHERE IS IT",
    )
    assert "\nMood: " in summarize(angry, max_words=100)
    assert "Mood" not in summarize(talk("where is my parcel"), max_words=100)


def test_a_sign_of_the_mood_that_the_reason_names_is_not_repeated():
    angry = talk("where is it", "I do not know.", "you useless idiot!!! WHERE IS IT")
    mood = summarize(angry, max_words=100).split("Mood: ")[1].split("\n")[0].split("; ")
    again = summarize(angry, reason="; ".join(mood), max_words=100)
    assert not any(f"Mood: {sign}" in again for sign in mood)


def test_an_empty_dialogue_has_an_empty_summary():
    assert summarize(dialogue_from_turns([])) == ""


def test_a_reason_alone_is_a_summary():
    assert (
        summarize(dialogue_from_turns([]), reason="Asked for a human.") == "Why: Asked for a human."
    )
