"""Readers of single values: what they take, and the sentence for what they do not."""

from __future__ import annotations

import pytest

from zendesk_handoff.settings import values

NAN = float("nan")


@pytest.mark.parametrize(
    ("read", "given", "expected"),
    [
        (values.text, " x ", "x"),
        (values.text, 5, "5"),
        (values.texts, "x", ("x",)),
        (values.texts, ["x", " y "], ("x", "y")),
        (values.url, "https://a.example/b/", "https://a.example/b"),
        (values.safe_url_or_none, "", None),
        (values.seconds, 3, 3.0),
        (values.seconds_or_off, False, None),
        (values.seconds_or_off, "off", None),
        (values.seconds_or_off, 0.5, 0.5),
        (values.whole_number(0), 0, 0),
        (values.share, 1, 1.0),
        (values.one_of("a", "b"), "b", "b"),
        (values.some_of({"a", "b"}), ["b"], frozenset("b")),
        (values.some_of({"a", "b"}), False, frozenset()),
        (values.matching("a+", "no"), "aaa", "aaa"),
        (values.one_of_or_off("ask"), "ask", "ask"),
        (values.one_of_or_off("ask"), False, None),
        (values.one_of_or_off("ask"), "off", None),
        (values.ends, ["released", "closed"], frozenset({"released", "closed"})),
    ],
)
def test_right_values_are_taken(read, given, expected):
    assert read(given, "an example") == expected


@pytest.mark.parametrize(
    ("read", "wrong", "message"),
    [
        (values.text, [None, "", " ", True, [], {}], "must be a text"),
        (values.text, [612e34, NAN, 1.5], "must be in quotes"),
        (values.texts, [[], [""], ["a", 3], None, {}], "or a list of such"),
        (values.url, ["example.com", "ftp://a.example", "https://", 3], "like an example"),
        (
            values.root_url,
            [*("https://a.example?x=1", "https://a.example/#a", "https://u:p@a.example")],
            "an address alone",
        ),
        (values.root_url, ["http://a.example", "a.example"], "https://|like an example"),
        (values.seconds, [0, -1, NAN, True, "3", None], "above 0, for example an example"),
        (values.seconds_or_off, [0, NAN, True, "on", []], "or `off`"),
        (values.whole_number(1), [0, 1.0, True, "1", None], "from 1 on"),
        (values.share, [0, 1.1, NAN, True, "0.5", None], "up to 1"),
        (values.one_of("a", "b"), ["c", ["a"], None, False], "`a` or `b`"),
        (values.some_of({"b", "a"}), [None, "a", ["c"], {}], "list of a, b"),
        (values.matching("a+", "must be a row of a."), ["b", "aab", "AA"], "a row of a"),
        (values.one_of_or_off("ask"), [True, "on", None, [], 5], "`ask` or `off`"),
        (values.ends, ["released", None, True, ["Solved"], [{}], {}], "a list of released, solved"),
        (values.ends, [[], ["solved"], ["solved", "closed"]], "must have `released`"),
    ],
)
def test_wrong_values_get_a_sentence(read, wrong, message):
    for value in wrong:
        with pytest.raises(ValueError, match=message):
            read(value, "an example")


@pytest.mark.parametrize(
    "read",
    [
        values.url,
        values.seconds,
        values.seconds_or_off,
        values.whole_number(1),
        values.share,
        values.one_of("a"),
        values.some_of({"a"}),
        values.matching("a+", "must be a row of a."),
    ],
)
def test_the_sentence_does_not_repeat_the_value(read):
    with pytest.raises(ValueError) as caught:
        read("hunter2", "an example")
    assert "hunter2" not in str(caught.value)
