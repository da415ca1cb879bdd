"""The table of the places at which a process can die."""

from __future__ import annotations

from tests.support.kill_places import table
from tests.support.pages import DOCS


def test_the_table_of_places_is_the_tests():
    assert table() in (DOCS / "reliability.md").read_text(), "python -m tests.support.kill_places"
