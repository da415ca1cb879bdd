"""``zendesk-handoff connectors``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Optional

import typer

from zendesk_handoff.errors import SettingsError
from zendesk_handoff.settings import Settings, load_settings

#: typer reads the annotation on Python 3.10, hence Optional.
CredentialsOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="The credentials.yml; else ZENDESK_HANDOFF_CREDENTIALS names it."),
]


def settings_or_exit(credentials: Path | None) -> Settings:
    """Read the settings, or print their problems and leave with 1."""
    try:
        return load_settings(credentials)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, of which the first has the headings, in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def connectors(credentials: CredentialsOption = None) -> None:
    """List the connectors, with the address to paste into Zendesk."""
    settings = settings_or_exit(credentials)
    rows = [("id", "name", "subdomain", "workspaces", "webhook URL")]
    for connector in settings.connectors.values():
        url = connector.webhook_url(settings.public_url)
        workspaces = ", ".join(connector.workspaces)
        rows.append((connector.id, connector.name, connector.subdomain, workspaces, url))
    print_table(rows)
