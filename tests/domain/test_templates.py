"""Texts with placeholders, filled with values that nobody chose."""

from __future__ import annotations

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.domain.templates import Template, plain

VALUES = {
    **{"topic": "returns", "slot.topic": "refunds", "n": 3, "empty": "", "nested": {"a": 1}},
    **{"größe": "XL", "订单号": "10234", "slot.my slot": "a", "metadata.utm.campaign": "spring"},
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{topic}", "returns"),
        ("{slot.topic}: {n}", "refunds: 3"),
        ("{größe} {订单号}", "XL 10234"),
        ("{slot.my slot}, {metadata.utm.campaign}", "a, spring"),
        ("no placeholder", "no placeholder"),
        ("{topic} and {gone}", None),
        ("{empty}", None),
        ("about {nested}", None),
    ],
)
def test_a_text_is_filled_as_a_whole_or_left_out(text, filled):
    assert Template.parse(text).fill(VALUES.get) == filled


@pytest.mark.parametrize("value", TEXTS)
def test_values_are_no_templates(value):
    for hostile in (value, "{topic}", "{0.__class__}", "\\1", "%s"):
        filled = Template.parse("{it}").fill({"it": hostile, "topic": "x"}.get)
        assert filled == plain(hostile)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "{}",
        "{a b}",
        "{0}",
        "{a.b.c}",
        "{{a}}",
        "{a!r}",
        "{slto.a}",
        "{slot.}",
        "{slot. a}",
    ],
)
def test_a_brace_without_a_placeholder_is_refused(text):
    with pytest.raises(ValueError, match=r"`\{topic\}`"):
        Template.parse(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3.0, "3"),
        (2.5, "2.5"),
        (["a", 1, None, {}, ["b"]], "a, 1"),
        ("  x ", "x"),
        ("a\x00b", "ab"),
        ("\ud800", "?"),
        (None, None),
        ({}, None),
        ([], None),
        (object(), None),
    ],
)
def test_a_value_of_any_type_is_a_text_or_nothing(value, text):
    assert plain(value) == text


def test_a_list_alone_makes_several_texts():
    lookup = {"topics": ["a", "", {"b": 1}, "c"]}.get
    assert Template.parse("{topics}").fill_each(lookup) == ["a", "c"]
    assert Template.parse("t_{topics}").fill_each(lookup) == ["t_a, c"]
    assert Template.parse("{gone}").fill_each(lookup) == []
    assert Template.parse("fixed").fill_each(lookup) == ["fixed"]
