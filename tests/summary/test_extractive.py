"""The extractive summary as a whole."""

from __future__ import annotations

from tests.support.dialogues import bot_event, talk, user_event
from zendesk_handoff.domain.dialogue import (
    dialogue_from_events,
    dialogue_from_turns,
)
from zendesk_handoff.summary import DEFAULT_MAX_WORDS, summarize
from zendesk_handoff.summary.facts import words_in

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
        "Facts: order number: 10234",
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


LONG = [
    ("I want to return my kettle, order 10234", "order_return"),
    "Why do you want to return the kettle of order 10234?",
    ("the lid of the kettle is loose", "nlu_fallback"),
    "Sorry, I did not get that.",
    ("the lid of the kettle is loose, order 10234", "nlu_fallback"),
    "Sorry, I did not get that.",
    ("a person please", "human_handoff"),
]


def test_no_line_repeats_another():
    events = [
        bot_event(each, "utter_default" if "Sorry" in each else "utter_ask")
        if isinstance(each, str)
        else user_event(*each)
        for each in LONG
    ]
    digest = summarize(dialogue_from_events(events), max_words=120).split("\n\n")[0]
    lines = [words_in(line.partition(": ")[2]) for line in digest.splitlines()]
    assert len(lines) > 1
    for at, line in enumerate(lines):
        assert not any(line <= other for other in lines[:at] + lines[at + 1 :]), digest
    assert digest.count("lid") == 1


def test_the_names_of_a_message_are_before_its_numbers():
    found = talk(
        "my kettle leaks", "Yes?", "it was on May 3, and I paid 20 euros, at the shop of Ada Moor"
    )
    facts = next(line for line in summarize(found, max_words=90).splitlines() if "Facts" in line)
    assert facts.index("Ada Moor") < facts.index("20 euros")


def test_slots_of_text_are_before_those_of_numbers():
    slots = {"count": 3, "order_number": "10234", "product": "blue lamp"}
    text = summarize(
        dialogue_from_turns([{"speaker": "user", "text": "hello"}], slots=slots), max_words=60
    )
    assert "Facts: product: blue lamp; count: 3; order number: 10234" in text


def test_the_bots_words_of_no_use_are_left_out():
    found = talk(
        "my flight LX18 is late",
        "Hi Ada, sorry. LX18 leaves at 10:40 from gate B33. ^TBW 1/2 https://x.example/y",
        "thanks a lot",
        "Feel free to come back whenever you like. Enjoy the time with our airline.",
        "bye",
    )
    digest = summarize(found, max_words=60).split("\n\n")[0]
    assert "LX18 leaves at 10:40 from gate B33" in digest
    for word in ("Ada", "TBW", "1/2", "Feel free", "Enjoy"):
        assert word not in digest


def test_what_the_bot_says_before_the_case_is_no_part_of_it():
    found = talk(
        "hello",
        "Hello! I am Fern, the bot of Fernhill Homeware. I look up orders and opening hours.",
        "what can you do?",
        "Orders, returns and delivery times. And when I am at my wit's end, a colleague comes.",
        "where is my kettle",
        "Order 10234, a blue enamel kettle, should arrive tomorrow.",
        "get me your manager",
    )
    digest = summarize(found, max_words=60).split("\n\n")[0]
    assert "blue enamel kettle" in digest
    for word in ("Fernhill", "opening", "returns", "wit's end"):
        assert word not in digest


def test_a_goodbye_is_no_answer_to_the_case():
    told = ("when does LX18 leave", "LX18 leaves at 10:40. May I book you a seat on it?")
    bye = "It was a pleasure helping you today."
    for said in ("thanks, bye", "That is all I need today, thanks!", "no thanks"):
        assert "pleasure" not in summarize(talk(*told, said, bye), max_words=50).split("\n\n")[0]
    booked = summarize(talk(*told, "yes, thanks", "Window seat 14A is yours."), max_words=50)
    assert "14A" in booked.split("\n\n")[0]


def test_a_long_request_is_cut_and_not_thinned_out():
    words = "the kettle that I bought in your shop at the old market square last winter leaks "
    first = summarize(talk((words * 3).strip()), max_words=60).splitlines()[0]
    assert first.removeprefix("Customer wants: ").rstrip("…") in words * 3
