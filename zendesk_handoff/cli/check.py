"""``zendesk-handoff check``: what is missing for a handover, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Optional, TypeVar

import structlog
import typer
from rich.console import Console
from rich.text import Text

from zendesk_handoff.checks import Finding, Outcome
from zendesk_handoff.checks.offline import Place, check_offline
from zendesk_handoff.checks.round_trip import check_round_trip
from zendesk_handoff.checks.servers import check_servers
from zendesk_handoff.checks.zendesk import check_zendesk
from zendesk_handoff.cli.collisions import check_collisions
from zendesk_handoff.cli.credentials import CredentialsOption
from zendesk_handoff.cli.output import printable
from zendesk_handoff.settings.credentials_file import CREDENTIALS_VARIABLE

T = TypeVar("T")

_MARKS = {
    Outcome.FINE: ("✓", "ok", "green"),
    Outcome.ERROR: ("✗", "ERROR", "bold red"),
    Outcome.WARNING: ("!", "!", "yellow"),
    Outcome.SKIPPED: ("–", "-", "dim"),
}


def check(
    credentials: CredentialsOption = None,
    endpoints: Annotated[
        Optional[Path],  # noqa: UP045  typer reads the annotation on Python 3.10
        typer.Option(help="The endpoints.yml; else the one beside the credentials."),
    ] = None,
    model: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="A model or a folder of models; else models beside the credentials."),
    ] = None,
    rasa_url: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="The address of the Rasa server; else public_url, or port 5005 here."),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask Zendesk, too; nothing is changed there.")
    ] = False,
    round_trip: Annotated[
        bool,
        typer.Option(
            "--round-trip",
            help="Also send a test message through Zendesk and back; it is deleted after.",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line instead of words.")
    ] = False,
) -> None:
    """Tell what keeps users from reaching an agent, and what to do; the exit code is 1 then."""
    named = credentials or os.environ.get(CREDENTIALS_VARIABLE) or "credentials.yml"
    place = Place(Path(named), endpoints, model)
    # What the modules below would log is in the findings.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    work = _check(place, rasa_url=rasa_url, online=online or round_trip, round_trip=round_trip)
    report(asyncio.run(_until_interrupted(work)), as_json=as_json)


async def _until_interrupted(work: Coroutine[Any, Any, T]) -> T:
    """Do work; Ctrl-C cancels it once, so that it can delete what it has made.

    Python would cancel every task, those of the store and the connections included, which the
    deleting needs.

    Raises:
        typer.Abort: The work was interrupted.
    """
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
    cancellations: list[bool] = []

    def cancel_once() -> None:
        if not cancellations:
            cancellations.append(task.cancel())

    with suppress(NotImplementedError):  # on Windows
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, cancel_once)
    try:
        return await task
    except asyncio.CancelledError:
        raise typer.Abort from None


async def _check(
    place: Place, *, rasa_url: str | None, online: bool, round_trip: bool
) -> list[Finding]:
    collisions = asyncio.ensure_future(check_collisions(place.folder))
    try:
        known = await check_offline(place)
        later = (await check_servers(known, rasa_url=rasa_url)).findings
        if online and known.settings is not None:
            later += await check_zendesk(known.settings)
        if round_trip and known.settings is not None:
            later += await check_round_trip(known.settings, known.store)
        return [*known.findings, *await collisions, *later]
    finally:
        collisions.cancel()


def report(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print the findings, and end the command: with 1 if there is a error, else with 0."""
    if as_json:
        for each in findings:
            typer.echo(json.dumps(record(each), ensure_ascii=False))
    else:
        _print_lines(findings)
    raise typer.Exit(1 if any(each.outcome is Outcome.ERROR for each in findings) else 0)


def record(finding: Finding) -> dict[str, str]:
    """Describe a finding as JSON has it."""
    return {
        "check": finding.check,
        "outcome": finding.outcome.value,
        "cause": finding.cause,
        "cure": finding.cure,
    }


def line(finding: Finding, *, mark: str = "") -> str:
    """Write a finding in one line: the mark, the check, the cause, and the cure if there is one."""
    mark = mark or _MARKS[finding.outcome][0]
    words = " → ".join(filter(None, (finding.cause, finding.cure)))
    return printable(f"{mark} {finding.check}: {words}")


def _print_lines(findings: Iterable[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    in_words = not _can_print("✓✗–→", console.encoding)
    counts = dict.fromkeys(Outcome, 0)
    for each in findings:
        counts[each.outcome] += 1
        sign, word, style = _MARKS[each.outcome]
        shown = line(each, mark=word if in_words else sign)
        text = Text(shown.replace("→", "->") if in_words else shown)
        text.stylize(style, 0, len(word if in_words else sign))
        console.print(text)
    errors, warnings = counts[Outcome.ERROR], counts[Outcome.WARNING]
    console.print(Text(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}."))


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number or 'no'} {noun}s"


def _can_print(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
