"""Lines: an edit and its way back give the same text, whatever the line ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zendesk_handoff.adopt.lines import Edit, Lines
from zendesk_handoff.adopt.patch import edits_between
from zendesk_handoff.adopt.record import taken_back

LINE = st.text(
    st.characters(blacklist_characters="\r\n\ufeff", blacklist_categories=["Cs"]), max_size=6
)
TEXT = st.builds(
    lambda mark, lines, ends: (
        mark + "".join(a + b for a, b in zip(lines, [*ends, ""], strict=False))
    ),
    st.sampled_from(["", "\ufeff"]),
    st.lists(LINE, min_size=1, max_size=6),
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=0, max_size=6),
)


@given(TEXT)
def test_a_text_is_taken_apart_and_put_together(text):
    lines = Lines.of(text)
    assert lines.text == text
    assert len(lines.lines) == len(lines.ends) + 1


@given(TEXT, st.data())
def test_every_edit_has_a_way_back(text, data):
    lines = Lines.of(text)
    at = data.draw(st.integers(0, len(lines.lines)))
    old = tuple(lines.lines[at : at + data.draw(st.integers(0, 2))])
    new = tuple(data.draw(st.lists(LINE, min_size=max(1, len(old)), max_size=4)))
    lines.apply(Edit(at, old, new))
    assert tuple(lines.lines[at : at + len(new)]) == new
    assert len(lines.lines) == len(lines.ends) + 1
    lines.apply(Edit(at, new, old))
    assert lines.text == text


def test_a_sequence_is_found_wherever_it_stands():
    assert Lines.of("a\nb\na\nb\n").find(("a", "b")) == [0, 2]
    assert Lines.of("a\nb").find(("b", "a")) == []
    assert Lines.of("  a\nb\na\n  b").find(("a", "b")) == [0, 2]
    assert Lines.of("  a\nb\na\nb").find(("a", "b")) == [2]
    assert Lines.of("").find(("a", "b")) == []


@given(st.lists(LINE, max_size=6), st.lists(LINE, max_size=6))
def test_edits_between_two_texts_have_a_way_back(before, after):
    old, new = "\n".join(before), "\n".join(after)
    edits = edits_between(old, new)
    lines = Lines.of(old)
    for edit in edits:
        lines.apply(edit)
    assert lines.lines == Lines.of(new).lines
    for edit in reversed(edits):
        lines.apply(Edit(edit.at, edit.new, edit.old))
    assert lines.lines == Lines.of(old).lines


def test_a_line_that_was_removed_comes_back_to_its_place():
    edits = edits_between("a\nb\nc\nd\n", "a\nb\nd\n")
    assert taken_back("x\ny\nz\na\nb\nd\n", edits) == ("x\ny\nz\na\nb\nc\nd\n", ())
