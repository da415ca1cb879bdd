"""``zendesk-handoff hours``: when agents are there in the coming week."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Annotated, Optional

import typer

from zendesk_handoff.cli.credentials import CredentialsOption, settings_or_exit
from zendesk_handoff.cli.output import Column, exit_with_error, print_table, printable
from zendesk_handoff.domain.hours import DAY, OpeningHours, Span
from zendesk_handoff.domain.times import say_when
from zendesk_handoff.settings import Connector

COLUMNS = (Column("connector"), Column("day"), Column("date"), Column("hours"), Column("holiday"))
_DAYS = 7
#: Beyond these no calendar of holidays is of any use.
_YEARS = range(1970, 2200)
#: What a request for a person leads to outside of the hours, by the setting `closed`.
_CLOSED = {
    "bot": "the bot goes on, and tells when somebody is back",
    "message": "the bot takes a message, which is answered by e-mail",
    "hand_over": "users are handed over all the same",
}


def hours(
    credentials: CredentialsOption = None,
    at: Annotated[
        Optional[str],  # noqa: UP045  # typer reads the annotation on Python 3.10
        typer.Option(
            help="Another moment than now, such as 2026-12-24T18:00; without an offset like +01:00 "
            "it is meant in each time zone."
        ),
    ] = None,
) -> None:
    """Show when agents are there in the coming week, and whether they are there now."""
    settings = settings_or_exit(credentials)
    moment = _read(at)
    rows: list[tuple[str, ...]] = []
    for connector in settings.connectors.values():
        opening = connector.hours.opening_hours()
        if opening is None:
            typer.echo(f"{connector.id}: no hours; somebody is always there.")
            continue
        local = _local(moment, opening)
        typer.echo(printable(f"{connector.id}: {_state(connector, opening, local)}"))
        rows += _week(connector, opening, local)
    if rows:
        typer.echo()
        print_table(COLUMNS, rows)


def _read(at: str | None) -> datetime | None:
    try:
        moment = None if at is None else datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        moment = datetime.min
    if moment is not None and moment.year not in _YEARS:
        exit_with_error("--at must be a date and a time, such as 2026-12-24T18:00.")
    return moment


def _local(moment: datetime | None, opening: OpeningHours) -> datetime:
    """Return a moment in the time zone of the hours; by default the present one."""
    if moment is None:
        return opening.local(time.time())
    if moment.tzinfo is None:
        return moment.replace(tzinfo=opening.zone)
    return moment.astimezone(opening.zone)


def _state(connector: Connector, opening: OpeningHours, now: datetime) -> str:
    """Say in a sentence whether somebody is there."""
    zone = opening.zone.key
    shown = f"{now:%Y-%m-%d %H:%M} in {zone}"
    closing = opening.closing(now.timestamp())
    if closing is None:
        return f"somebody is there ({shown})."
    back = "nobody within a year"
    if closing.opens is not None:
        back = f"somebody is back {say_when(closing.opens, now)}"
    return f"nobody is there ({shown}); {back}. Until then {_CLOSED[connector.closed]}."


def _week(connector: Connector, opening: OpeningHours, now: datetime) -> list[tuple[str, ...]]:
    days = [opening.day(now.date() + timedelta(days=number)) for number in range(_DAYS)]
    return [
        (
            connector.id,
            f"{day.date:%A}",
            day.date.isoformat(),
            ", ".join(map(_shown, day.spans)) or "closed",
            day.holiday or "",
        )
        for day in days
    ]


def _shown(span: Span) -> str:
    end = span.end if span.end <= DAY else span.end - DAY
    return f"{span.start // 60}:{span.start % 60:02}-{end // 60}:{end % 60:02}"
