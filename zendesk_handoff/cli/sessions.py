"""``zendesk-handoff sessions``, ``retry``, ``end`` and ``purge``: commands for operators.

They never show what users and agents wrote.
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

from zendesk_handoff.cli.credentials import CredentialsOption, settings_or_exit
from zendesk_handoff.cli.output import Column, duration, exit_with_error, print_table
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store, open_existing_store
from zendesk_handoff.store.reports import SessionStatus

T = TypeVar("T")

SessionArgument = Annotated[
    str, typer.Argument(help="The session's id, or a beginning of it that no other session has.")
]
_DAY = 24 * 3600.0
#: Characters of an id that are shown: enough to tell sessions apart, few enough to type.
_SHOWN = 12
_COLUMNS = (
    Column("session"),
    Column("connector"),
    Column("workspace", wraps=True),
    Column("state"),
    Column("age"),
    Column("last activity"),
    Column("to agent"),
    Column("to user"),
    Column("refused"),
    Column("last error", wraps=True),
)


def sessions(
    credentials: CredentialsOption = None,
    every: Annotated[bool, typer.Option("--all", help="All sessions of the store.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="How many of the ended ones.")] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with whole ids.")
    ] = False,
) -> None:
    """List the open sessions and the last ended ones, with counts of undelivered messages."""

    async def work(store: Store) -> list[SessionStatus]:
        return await store.reports.statuses(limit=limit, every=every)

    found = with_store(credentials, work)
    if as_json:
        for status in found:
            typer.echo(json.dumps(_record(status)))
    elif found:
        _print_statuses(found, settings_or_exit(credentials))
    else:
        typer.echo("There are no sessions.")


def retry(session: SessionArgument, credentials: CredentialsOption = None) -> None:
    """Send the messages that Zendesk refused for good again, in order."""

    async def work(store: Store) -> None:
        found = await store.reports.find(session.lower())
        if found.state is State.FAILED or not (found.conversation_id or found.state.is_open):
            raise HandoffError(
                f"The session {found.id[:_SHOWN]} never reached the agents: there is no "
                "conversation for its messages."
            )
        count = await store.maintenance.retry(found.id)
        messages = "1 message" if count == 1 else f"{count} messages"
        typer.echo(f"Session {found.id[:_SHOWN]}: {messages} to be sent again.")

    with_store(credentials, work)


def end(session: SessionArgument, credentials: CredentialsOption = None) -> None:
    """End a session: the agent and the user are notified, and the bot takes over."""

    async def work(store: Store) -> None:
        found = await store.reports.find(session.lower())
        if not found.state.is_open:
            because = f" ({found.end_reason})" if found.end_reason else ""
            raise HandoffError(
                f"The session {found.id[:_SHOWN]} is over: {found.state.value}{because}."
            )
        await store.sessions.end_by_us(found.id, EndReason.OPERATOR)
        typer.echo(
            f"Session {found.id[:_SHOWN]} has ended. A running Rasa server notifies the agent and "
            "the user within seconds."
        )

    with_store(credentials, work)


def purge(
    older_than: Annotated[
        float, typer.Option(min=0.0, help="Days since a session ended, or a message was stored.")
    ],
    credentials: CredentialsOption = None,
) -> None:
    """Delete ended sessions and messages that are older, with their personal data."""

    async def work(store: Store) -> None:
        purged = await store.maintenance.purge(older_than=time.time() - older_than * _DAY)
        for name, count in asdict(purged).items():
            typer.echo(f"{name}: {count}")

    with_store(credentials, work)


def with_store(credentials: Path | None, work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store for a piece of work; an error is printed, and the exit code is 1.

    Args:
        credentials: The option's value.
        work: Uses the store.
    """
    settings = settings_or_exit(credentials)

    async def run() -> T:
        source = settings.credentials_file
        async with await open_existing_store(settings.store_url, source=source) as store:
            return await work(store)

    try:
        return asyncio.run(run())
    except HandoffError as error:
        exit_with_error(str(error))


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
        "no_event_since": status.unheard_since,
    }


def _last_problem(status: SessionStatus, settings: Settings, now: float) -> str:
    """Return the last error, else that no event has come, as the log says it."""
    silence, since = settings.webhook_silence, status.unheard_since
    if status.error or silence is None or since is None or since > now - silence:
        return status.error or ""
    connector = settings.connectors.get(status.session.connector_id)
    address = connector.webhook_url(settings.public_url) if connector else "its address"
    return f"no event for {duration(now - since)}: is the webhook reachable at {address}?"


def _print_statuses(found: list[SessionStatus], settings: Settings) -> None:
    now = time.time()
    rows = []
    for status in found:
        session = status.session
        ended = f" ({session.end_reason})" if session.end_reason else ""
        rows.append(
            (
                session.id[:_SHOWN],
                session.connector_id,
                session.workspace,
                session.state.value + ended,
                duration(now - session.created_at),
                f"{duration(now - status.last_activity)} ago",
                str(status.to_agent),
                str(status.to_user),
                str(status.refused),
                _last_problem(status, settings, now),
            )
        )
    print_table(_COLUMNS, rows)
