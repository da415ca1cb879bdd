"""The course of a set-up: what is there, what is to be done, a question, and the changes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, Protocol

import typer

from zendesk_handoff.adopt.setup_plan import Line
from zendesk_handoff.cli.output import printable
from zendesk_handoff.errors import CannotPatch, CannotSetUp, HandoffError
from zendesk_handoff.settings.one_connector import OneConnector
from zendesk_handoff.zendesk import RetryPolicy

#: A person waits for the command, and can give it again.
RETRY = RetryPolicy(max_elapsed=5.0)


class Mode(NamedTuple):
    """Whether a person is asked, and whether something is done."""

    yes: bool
    dry_run: bool


class Work(Protocol):
    """A plan: what is there, and what is to be done."""

    @property
    def source(self) -> OneConnector:
        """The connector, as it is written."""

    @property
    def present(self) -> tuple[Line, ...]:
        """What is as it should be."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is to be done."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What a person must do, since it must not be done for them."""

    def check_files(self) -> None:
        """Check that every file can be written."""


def asked_secret(question: str, variable: str) -> str:
    """Take a secret from the environment, or ask for it.

    Args:
        question: What to ask.
        variable: The variable that may have it.

    Raises:
        CannotSetUp: There is neither the variable nor a terminal.
    """
    try:
        return os.environ.get(variable) or str(typer.prompt(question, hide_input=True))
    except typer.Abort:
        raise CannotSetUp(f"Without a terminal, the secret is in {variable}.") from None


async def do(work: Work, carry_out: Callable[[], AsyncIterator[Line]], mode: Mode) -> bool:
    """Show a plan, and carry it out if that is wanted.

    Args:
        work: The plan.
        carry_out: Makes the changes, and yields what is done.
        mode: Whether to ask, and whether to do something.

    Returns:
        Whether something was done.

    Raises:
        HandoffError: A file cannot be written, or a call has failed.
    """
    _show(work)
    if not work.lines:
        typer.echo("Nothing to do.")
        return False
    if mode.dry_run:
        typer.echo("Nothing was changed.")
        return False
    work.check_files()
    if not mode.yes:
        _confirm()
    try:
        async for line in carry_out():
            _print("done", line)
    except CannotPatch as error:
        raise HandoffError(
            f"{error}\nZendesk has what is listed as done, and keeps its secrets. Mend this, and "
            "run the command again: it finds what is there, and does the rest."
        ) from None
    typer.echo("Done. A Rasa server that runs reads its secrets and settings when it is restarted.")
    return True


def raise_problems(work: Work) -> None:
    """Raise what is left to a person.

    Raises:
        HandoffError: Something is.
    """
    if work.problems:
        raise HandoffError("\n".join(work.problems))


def _confirm() -> None:
    try:
        is_wanted = typer.confirm("Make these changes?")
    except typer.Abort:
        raise CannotSetUp("Nothing was changed. Without a terminal, give --yes.") from None
    if not is_wanted:
        typer.echo("Nothing was changed.")
        raise typer.Exit(1)


def _show(work: Work) -> None:
    connector = work.source.connector
    typer.echo(printable(f"{connector.id}: app {connector.app_id}, {connector.base_url}"))
    for line in work.present:
        _print("found", line)
    for line in work.lines:
        _print("to do", line)
    for note in work.notes:
        typer.echo(printable(f"  note   {note}"))


def _print(mark: str, line: Line) -> None:
    subject, words = line
    typer.echo(printable(f"  {mark:7}{subject:16}{words}"))
