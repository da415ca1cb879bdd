"""The handovers of a period, as the report counts them: no text of any message is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OPEN_NAMES, EndReason, State
from zendesk_handoff.store.engine.schema import inbox, outbox, sessions

#: Users to whom the bot must have given a reason in the same words, for it to be counted by them:
#: then the words are the bot's own, and tell nothing of one user.
SHARED_BY = 3


@dataclass(frozen=True)
class Handover:
    """A session, reduced to what is counted; all times are seconds since the epoch.

    Args:
        connector_id: The connector.
        workspace: The tenant.
        channel: The Rasa channel on which the user was last.
        reason: Why a person was asked for; it may hold a user's words, and is not shown.
        state: The state.
        end_reason: Why it ended, by the value of `EndReason`; ``None`` unless it has ended.
        created_at: When it was requested.
        connected_at: When control was passed to the agents; ``None`` if it never was.
        answered_at: When the first message that a person wrote was stored; ``None`` without one.
        ended_at: When it ended or failed.
        rating_asked_at: When the user was asked for a rating; ``None`` if they were not.
        rating: The rating, from 1 to 5; ``None`` without one.
    """

    connector_id: str
    workspace: str
    channel: str
    reason: str = field(repr=False)
    state: State
    end_reason: str | None
    created_at: float
    connected_at: float | None
    answered_at: float | None
    ended_at: float | None
    rating_asked_at: float | None = None
    rating: int | None = None


@dataclass(frozen=True)
class Undelivered:
    """Numbers of messages in the sessions of a period that have not arrived.

    Args:
        refused_by_zendesk: Messages of users that Zendesk has refused for good.
        refused_by_channel: Messages of agents that the user's channel has refused for good, which
            wait for the user's next message.
        unreadable: Events of Zendesk that could not be read.
    """

    refused_by_zendesk: int = 0
    refused_by_channel: int = 0
    unreadable: int = 0


@dataclass(frozen=True)
class MessagesLeft:
    """Numbers of messages that users have written while nobody was there.

    Args:
        sent: Those that the agents have.
        not_sent: Those that could not be sent, as their users were told.
    """

    sent: int = 0
    not_sent: int = 0


@dataclass(frozen=True)
class Period:
    """The sessions that are counted.

    Args:
        since: From when on they were requested, in seconds since the epoch.
        until: Before when.
        connector_id: The connector; ``None`` for all.
    """

    since: float
    until: float
    connector_id: str | None = None


def read_handovers(connection: Connection, period: Period) -> list[Handover]:
    """Read the handovers that were requested in a period, the oldest first.

    A message that was left while nobody was there is none: nobody waits for an agent.

    Args:
        connection: To the store.
        period: The period, and the connector.
    """
    # Automations, triggers and macros have no agent's id: nobody has answered yet.
    by_a_person = inbox.c.body["agent_id"].as_string().is_not(None)
    answered = (
        sa.select(inbox.c.session_id, sa.func.min(inbox.c.created_at).label("at"))
        .join(sessions, sessions.c.id == inbox.c.session_id)
        .where(inbox.c.kind == "message", by_a_person, *_handovers(period))
        .group_by(inbox.c.session_id)
        .subquery()
    )
    columns = [
        *(sessions.c.connector_id, sessions.c.workspace, sessions.c.channel, sessions.c.reason),
        *(sessions.c.state, sessions.c.end_reason, sessions.c.created_at),
        *(sessions.c.connected_at, answered.c.at.label("answered_at"), sessions.c.ended_at),
        *(sessions.c.rating_asked_at, sessions.c.rating),
    ]
    query = (
        sa.select(*columns)
        .select_from(sessions.outerjoin(answered, answered.c.session_id == sessions.c.id))
        .where(*_handovers(period))
        .order_by(sessions.c.created_at)
    )
    return [
        Handover(**{**row._mapping, "state": State(row.state)}) for row in connection.execute(query)
    ]


def count_messages_left(connection: Connection, period: Period) -> MessagesLeft:
    """Count the messages that users have written in a period while nobody was there.

    Args:
        connection: To the store.
        period: The period, and the connector.
    """
    messages = sa.and_(sessions.c.message.is_not(None), *_within(period))
    query = sa.select(sessions.c.state, sessions.c.end_reason).where(messages)
    over = (row for row in connection.execute(query) if row.state not in OPEN_NAMES)
    found = Counter(row.end_reason for row in over)
    sent = found.pop(EndReason.MESSAGE_LEFT.value, 0)
    return MessagesLeft(sent, not_sent=sum(found.values()))


def read_undelivered(connection: Connection, period: Period) -> Undelivered:
    """Count what has not arrived in the sessions of a period.

    Args:
        connection: To the store.
        period: The period, and the connector.
    """

    def count(table: sa.Table, state: str) -> int:
        joined = table.join(sessions, sessions.c.id == table.c.session_id)
        query = sa.select(sa.func.count()).select_from(joined)
        return int(
            connection.execute(query.where(table.c.state == state, *_within(period))).scalar()
        )

    return Undelivered(count(outbox, "failed"), count(inbox, "failed"), count(inbox, "dead"))


def read_shared_reasons(connection: Connection) -> frozenset[str]:
    """Read the reasons that several users were handed over for, in the same words.

    Args:
        connection: To the store.
    """
    users = sa.func.count(sa.distinct(sessions.c.sender_id))
    query = sa.select(sessions.c.reason).group_by(sessions.c.reason).having(users >= SHARED_BY)
    return frozenset(row.reason for row in connection.execute(query))


def read_connectors(connection: Connection) -> frozenset[str]:
    """Read the ids of the connectors that have had sessions.

    Args:
        connection: To the store.
    """
    return frozenset(
        row[0] for row in connection.execute(sa.select(sessions.c.connector_id).distinct())
    )


def _handovers(period: Period) -> list[Any]:
    return [*_within(period), sessions.c.message.is_(None)]


def _within(period: Period) -> list[Any]:
    conditions = [sessions.c.created_at >= period.since, sessions.c.created_at < period.until]
    if period.connector_id is not None:
        conditions.append(sessions.c.connector_id == period.connector_id)
    return conditions
