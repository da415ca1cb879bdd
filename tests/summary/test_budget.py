"""The limits of a summary: words, characters, and masks that stay whole."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.dialogues import talk
from zendesk_handoff.domain.dialogue import (
    Dialogue,
    Entity,
    Turn,
)
from zendesk_handoff.domain.text import MAX_TEXT, units
from zendesk_handoff.summary import DEFAULT_MAX_WORDS, summarize

texts = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            "I need 2 tickets to Bonn, OR on May 3rd! no sorry 4 🦊 [card …1111] x; password is "
            "(yes) @me https://x.y Müller's".split(" ")
        ),
        max_size=60,
    ).map(" ".join),
)
turns = st.lists(
    st.builds(
        Turn,
        speaker=st.sampled_from(["user", "bot"]),
        text=texts,
        intent=st.sampled_from([None, "greet", "order_status", "nlu_fallback"]),
        fallback=st.booleans(),
        entities=st.lists(st.builds(Entity, texts, texts), max_size=2).map(tuple),
    ),
    max_size=12,
).map(tuple)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=5,
)


@pytest.mark.parametrize("budget", range(1, 40))
def test_payment_data_is_masked_before_anything_is_shortened(budget):
    found = talk(
        "please charge my card 4111 1111 1111 1111",
        "And the IBAN?",
        "DE89 3704 0044 0532 0130 00 and my password is hunter2",
    )
    reason = "paid with 4111 1111 1111 1111"
    text = summarize(found, reason=reason, max_words=budget)
    for piece in ("4111", "3704", "hunter2", "1111 1"):
        assert piece not in text
    assert text.count("[") == text.count("]")


def test_nothing_is_masked_without_kinds():
    assert "hunter2" in summarize(talk("my password is hunter2"), redact=(), max_words=40)


def test_the_default_grows_with_the_dialogue():
    sentence = "order {} from shop {} arrived broken on May {}."
    short = talk(*(sentence.format(n, n, n) for n in range(1, 4)))
    long = talk(*(sentence.format(n, n, n) for n in range(1, 200)))
    assert len(summarize(short).split()) < len(summarize(long).split()) <= DEFAULT_MAX_WORDS


def test_one_endless_word_is_cut_to_fit():
    assert 0 < units(summarize(talk("x" * 9000), max_words=5000)) <= MAX_TEXT


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    turns,
    st.dictionaries(texts, values, max_size=4),
    st.none() | texts,
    st.none() | st.sampled_from(["de", "es", "en", "", "x-y", "١"]),
    st.integers(1, 300),
)
def test_any_dialogue_stays_within_the_limits(said_turns, slots, reason, locale, budget):
    found = Dialogue(turns=said_turns, slots=slots)
    text = summarize(found, reason=reason, locale=locale, max_words=budget)
    assert len(text.split()) <= budget
    assert units(text) <= MAX_TEXT


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 6000), st.sampled_from(["🦊", "wörd ", "a\u0301"]))
def test_long_messages_stay_within_one_zendesk_message(count, piece):
    text = summarize(talk(piece * count, piece * count), max_words=5000, reason=piece * count)
    assert units(text) <= MAX_TEXT
