"""Word lists of the summary: groups that a list lacks."""

from __future__ import annotations

from zendesk_handoff.summary.words import formula_pattern, read_words


def test_a_group_that_a_list_lacks_is_empty():
    words = read_words(["# a comment", "[greeting]", "moin", "[formulas]", "bis dann"])
    assert words.greeting == {"moin"}
    assert words.formulas == {"bis dann"}
    assert words.negations == frozenset()


def test_without_phrases_nothing_is_dropped():
    assert formula_pattern([]).sub("-", "see you later") == "see you later"
    assert formula_pattern(["see you", "see you later"]).sub("-", "see you later") == "-"
