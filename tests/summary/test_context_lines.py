"""The lines below a summary, which never push it over the length of a message."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.text import MAX_TEXT, units
from zendesk_handoff.summary import add_context

NOTHING = {"page": None, "browser": None, "conversation": None}


def test_without_anything_known_the_summary_is_as_it_was():
    assert add_context("Why: x", "en", **NOTHING) == "Why: x"


def test_each_line_has_its_label():
    known = {"page": "https://a.example/", "browser": "B/1", "conversation": "https://b.example/1"}
    assert add_context("Why: x", "fr", **known).splitlines() == [
        *("Why: x", ""),
        *("Page : https://a.example/", "Navigateur : B/1"),
        "Conversation avec le bot : https://b.example/1",
    ]
    assert add_context("", "en", **{**NOTHING, "browser": "B/1"}) == "Browser: B/1"


@pytest.mark.parametrize("letter", ["x", "🙂"])
def test_the_end_of_a_long_summary_makes_room(letter):
    known = {"page": letter * 2000, "browser": letter * 2000, "conversation": "https://b.example/1"}
    text = add_context(letter * (MAX_TEXT // units(letter)), "en", **known)
    assert units(text) <= MAX_TEXT
    assert text.endswith("\nConversation with the bot: https://b.example/1")
    assert text.count("…") == 3


def test_a_part_of_a_link_is_none():
    long = f"https://b.example/{'x' * 2000}"
    assert add_context("x", "en", **{**NOTHING, "conversation": long}) == "x"
