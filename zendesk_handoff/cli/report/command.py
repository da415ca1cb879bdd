"""The command ``zendesk-handoff report``: it reads the store, and writes text, JSON or a page."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Optional

import typer
from sqlalchemy.engine import Connection

from zendesk_handoff.cli.credentials import CredentialsOption, settings_or_exit
from zendesk_handoff.cli.output import exit_with_error
from zendesk_handoff.cli.report.figures import Figures, compute
from zendesk_handoff.cli.report.page import save_page
from zendesk_handoff.cli.report.subject import Subject, choose
from zendesk_handoff.cli.report.text import as_json, print_report
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import read_only
from zendesk_handoff.store.daily_users import read_daily_users
from zendesk_handoff.store.handovers import (
    count_messages_left,
    read_connectors,
    read_handovers,
    read_shared_reasons,
    read_undelivered,
)

_DAY = "%Y-%m-%d"


# typer reads the annotations on Python 3.10, hence Optional.
def report(
    credentials: CredentialsOption = None,
    days: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="The number of days, the last one included; 30 by default."),
    ] = None,
    since: Annotated[
        Optional[datetime],  # noqa: UP045
        typer.Option(formats=[_DAY], help="The first day, in place of --days."),
    ] = None,
    until: Annotated[
        Optional[datetime],  # noqa: UP045
        typer.Option(formats=[_DAY], help="The last day; today by default."),
    ] = None,
    time_zone: Annotated[
        str, typer.Option(help="Of days and hours, for example Europe/Berlin.")
    ] = "UTC",
    connector: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Only the handovers through this connector."),
    ] = None,
    reasons: Annotated[
        bool,
        typer.Option(
            "--reasons",
            help="Name the bot's own reasons in its words, those that several users have had.",
        ),
    ] = False,
    as_json_: Annotated[
        bool, typer.Option("--json", help="One JSON object; durations are in seconds.")
    ] = False,
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write a page with plots to this file; an earlier report is replaced."),
    ] = None,
) -> None:
    """Report how handovers went: reasons, hours, waits, lengths, ends and failures.

    It reads the store alone, changes nothing, and shows nobody's words.
    """
    settings = settings_or_exit(credentials)
    try:
        subject = choose(
            now=datetime.now(timezone.utc),
            zone=time_zone,
            days=days,
            since=since and since.date(),
            until=until and until.date(),
            connector_id=connector,
            kept_days=settings.retention.days,
        )
        figures = asyncio.run(_read(settings, subject, with_reasons=reasons))
        if html is not None:
            save_page(html, figures, subject)
    except HandoffError as error:
        exit_with_error(str(error))
    if as_json_:
        typer.echo(json.dumps(as_json(figures, subject), indent=2))
    elif html is None:
        print_report(figures, subject)
    else:
        typer.echo(f"The report is in {html}.")


async def _read(settings: Settings, subject: Subject, *, with_reasons: bool) -> Figures:
    def work(connection: Connection) -> Figures:
        known = read_connectors(connection) | settings.connectors.keys()
        if subject.connector_id not in {None, *known}:
            names = ", ".join(sorted(known))
            raise HandoffError(f"There is no connector {subject.connector_id!r}; known: {names}.")
        period, users = subject.period, None
        if subject.connector_id is None:  # a user has none before a handover
            users = read_daily_users(connection, since=period.since, until=period.until)
        return compute(
            read_handovers(connection, period),
            read_undelivered(connection, period),
            messages_left=count_messages_left(connection, period),
            zone=subject.since.tzinfo or timezone.utc,
            shown_reasons=read_shared_reasons(connection) if with_reasons else (),
            users=users,
        )

    return await read_only(settings.store_url, work, source=settings.credentials_file)
