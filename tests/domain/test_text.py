"""Splitting of text at Zendesk's limit."""

from __future__ import annotations

import regex
from hypothesis import given
from hypothesis import strategies as st

from zendesk_handoff.domain.text import split_text, units


@given(st.text(min_size=1, max_size=300), st.integers(min_value=20, max_value=60))
def test_the_parts_join_to_the_text_and_fit(text, limit):
    parts = split_text(text, limit)
    assert "".join(parts) == text
    assert all(0 < units(part) <= limit for part in parts)


def test_no_grapheme_is_split():
    family = "👩‍👩‍👧"
    parts = split_text(family * 1000)
    assert len(parts) > 1
    assert all(set(regex.findall(r"\X", part)) == {family} for part in parts)


def test_a_part_ends_between_words():
    first, *_ = split_text("word " * 1000)
    assert first.endswith("word ")
