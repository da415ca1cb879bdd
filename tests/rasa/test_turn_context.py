"""The part of a tracker that the policy reads."""

from __future__ import annotations

from rasa.shared.core.events import (
    UserUttered,
)

from tests.support.policy import (
    ANGRY,
    CALM,
    bot,
    says,
)
from zendesk_handoff.rasa.turn_context import latest_events


def test_a_long_history_is_not_read():
    many = [each for _ in range(3000) for each in [*says(CALM), *bot("utter_shipping")]]
    events = latest_events([*many, *says(ANGRY)], messages=5)
    assert sum(isinstance(event, UserUttered) for event in events) == 5
    assert len(events) < 25
