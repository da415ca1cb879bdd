"""Times and durations as people say them, in each language."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from zendesk_handoff.domain import responses
from zendesk_handoff.domain.times import languages, say_duration, say_when

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 28, 20, 0, tzinfo=ZONE)  # a Saturday


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("when", "locale", "said"),
    [
        ("2026-11-28T21:30", "en", "today at 9:30 pm"),
        ("2026-11-29T09:00", "en", "tomorrow at 9 am"),
        ("2026-11-29T00:00", "en", "tomorrow at midnight"),
        ("2026-11-29T12:30", "en", "tomorrow at 12:30 pm"),
        ("2026-12-04T12:00", "en-GB", "on Friday at noon"),
        ("2026-12-05T00:05", "en", "on Saturday, December 5, at 12:05 am"),
        ("2026-11-28T21:30", "de", "heute um 21:30 Uhr"),
        ("2026-11-29T09:00", "de_AT", "morgen um 9 Uhr"),
        ("2026-11-30T09:05", "de", "am Montag um 9:05 Uhr"),
        ("2027-03-01T09:00", "de", "am Montag, 1. März, um 9 Uhr"),
        ("2026-11-29T01:00", "es", "mañana a la 1:00"),
        ("2026-11-30T13:15", "es-MX", "el lunes a las 13:15"),
        ("2027-01-07T09:00", "es", "el jueves 7 de enero a las 9:00"),
        ("2026-11-29T09:30", "fr", "demain à 9 h 30"),
        ("2026-11-30T12:00", "fr", "lundi à midi"),
        ("2027-01-01T00:00", "fr-CA", "le vendredi 1er janvier à minuit"),
        ("2026-11-29T09:00", "it", "tomorrow at 9 am"),
        ("2026-11-29T09:00", None, "tomorrow at 9 am"),
    ],
)
def test_when(when, locale, said):
    assert say_when(moment(when), NOW, locale) == said


def test_tomorrow_is_by_the_calendar():
    late, early = moment("2026-10-24T23:59"), moment("2026-10-26T00:30")
    assert say_when(early, late, "en") == "on Monday at 12:30 am"
    assert say_when(late, late, "en") == "today at 11:59 pm"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "about a minute"),
        (61, "about 2 minutes"),
        (9 * 60, "about 9 minutes"),
        (11 * 60, "about 15 minutes"),
        (56 * 60, "about an hour"),
        (61 * 60, "about 2 hours"),
    ],
)
def test_durations_are_rounded_up(seconds, said):
    assert say_duration(seconds, "en") == said


def test_each_language_of_the_responses_can_say_every_time():
    assert languages() == responses.languages()
    for language in languages():
        for minutes in range(0, 9 * 24 * 60, 45):
            said = say_when(NOW + timedelta(minutes=minutes), NOW, language)
            assert said
            assert "{" not in said
        assert {say_duration(60 * each, language) for each in (1, 5, 60, 180)}.isdisjoint({""})
