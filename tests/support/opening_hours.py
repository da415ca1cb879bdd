"""A Rasa server whose connector has hours, at a given moment."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.zendesk import connector
from zendesk_handoff.domain.hours import Span
from zendesk_handoff.rasa import hours
from zendesk_handoff.settings import Settings
from zendesk_handoff.settings.hours import HoursSettings

#: Somebody is there on Mondays from nine to five.
_HOURS = HoursSettings(ZoneInfo("UTC"), ((Span(540, 1020),), *[()] * 6))
NIGHT = datetime(2026, 11, 29, 3, tzinfo=timezone.utc)
DAY = datetime(2026, 11, 30, 9, tzinfo=timezone.utc)


def set_hour(
    patch: pytest.MonkeyPatch, closed: str, moment: datetime = NIGHT, **values: Any
) -> None:
    """Let the policies of this process be in such a server until the test ends."""
    found = connector(hours=_HOURS, closed=closed, **values)
    patch.setattr(hours, "_settings", [Settings("https://bot.example.com", {"support": found})])
    patch.setattr(hours.time, "time", moment.timestamp)
