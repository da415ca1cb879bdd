"""``zendesk-handoff sessions``, ``retry``, ``end`` and ``purge``: what an operator needs.

What users and agents wrote is never shown.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from zendesk_handoff.cli.connectors import CredentialsOption, print_table, settings_or_exit
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.store import Store, open_store
from zendesk_handoff.store.reports import SessionStatus

T = TypeVar("T")

SessionArgument = Annotated[
    str, typer.Argument(help="The session's id, or enough of its beginning to be only one's.")
]
_DAY = 24 * 3600.0
#: Characters of an id that are shown: as many as make a mistake unlikely, few enough to type.
_SHOWN = 12


def sessions(
    credentials: CredentialsOption = None,
    every: Annotated[bool, typer.Option("--all", help="All that the store has.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="How many of those that are over.")] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with whole ids.")
    ] = False,
) -> None:
    """List the open sessions and the last ones that are over, with what waits in them."""

    async def work(store: Store) -> list[SessionStatus]:
        return await store.reports.statuses(limit=limit, every=every)

    found = _with_store(credentials, work)
    if as_json:
        for status in found:
            typer.echo(json.dumps(_record(status)))
    elif found:
        _print_statuses(found)
    else:
        typer.echo("There are no sessions.")


def retry(session: SessionArgument, credentials: CredentialsOption = None) -> None:
    """Send again, in order, what Zendesk refused for good, and wake the session."""

    async def work(store: Store) -> None:
        found = await store.reports.find(session.lower())
        if found.state is State.FAILED or not (found.conversation_id or found.state.is_open):
            raise HandoffError(
                f"The session {found.id[:_SHOWN]} never reached the agents: there is no "
                "conversation that its messages could go to."
            )
        count = await store.maintenance.retry(found.id)
        messages = "1 message" if count == 1 else f"{count} messages"
        typer.echo(f"Session {found.id[:_SHOWN]}: {messages} to be sent again; it was woken.")

    _with_store(credentials, work)


def end(session: SessionArgument, credentials: CredentialsOption = None) -> None:
    """End a session: the agent and the user are told, and the bot takes over."""

    async def work(store: Store) -> None:
        found = await store.reports.find(session.lower())
        if not found.state.is_open:
            because = f" ({found.end_reason})" if found.end_reason else ""
            raise HandoffError(
                f"The session {found.id[:_SHOWN]} is over: {found.state.value}{because}."
            )
        await store.sessions.end_by_us(found.id, EndReason.OPERATOR)
        typer.echo(
            f"Session {found.id[:_SHOWN]} has ended. A running Rasa server tells the agent and "
            "the user within seconds."
        )

    _with_store(credentials, work)


def purge(
    older_than: Annotated[
        float, typer.Option(min=0.0, help="Days since a session ended, or a message was held.")
    ],
    credentials: CredentialsOption = None,
) -> None:
    """Forget what is over and old: personal data is not kept for ever."""

    async def work(store: Store) -> None:
        purged = await store.maintenance.purge(older_than=time.time() - older_than * _DAY)
        for name, count in asdict(purged).items():
            typer.echo(f"{name}: {count}")

    _with_store(credentials, work)


def _with_store(credentials: Path | None, work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store for a piece of work; what goes wrong is said, and the exit code is 1."""
    settings = settings_or_exit(credentials)

    async def run() -> T:
        async with await open_store(settings.store_url) as store:
            return await work(store)

    try:
        return asyncio.run(run())
    except HandoffError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _record(status: SessionStatus) -> dict[str, Any]:
    session = status.session
    return {
        "id": session.id,
        "connector": session.connector_id,
        "workspace": session.workspace,
        "channel": session.channel,
        "state": session.state.value,
        "end_reason": session.end_reason,
        "conversation_id": session.conversation_id,
        "created_at": session.created_at,
        "connected_at": session.connected_at,
        "ended_at": session.ended_at,
        "end_notified": session.end_notified,
        "last_activity": status.last_activity,
        "waiting_to_agent": status.to_agent,
        "waiting_to_user": status.to_user,
        "refused": status.refused,
        "dead_letters": status.dead_letters,
        "error": status.error,
    }


def _print_statuses(found: list[SessionStatus]) -> None:
    now = time.time()
    heading = ("session", "connector", "workspace", "state", "age", "last activity")
    rows = [(*heading, "to agent", "to user", "refused", "last fault")]
    for status in found:
        session = status.session
        ended = f" ({session.end_reason})" if session.end_reason else ""
        rows.append(
            (
                session.id[:_SHOWN],
                session.connector_id,
                session.workspace,
                session.state.value + ended,
                _duration(now - session.created_at),
                f"{_duration(now - status.last_activity)} ago",
                str(status.to_agent),
                str(status.to_user),
                str(status.refused),
                status.error or "",
            )
        )
    print_table(rows)


def _duration(seconds: float) -> str:
    """Say a time in its two largest units: ``3 d 4 h``."""
    left = max(0, int(seconds))
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])
