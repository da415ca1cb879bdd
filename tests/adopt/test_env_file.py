"""Variables in ``.env``: set and removed, other lines as they were."""

from __future__ import annotations

import io

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from zendesk_handoff.adopt.env_file import set_variables, with_variables, without_variables
from zendesk_handoff.errors import CannotPatch

LINES = st.sampled_from(
    [
        "# KEY=old",
        "",
        "  ",
        "A=1",
        "export B='x y' # note",
        'C="two\nlines"',
        "D",
        "E=",
        "F=a#b",
        "ü=ö",
    ]
)
TEXT = st.builds(
    lambda mark, lines, end, last: mark + end.join(lines) + end * last,
    st.sampled_from(["", "\ufeff"]),
    st.lists(LINES, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
VALUE = st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1) | st.sampled_from(
    ["${A}", "a b", "'", '"', "\\", "#", "a #b", "'\\", "$(x)", "=", "🔑"]
)


def values_of(text):
    return dotenv_values(stream=io.StringIO(text), interpolate=False)


@given(TEXT, VALUE, VALUE)
def test_what_is_set_is_read_and_the_way_back_gives_the_same(text, key, hook):
    new = with_variables(text, {"KEY": key, "HOOK": hook})
    assert values_of(new) == {**values_of(text), "KEY": key, "HOOK": hook}
    assert without_variables(new, {"KEY", "HOOK"}) == text
    assert with_variables(new, {"HOOK": hook}) == new


@given(TEXT, VALUE, VALUE)
def test_a_variable_is_replaced_where_it_stands(text, old, new):
    before = with_variables(text, {"KEY": old, "HOOK": "x"})
    after = with_variables(before, {"KEY": new})
    assert values_of(after) == {**values_of(before), "KEY": new}
    assert after == with_variables(text, {"KEY": new, "HOOK": "x"})


def test_export_and_the_last_of_several_count():
    text = "KEY=1\nexport KEY='2' # two\nA=1\n"
    assert with_variables(text, {"KEY": "3"}) == "KEY=1\nexport KEY=3\nA=1\n"
    assert without_variables(text, {"KEY"}) == "A=1\n"


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "a\u2028b"])
def test_a_value_of_several_lines_is_refused_and_not_repeated(value):
    with pytest.raises(CannotPatch, match="KEY has line breaks") as caught:
        with_variables("", {"KEY": value})
    assert value not in str(caught.value)


def test_a_name_that_is_none():
    with pytest.raises(CannotPatch, match="is not the name of a variable"):
        with_variables("", {"A B": "1"})


def test_the_file_is_made_for_its_owner_alone(tmp_path):
    file = tmp_path / ".env"
    assert set_variables(file, {"KEY": "secret"})
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("KEY=secret\n", 0o600)
    assert not set_variables(file, {"KEY": "secret"})
    file.chmod(0o644)
    assert set_variables(file, {"KEY": "new", "HOOK": "x"})
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("KEY=new\nHOOK=x\n", 0o600)
