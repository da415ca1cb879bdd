"""``zendesk-handoff export`` and ``forget``: requests by a person about their own data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Optional

import typer

from zendesk_handoff.cli.credentials import CredentialsOption, settings_or_exit
from zendesk_handoff.cli.output import exit_with_error
from zendesk_handoff.cli.sessions import with_store
from zendesk_handoff.handover.forget import delete_at_zendesk
from zendesk_handoff.store import Store

SenderArgument = Annotated[str, typer.Argument(help="Rasa's id of the user, the sender id.")]


def export(
    sender: SenderArgument,
    credentials: CredentialsOption = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045  typer reads the annotation on Python 3.10
        typer.Option(help="A new file, which only its owner can read; else standard output."),
    ] = None,
) -> None:
    """Print everything that the store holds of a user, as JSON; files are in base64."""
    found = with_store(credentials, lambda store: store.personal_data.export(sender))
    text = json.dumps({"sender": sender, "tables": found}, indent=2)
    if output is None:
        typer.echo(text)
        return
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            opened.write(text + "\n")
    except OSError as error:
        exit_with_error(f"{output} cannot be written: {error.strerror}.")


def forget(
    sender: SenderArgument,
    credentials: CredentialsOption = None,
    zendesk: Annotated[
        bool,
        typer.Option("--zendesk", help="Delete the user at Zendesk, too, with all conversations."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """Delete everything that the store holds of a user, undelivered messages included.

    A session must be over. What Rasa's tracker store holds is Rasa's, and is left alone.
    """
    where = (
        "from the store and from Zendesk, with all conversations" if zendesk else "from the store"
    )
    if not yes:
        typer.confirm(f"Delete everything of this user {where}? This cannot be undone", abort=True)
    settings = settings_or_exit(credentials)

    async def work(store: Store) -> None:
        await store.personal_data.check_may_forget(sender)
        # Zendesk first: the store knows who the user is there, should the command be repeated.
        if zendesk:
            deleted = await delete_at_zendesk(store, settings.connectors, sender)
            for connector_id, count in deleted.items():
                typer.echo(f"users at Zendesk ({connector_id}): {count}")
        for table, count in (await store.personal_data.forget(sender)).items():
            typer.echo(f"{table}: {count}")

    with_store(credentials, work)
