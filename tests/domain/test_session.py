"""Sessions: the documented fields, and the sets of states."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields

from zendesk_handoff.domain.session import (
    OPEN_NAMES,
    OPENING_NAMES,
    OVER_NAMES,
    WITH_AGENTS_NAMES,
    Session,
    State,
)


def test_every_field_is_documented_in_order():
    documented = re.findall(r"^    (\w+): ", inspect.getdoc(Session), re.MULTILINE)
    assert documented == [each.name for each in fields(Session)]


def test_the_sets_of_states_cover_all_states_once():
    assert {*OPENING_NAMES, *WITH_AGENTS_NAMES} == set(OPEN_NAMES)
    assert sorted((*OPENING_NAMES, *WITH_AGENTS_NAMES, *OVER_NAMES)) == sorted(
        state.value for state in State
    )
