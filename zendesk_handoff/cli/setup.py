"""``zendesk-handoff setup``: a connector's integration, webhook and key at Zendesk."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated, Optional

import typer

from zendesk_handoff.adopt.setup_plan import SetupPlan, plan_setup
from zendesk_handoff.cli.credentials import CredentialsOption
from zendesk_handoff.cli.output import exit_with_error, printable
from zendesk_handoff.errors import CannotPatch, CannotSetUp, ConversationsError, HandoffError
from zendesk_handoff.settings.env_file import ENV_FILE
from zendesk_handoff.settings.one_connector import OneConnector, load_connector
from zendesk_handoff.zendesk import RetryPolicy
from zendesk_handoff.zendesk.administration import Administration
from zendesk_handoff.zendesk.provisioning import (
    Wanted,
    wanted_by,
)
from zendesk_handoff.zendesk.provisioning.cures import APP_KEY_NEEDED, KEY_SECRET_VARIABLE, cure_of

#: A person waits for the command, and can give it again.
_RETRY = RetryPolicy(max_elapsed=5.0)


def setup(
    connector: Annotated[str, typer.Argument(help="The connector's id in credentials.yml.")],
    credentials: CredentialsOption = None,
    switchboard: Annotated[
        bool, typer.Option("--switchboard", help="Give it a place in the switchboard, too.")
    ] = False,
    native: Annotated[
        bool,
        typer.Option(
            "--native",
            help="Make Zendesk the users' channel: the bot answers first in new conversations.",
        ),
    ] = False,
    integration: Annotated[
        Optional[str],  # noqa: UP045  typer reads the annotation on Python 3.10
        typer.Option(help="The id of the integration to use, if setup is not to find or make one."),
    ] = None,
    key_id: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="An app_ key for this command alone, if the connector has another one. Its "
            f"secret is asked for, or taken from {KEY_SECRET_VARIABLE}."
        ),
    ] = None,
    own_key: Annotated[
        bool,
        typer.Option(
            "--own-key",
            help="Let the bot run with the integration's own key, which cannot change the account.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
) -> None:
    """Make what a connector needs at Zendesk, and store its secrets in .env.

    What is there is found, and only what differs is changed.
    """
    try:
        source = load_connector(connector, credentials, key=_asked_key(key_id))
        if source.connector.scope == "integration":
            raise CannotSetUp(
                f"The connector's key {source.connector.key_id} is an integration's, which may not "
                f"set up an account. {APP_KEY_NEEDED}"
            )
        wanted = wanted_by(
            source.connector,
            source.public_url,
            in_switchboard=switchboard,
            is_native=native,
            integration_id=integration,
        )
        asyncio.run(_set_up(source, wanted, own_key=own_key, yes=yes, dry_run=dry_run))
    except HandoffError as error:
        exit_with_error(str(error))


def _asked_key(key_id: str | None) -> tuple[str, str] | None:
    if key_id is None:
        return None
    secret = os.environ.get(KEY_SECRET_VARIABLE)
    try:
        return key_id, secret or typer.prompt(f"Secret of the key {key_id}", hide_input=True)
    except typer.Abort:
        raise CannotSetUp(f"Without a terminal, the secret is in {KEY_SECRET_VARIABLE}.") from None


def _confirm() -> None:
    try:
        is_wanted = typer.confirm("Make these changes?")
    except typer.Abort:
        raise CannotSetUp("Nothing was changed. Without a terminal, give --yes.") from None
    if not is_wanted:
        typer.echo("Nothing was changed.")
        raise typer.Exit(1)


async def _set_up(
    source: OneConnector, wanted: Wanted, *, own_key: bool, yes: bool, dry_run: bool
) -> None:
    connector = source.connector
    async with Administration(connector, retry=_RETRY) as admin:
        try:
            work = await plan_setup(admin, source, wanted, with_own_key=own_key)
            _show(work)
            if not work.lines:
                typer.echo("Nothing to do.")
            elif dry_run:
                typer.echo("Nothing was changed.")
            else:
                work.check_files()
                if not yes:
                    _confirm()
                await _carry_out(work, admin)
        except ConversationsError as error:
            raise HandoffError(f"{error}\n{cure_of(error, connector)}") from None
    if work.secrets.problems:
        raise HandoffError("\n".join(work.secrets.problems))


def _show(work: SetupPlan) -> None:
    connector = work.source.connector
    typer.echo(printable(f"{connector.id}: app {connector.app_id}, {connector.base_url}"))
    for line in work.account.present:
        _print("found", line)
    for line in work.lines:
        _print("to do", line)
    for note in work.notes:
        typer.echo(printable(f"  note   {note}"))


async def _carry_out(work: SetupPlan, admin: Administration) -> None:
    try:
        async for line in work.carry_out(admin):
            _print("done", line)
    except CannotPatch as error:
        raise HandoffError(
            f"{error}\nZendesk has what is listed as done, and keeps its secrets. Mend this, and "
            "run the command again: it finds what is there, and does the rest."
        ) from None
    typer.echo("Done. A Rasa server that runs reads its secrets and settings when it is restarted.")
    if work.secrets.key and "key_id" not in work.settings:
        typer.echo(
            "The bot can run with the integration's own key, which cannot change the account: "
            "--own-key writes it into credentials.yml."
        )
    elif "key_id" in work.settings:
        typer.echo(
            f"The key {work.source.connector.key_id} is not in credentials.yml any more. Keep it "
            f"elsewhere, and take its secret out of {ENV_FILE}: setup asks for it with --key-id."
        )


def _print(mark: str, line: tuple[str, str]) -> None:
    subject, words = line
    typer.echo(printable(f"  {mark:7}{subject:16}{words}"))
