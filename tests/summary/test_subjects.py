"""Phrases that mean nothing alone stand with what they are about."""

from __future__ import annotations

import pytest

from tests.support.dialogues import talk
from zendesk_handoff.summary import summarize


def facts(*texts, locale=None):
    """Return the entries of the line of facts."""
    lines = summarize(talk(*texts), locale=locale, max_words=120).splitlines()
    line = next((each for each in lines if each.startswith(("Facts:", "Fakten:", "Datos:"))), "")
    return line.partition(": ")[2].split("; ")


def test_a_bare_number_stands_with_the_question_that_it_answers():
    found = facts("I want to return a kettle", "How many are they?", "2", "Which order?", "99120")
    assert "How many are they? 2" in found
    assert "Which order? 99120" in found


def test_of_a_long_question_only_the_topic_is_repeated():
    question = "And could you please tell me for how many nights you would like to stay there?"
    found = facts("a room in Bonn please", question, "4")
    assert any(each.endswith(": 4") and "nights" in each for each in found)


def test_a_number_without_a_question_before_it_stands_with_what_was_asked_for():
    found = facts("where is my parcel", "Please give me the order number.", "99120")
    assert "order number: 99120" in found


def test_a_pronoun_stands_with_what_it_is_for():
    found = facts("my blue lamp is broken", "I see.", "it arrived a week ago", "Hm.", "thanks")
    assert any(each.endswith(": it arrived a week ago") and "lamp" in each for each in found)


def test_a_subject_that_follows_itself_is_said_once():
    asked = ("my blue lamp", "Yes?", "it arrived a week ago", "And?", "it makes a strange noise")
    found = facts(*asked)
    assert sum("blue lamp:" in each for each in found) == 1
    assert "it makes a strange noise" in found


@pytest.mark.parametrize(
    "answer", ["Bonn on Monday", "it arrives on Monday at the Bonn office", "the green iron pan"]
)
def test_a_phrase_that_speaks_for_itself_has_no_subject(answer):
    found = facts("a parcel is late", "I am sorry about all the trouble that you had.", answer)
    assert any(each in answer for each in found)
    assert not any(":" in each for each in found)


@pytest.mark.parametrize(
    ("locale", "texts", "expected"),
    [
        ("de", ("Rückgabe bitte", "Wie viele Artikel?", "2"), "Wie viele Artikel? 2"),
        ("es", ("una devolución", "¿Cuántas tazas son?", "2"), "¿Cuántas tazas son? 2"),
    ],
)
def test_other_languages_have_subjects_too(locale, texts, expected):
    assert expected in facts(*texts, locale=locale)


def test_what_a_negation_denies_stands_with_it():
    found = facts("a room in Bonn", "Which area?", "I do not need to have a view on the river")
    assert "river" not in found
    assert any("not" in each and "river" in each for each in found)


@pytest.mark.parametrize(
    "said", ["I do not have a preference on location", "I don't mind the area", "no preference"]
)
def test_no_preference_is_no_fact(said):
    found = facts("a room in Bonn on May 3", "Where?", said)
    assert not any("location" in each or "area" in each or "prefer" in each for each in found)
