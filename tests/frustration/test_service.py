"""The features of how the bot serves the request."""

from __future__ import annotations

import pytest

from tests.support.dialogues import talk
from zendesk_handoff import frustration
from zendesk_handoff.frustration.phrases import languages, phrase_book
from zendesk_handoff.frustration.service import service

ASK = "is there a parking garage at the museum"


def measured(*texts, language="en", window=4):
    return service(talk(*texts).turns, language=language, window=window)


@pytest.mark.parametrize(
    ("name", "calm", "badly_served"),
    [
        ("bot_no_result", "Yes, it is at 12 Mill Lane.", "There are no garages there."),
        ("bot_sorry", "Yes, it is at 12 Mill Lane.", "Unfortunately it was closed."),
        ("bot_narrows", "Yes, it is at 12 Mill Lane.", "Which area would you prefer?"),
        ("bot_asks_known", "What else?", "A parking garage, is that right?"),
        ("unanswered", "The parking garage of the museum is large.", "Tours begin on Mondays."),
        ("goes_on", "Yes, it is at 12 Mill Lane.", "There are no garages there."),
    ],
)
def test_what_the_bot_did_with_the_request(name, calm, badly_served):
    assert measured(ASK, calm, "hm")[name] < measured(ASK, badly_served, "hm")[name]


@pytest.mark.parametrize(
    ("name", "plain", "telling"),
    [
        ("insisting", "lunch for two", "the parking garage"),
        ("doubting", "thank you", "are you sure?"),
        ("relaxing", "a blue one", "any colour will do"),
        ("alternative", "a blue one", "how about a blue one"),
    ],
)
def test_what_the_user_makes_of_it(name, plain, telling):
    answer = "There are no garages there."
    assert measured(ASK, answer, plain)[name] < measured(ASK, answer, telling)[name]


def test_messages_without_a_result_add_up_until_there_is_one():
    none, some = "Sorry, there are no rooms.", "Room 12 is free."
    series = [measured(*("a room?", none) * times, "hm")["bot_stalls"] for times in range(4)]
    assert series == sorted(set(series))
    assert measured("a room?", none, "and now?", some, "hm")["bot_stalls"] == 0


def test_what_the_bot_has_not_understood_does_not_count_twice():
    lost = measured(ASK, "Sorry, I did not get that. What kind of place?", ASK)
    assert not any(value for name, value in lost.items() if name.startswith("bot_"))
    assert lost["unanswered"] == lost["goes_on"] == 0


def test_a_first_message_has_not_been_served_badly():
    found = measured(ASK)
    assert not any(found.values())


def test_thanks_for_a_no_are_no_sign():
    assert measured(ASK, "There are no garages there.", "ok, thank you")["goes_on"] == 0


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "de",
            ("gibt es Zimmer am See?", "Leider haben wir keine Zimmer.", "wirklich gar nichts?"),
        ),
        ("es", ("¿hay piscina?", "Lo siento, no tenemos piscina.", "¿seguro que no?")),
        ("fr", ("une table à huit heures ?", "Désolé, nous sommes complets.", "je pensais")),
    ],
)
def test_other_languages_have_the_words(language, texts):
    found = measured(*texts, language=language)
    assert found["bot_no_result"] == found["bot_sorry"] == found["doubting"] == 1


def test_every_language_has_the_groups():
    for language in languages():
        book = phrase_book(language)
        assert book.function_words
        assert book.common
        assert len(book.vague) > len(book.common)


def test_a_bot_that_serves_badly_is_named_as_the_reason():
    found = frustration.score(
        talk(
            "a hotel in the centre with parking please",
            "Sorry, there are no hotels with parking in the centre.",
            "how about a guesthouse with parking?",
            "Unfortunately there are no guesthouses in the centre either.",
            "no, are you sure? I really need a hotel with parking",
        )
    )
    assert found.escalate
    assert any("could not help" in reason for reason in found.reasons)
