"""``zendesk-handoff init``: set a Rasa bot up for the plugin, or take the plugin out of it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Optional
from urllib.parse import urlsplit

import typer

from zendesk_handoff.adopt.account import (
    CONNECTOR,
    KEY_SECRET,
    LOCAL_RASA,
    SIMULATOR,
    WEBHOOK_SECRET,
    Account,
)
from zendesk_handoff.adopt.files import write_all
from zendesk_handoff.adopt.plan import Plan, needs_account, plan_init, plan_undo, variables_of
from zendesk_handoff.bounds import require
from zendesk_handoff.checks.calm_files import is_calm
from zendesk_handoff.cli.diffs import name_in, print_diff
from zendesk_handoff.cli.output import exit_with_error
from zendesk_handoff.cli.questions import answers_to, checked_base_url, has_terminal
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.settings.values import is_loopback

_ACCOUNT = "Your Zendesk (asked for if missing)"
#: typer reads the annotations on Python 3.10, hence Optional.
Text = Optional[str]  # noqa: UP045
File = Optional[Path]  # noqa: UP045


def init(
    folder: Annotated[Path, typer.Option(help="The bot's folder.")] = Path(),
    simulator: Annotated[
        bool, typer.Option("--simulator", help="For the simulator, with the chat page.")
    ] = False,
    webchat: Annotated[bool, typer.Option("--webchat", help="Add the chat page.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    files: Annotated[
        bool,
        typer.Option("--files", help="Intents, rules and words as files of the bot's to edit."),
    ] = False,
    replace_own: Annotated[
        bool,
        typer.Option(
            "--replace", help="Leave the bot's own answers to the request for a person out."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the changes and write nothing.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take out what an earlier `init` has put in.")
    ] = False,
    subdomain: Annotated[
        Text, typer.Option(help="your-company of .zendesk.com.", rich_help_panel=_ACCOUNT)
    ] = None,
    app_id: Annotated[
        Text, typer.Option(help="The account's app id.", rich_help_panel=_ACCOUNT)
    ] = None,
    key_id: Annotated[
        Text, typer.Option(help="The API key's id: app_… or int_….", rich_help_panel=_ACCOUNT)
    ] = None,
    key_secret_file: Annotated[
        File,
        typer.Option(
            help=f"A file with the key's secret; or {KEY_SECRET} has it.", rich_help_panel=_ACCOUNT
        ),
    ] = None,
    webhook_secret_file: Annotated[
        File,
        typer.Option(
            help=f"A file with the webhook's secret; or {WEBHOOK_SECRET} has it. May be left out: "
            "`zendesk-handoff setup` makes one.",
            rich_help_panel=_ACCOUNT,
        ),
    ] = None,
    public_url: Annotated[
        Text, typer.Option(help="Where Zendesk reaches this bot.", rich_help_panel=_ACCOUNT)
    ] = None,
    base_url: Annotated[
        Text, typer.Option(help="The API's root, if unusual.", rich_help_panel=_ACCOUNT)
    ] = None,
    connector: Annotated[
        str, typer.Option(help="The connector's id.", rich_help_panel=_ACCOUNT)
    ] = CONNECTOR,
) -> None:
    """Set a Rasa bot up: show what would change in its files, ask, and write it.

    Adds lines to config.yml, credentials.yml, endpoints.yml and actions/__init__.py, and the
    secrets to .env; a CALM bot of Rasa Pro also gets flows and words. It can be run again, and be
    undone.
    """
    given = {
        "subdomain": subdomain,
        "app_id": app_id,
        "key_id": key_id,
        KEY_SECRET: _secret_in(key_secret_file),
        WEBHOOK_SECRET: _secret_in(webhook_secret_file),
        "public_url": public_url,
    }
    root = checked_base_url(base_url)
    account = None
    try:
        if undo:
            plan = plan_undo(folder)
        else:
            if needs_account(folder):
                if simulator:
                    account = _simulators(given, connector)
                else:
                    is_local = root is not None and is_loopback(root)
                    may_ask = has_terminal() and not yes
                    account = _own(folder, given, may_ask=may_ask, is_local=is_local)
                    account = replace(account, connector=connector)
                account = replace(account, base_url=root or account.base_url)
                account.check()
            elif simulator or any(given.values()):
                typer.echo("credentials.yml has a block for Zendesk already; it is left as it is.")
            plan = plan_init(
                folder,
                account,
                webchat=webchat or simulator,
                files=_importers_files(folder) if files and not is_calm(folder) else None,
                replace_own=replace_own,
            )
        done = _carry_out(plan, folder, yes=yes, dry_run=dry_run)
    except HandoffError as error:
        exit_with_error(str(error))
    _say_left(plan)
    if done and not undo:
        _say_next(account, webchat=webchat or simulator)


def _importers_files(folder: Path) -> dict[str, str]:
    """Ask the importer, which needs Rasa, for its additions."""
    require("rasa", extra="rasa", by="zendesk-handoff init --files")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings(record=True):  # of Rasa's libraries, and of a bot before training
        from rasa.shared.exceptions import RasaException

        from zendesk_handoff.importer.files import bot_files

        try:
            return bot_files(folder)
        except RasaException as error:
            exit_with_error(str(error))


def _simulators(given: Mapping[str, str | None], connector: str) -> Account:
    """Take the simulator's account; only the bot's address may be another."""
    others = [value for name, value in given.items() if value and name != "public_url"]
    if others or connector != SIMULATOR.connector:
        exit_with_error("--simulator has an account of its own: leave the other account out.")
    return replace(SIMULATOR, public_url=given["public_url"] or SIMULATOR.public_url)


def _own(
    folder: Path, given: Mapping[str, str | None], *, may_ask: bool, is_local: bool
) -> Account:
    """Ask for an account; secrets that ``.env`` has are used."""
    present = variables_of(folder)
    kept = {name: present[name] for name in (KEY_SECRET, WEBHOOK_SECRET) if present.get(name)}
    for name in kept:
        typer.echo(f"{name} is in .env already.")
    known = kept | {name: value for name, value in given.items() if value}
    answers = answers_to(known, may_ask=may_ask, is_local=is_local)
    secrets = {name: answers.pop(name) for name in (KEY_SECRET, WEBHOOK_SECRET) if name in answers}
    return Account(**answers, secrets=secrets)


def _secret_in(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8-sig").strip() or " "
    except (OSError, UnicodeDecodeError):
        exit_with_error(f"{file} cannot be read; name a text file with the secret alone.")


def _carry_out(plan: Plan, folder: Path, *, yes: bool, dry_run: bool) -> bool:
    """Show the changes, ask, and write them; return whether they were written."""
    if not plan.changes:
        if not plan.left:
            typer.echo("Nothing to do.")
        if plan.record.old != plan.record.new and not dry_run:
            write_all([plan.record])
        return False
    for change in plan.changes:
        print_diff(change, folder)
    if dry_run:
        typer.echo("Nothing was written.")
        return False
    if not yes:
        if not has_terminal():
            exit_with_error("There is no terminal to ask on: add --yes, or --dry-run to look.")
        typer.confirm("Write these changes?", abort=True)
    # The record first: should the machine stop half-way, it knows everything that may be there.
    write_all([plan.record, *plan.changes])
    names = ", ".join(name_in(folder, change.path) for change in plan.changes)
    typer.echo(f"Written: {names}")
    return True


def _say_left(plan: Plan) -> None:
    """Name the lines that were not taken out, and end the command with 1."""
    if plan.left:
        lines = [f"{name}: the lines from `{line}` on" for name, line in plan.left]
        cause = "Not taken out, because they have been changed since; do it by hand:"
        exit_with_error("\n".join([cause, *lines]))


def _say_next(account: Account | None, *, webchat: bool) -> None:
    """Name the commands that come next, and what the environment changes about it."""
    first: list[str] = []
    if account and account.app_id == SIMULATOR.app_id:
        parts = urlsplit(account.base_url or "")
        agents = f"pip install zendesk-simulator; the agents' page: http://{parts.netloc}/"
        first = [f"zendesk-simulator --port {parts.port or 80}   # {agents}"]
    elif account and WEBHOOK_SECRET not in account.secrets:
        first = [f"zendesk-handoff setup {account.connector}   # makes the webhook"]
    for name, value in account.secrets.items() if account else ():
        if os.environ.get(name, value) != value:
            typer.echo(f"The environment sets {name} to another value, and wins over .env.")
    typer.echo("`zendesk-handoff init --undo` takes it out again. Next:")
    root = account.public_url if account else LOCAL_RASA
    page = f"   # chat page: {root}/webhooks/webchat/" if webchat else ""
    for step in (
        *first,
        "rasa train",
        "zendesk-handoff check",
        "rasa run actions",
        f"rasa run{page}",
    ):
        typer.echo(f"  {step}")
