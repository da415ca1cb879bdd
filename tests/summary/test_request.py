"""The user's request in one line."""

from __future__ import annotations

import pytest

from tests.support.dialogues import talk, user_event
from zendesk_handoff.domain.dialogue import (
    dialogue_from_events,
)
from zendesk_handoff.summary import labels_of, summarize


def test_the_request_has_no_courtesies_around_it():
    text = summarize(talk("Hi there! I am looking for a room in Bonn on May 3, please. Thanks!"))
    assert text.splitlines()[0] == "Customer wants: room in Bonn on May 3"


@pytest.mark.parametrize(
    ("locale", "message", "expected"),
    [
        ("en", "no, I want to know why it is late!!", "no, why it is late!!"),
        ("en", "I'd like to know where my parcel is", "where my parcel is"),
        ("en", "I want to know from when the offer holds", "from when the offer holds"),
        ("en", "I would like to know if I can return the mug", "if I can return the mug"),
        ("en", "I need to know that nothing was charged", "nothing was charged"),
        ("en", "no, I want to know why!", "no, I want to know why!"),
        ("en", "I do not want to pay twice", "I do not want to pay twice"),
        ("de", "Ich möchte wissen, seit wann mein Paket liegt", "seit wann mein Paket liegt"),
        ("de", "ich will keine Werbung", "keine Werbung"),
        ("es", "quiero saber por qué llega tarde", "por qué llega tarde"),
    ],
)
def test_the_request_keeps_its_question_and_its_no(locale, message, expected):
    text = summarize(talk(message), locale=locale, max_words=60)
    assert text.splitlines()[0] == f"{labels_of(locale).wants} {expected}"


def test_a_bare_request_for_a_human_is_no_request_line():
    found = dialogue_from_events([user_event("human please", "human_handoff")])
    assert summarize(found, reason="Asked.").startswith("Why: Asked.\n\nLast messages:")
