"""The outcome of a human leg: what the agents said last that has content, masked."""

from __future__ import annotations

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.domain.dialogue import Dialogue, Turn
from zendesk_handoff.summary import find_outcome

CARD = "4111 1111 1111 1111"


def leg(*lines):
    return Dialogue(tuple(Turn("user" if line[0] == "u" else "bot", line[3:]) for line in lines))


@pytest.mark.parametrize(
    ("lines", "locale", "expected"),
    [
        (
            (
                "u: my watering can leaks",
                "a: Hello, this is Ana. Let me have a look.",
                "a: I have ordered a replacement, it arrives on Tuesday.",
                "u: thank you!",
                "a: You're welcome! Have a nice day.",
            ),
            "en",
            "I have ordered a replacement, it arrives on Tuesday.",
        ),
        (
            (
                "u: Die Rechnung stimmt nicht",
                "a: Ich habe die Rechnung 4711 storniert und eine neue geschickt.",
                "u: danke",
                "a: Gern geschehen, schönen Tag noch!",
            ),
            "de",
            "Ich habe die Rechnung 4711 storniert und eine neue geschickt.",
        ),
    ],
)
def test_the_last_message_with_content_is_the_outcome(lines, locale, expected):
    assert find_outcome(leg(*lines), locale=locale) == expected


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("u: is anybody there?",),
        ("u: hi", "a: 👍🏽"),
        ("a: What is your order number?",),
    ],
)
def test_without_an_answer_there_is_none(lines):
    assert find_outcome(leg(*lines)) == ""


@pytest.mark.parametrize(
    "farewell", ["You are welcome, have a great weekend!", "👍🏽", "Anything else I can do?", "Bye"]
)
def test_a_farewell_or_a_question_hides_no_outcome(farewell):
    found = find_outcome(leg("a: I have reset your password.", "u: thanks", f"a: {farewell}"))
    assert found == "I have reset your password."


def test_what_the_user_said_is_no_outcome():
    found = find_outcome(leg("a: Your refund is on its way.", "u: The parcel has order 10234"))
    assert "10234" not in found
    assert "refund" in found


def test_it_is_masked():
    lines = (f"a: I have charged {CARD} with 20 euros.",)
    assert "4111 1111" not in find_outcome(leg(*lines))
    assert "[card …1111]" in find_outcome(leg(*lines))
    told = leg("a: Please write to mara@example.com about the refund.")
    assert "mara@example.com" in find_outcome(told)
    assert "mara@example.com" not in find_outcome(told, redact={"email"})


def test_a_long_message_becomes_a_line():
    words = " ".join(f"Item {number} is on its way to Hamburg." for number in range(200))
    found = find_outcome(leg(f"a: {words}"))
    assert 5 <= len(found.split()) <= 30


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_any_text_becomes_one_line(text):
    found = find_outcome(leg(f"a: {text}"))
    assert "\n" not in found
    assert "\u202e" not in found
    assert len(found) <= 4096
