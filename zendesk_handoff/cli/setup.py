"""``zendesk-handoff setup``: a connector's integration, webhook and key at Zendesk."""

from __future__ import annotations

import asyncio
from typing import Annotated, Optional

import typer

from zendesk_handoff.adopt.setup_plan import SetupPlan, plan_setup
from zendesk_handoff.cli.credentials import CredentialsOption
from zendesk_handoff.cli.output import exit_with_error
from zendesk_handoff.cli.setup_ticket_events import set_up_ticket_events
from zendesk_handoff.cli.setup_work import RETRY, Mode, asked_secret, do, raise_problems
from zendesk_handoff.errors import CannotSetUp, ConversationsError, HandoffError
from zendesk_handoff.settings.env_file import ENV_FILE
from zendesk_handoff.settings.one_connector import OneConnector, load_connector
from zendesk_handoff.zendesk.administration import Administration
from zendesk_handoff.zendesk.provisioning import (
    Wanted,
    wanted_by,
)
from zendesk_handoff.zendesk.provisioning.cures import APP_KEY_NEEDED, KEY_SECRET_VARIABLE, cure_of
from zendesk_handoff.zendesk.provisioning.trigger_cures import SUPPORT_TOKEN_VARIABLE


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
    ticket_events: Annotated[
        bool,
        typer.Option(
            "--ticket-events",
            help="Make webhook and trigger of Zendesk Support, by which a session ends when its "
            "ticket is solved, and nothing else. This needs an admin's Support API token.",
        ),
    ] = False,
    support_email: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="With --ticket-events: an admin for this command alone, whose Support API token "
            f"is asked for, or taken from {SUPPORT_TOKEN_VARIABLE}."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
) -> None:
    """Make what a connector needs at Zendesk, and store its secrets in .env.

    What is there is found, and only what differs is changed.
    """
    others = {
        "--switchboard": switchboard,
        "--native": native,
        "--integration": integration,
        "--key-id": key_id,
        "--own-key": own_key,
    }
    try:
        if ticket_events:
            set_up_ticket_events(
                connector,
                credentials,
                support_email=support_email,
                others=[name for name, value in others.items() if value],
                mode=Mode(yes=yes, dry_run=dry_run),
            )
            return
        if support_email is not None:
            raise CannotSetUp("--support-email belongs to --ticket-events.")
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
        asyncio.run(_set_up(source, wanted, own_key=own_key, mode=Mode(yes=yes, dry_run=dry_run)))
    except HandoffError as error:
        exit_with_error(str(error))


def _asked_key(key_id: str | None) -> tuple[str, str] | None:
    if key_id is None:
        return None
    return key_id, asked_secret(f"Secret of the key {key_id}", KEY_SECRET_VARIABLE)


async def _set_up(source: OneConnector, wanted: Wanted, *, own_key: bool, mode: Mode) -> None:
    connector = source.connector
    async with Administration(connector, retry=RETRY) as admin:
        try:
            work = await plan_setup(admin, source, wanted, with_own_key=own_key)
            if await do(work, lambda: work.carry_out(admin), mode):
                _say_more(work)
        except ConversationsError as error:
            raise HandoffError(f"{error}\n{cure_of(error, connector)}") from None
    raise_problems(work)


def _say_more(work: SetupPlan) -> None:
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
