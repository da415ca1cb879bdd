"""A time as people say it, "tomorrow at 9 am", and a duration: one file a language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from zendesk_handoff.domain.language import ENGLISH, language_of

#: Days from today on, in which the name of the weekday says which day is meant.
_WEEK = 7


def say_when(moment: datetime, now: datetime, locale: str | None = None) -> str:
    """Say when something is to happen, by the clock of its own time zone.

    Args:
        moment: Not before ``now``.
        now: In the same time zone.
        locale: The user's language, as a BCP 47 tag; English where there is no file for it.
    """
    words = _read(_language(locale))
    days = (moment.date() - now.date()).days
    form = {0: "today", 1: "tomorrow"}.get(days, "this_week" if days < _WEEK else "later")
    number = words["first"] if moment.day == 1 and "first" in words else str(moment.day)
    return str(words[form]).format(
        time=_clock(moment, words["time"]),
        day=words["days"][moment.weekday()],
        month=words["months"][moment.month - 1],
        number=number,
    )


def say_duration(seconds: float, locale: str | None = None) -> str:
    """Say about how long something takes, in minutes or in hours, rounded up.

    Args:
        seconds: The duration.
        locale: The user's language, as a BCP 47 tag; English where there is no file for it.
    """
    forms = _read(_language(locale))["duration"]
    minutes = max(1, -int(-seconds // 60))
    if minutes >= 10:
        minutes = -(-minutes // 5) * 5  # nobody knows it to the minute
    unit, count = ("minute", minutes) if minutes < 60 else ("hour", -(-minutes // 60))
    return str(forms[unit if count == 1 else f"{unit}s"]).format(count=count)


def languages() -> tuple[str, ...]:
    """List the languages that have these words."""
    names = (entry.name for entry in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".yml") for name in names if name.endswith(".yml")))


def _clock(moment: datetime, forms: Mapping[str, str]) -> str:
    hour, minute = moment.hour, f"{moment.minute:02}"
    usual = "whole" if minute == "00" else "minutes"
    keys = (f"{hour}:{minute}", str(hour), usual)
    return next(forms[key] for key in keys if key in forms).format(
        hour=hour, minute=minute, hour12=(hour - 1) % 12 + 1, half="am" if hour < 12 else "pm"
    )


def _language(locale: str | None) -> str:
    language = language_of(locale)
    return language if language in languages() else ENGLISH


@cache
def _read(language: str) -> Mapping[str, Any]:
    text = (files(__package__) / f"{language}.yml").read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table
