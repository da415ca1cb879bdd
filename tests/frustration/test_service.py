"""The features of how the bot serves the request."""

from __future__ import annotations

import pytest

from tests.support.dialogues import talk
from zendesk_handoff import frustration
from zendesk_handoff.frustration.phrases import languages, phrase_book
from zendesk_handoff.frustration.scoring import EXCUSED_ONCE, measure
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
        ("doubting", "thank you", "are you sure?"),
        ("rejecting", "yes, a blue one", "no, a blue one"),
        ("alternative", "a blue one", "how about a blue one"),
    ],
)
def test_what_the_user_makes_of_it(name, plain, telling):
    answer = "There are no garages there."
    assert measured(ASK, answer, plain)[name] < measured(ASK, answer, telling)[name]


def test_what_the_bot_has_not_understood_does_not_count_twice():
    lost = measured(ASK, "Sorry, I did not get that. What kind of place?", ASK)
    assert not any(value for name, value in lost.items() if name.startswith("bot_"))
    assert lost["unanswered"] == lost["goes_on"] == 0


def test_a_first_message_has_not_been_served_badly():
    found = measured(ASK)
    assert not any(found.values())


def test_thanks_for_a_no_are_no_sign():
    assert measured(ASK, "There are no garages there.", "ok, thank you")["goes_on"] == 0


@pytest.mark.parametrize("text", ["no", "no thanks, the museum will do"])
def test_a_bare_or_a_grateful_no_rejects_nothing(text):
    assert measured(ASK, "Would you like a tour of the museum?", text)["rejecting"] == 0


def test_a_no_to_the_first_request_is_excused():
    answer = "Sorry, there are no garages there. Would you like to try another place?"
    turns = talk(ASK, answer, ASK, answer, ASK).turns
    first, second = (measure(turns[:length], language="en", window=4) for length in (3, 5))
    assert all(first[name] == 0 < second[name] for name in EXCUSED_ONCE)


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


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "nein, ein Zimmer am See"), ("es", "no, con piscina"), ("fr", "non, une grande table")],
)
def test_other_languages_reject(language, text):
    assert measured("?", "Tennis?", text, language=language)["rejecting"] == 1


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
