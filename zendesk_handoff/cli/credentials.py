"""The option that names ``credentials.yml``, and the settings in that file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from zendesk_handoff.cli.output import exit_with_error
from zendesk_handoff.errors import SettingsError
from zendesk_handoff.settings import Settings, load_settings

#: typer reads the annotation on Python 3.10, hence Optional.
CredentialsOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="The credentials.yml; else ZENDESK_HANDOFF_CREDENTIALS names it."),
]


def settings_or_exit(credentials: Path | None) -> Settings:
    """Read the settings, or print their problems and end the command with 1."""
    try:
        return load_settings(credentials)
    except SettingsError as error:
        exit_with_error(str(error))
