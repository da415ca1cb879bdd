"""The numbers of users who have written to the bot on a day, with or without a handover.

A row holds no id: only about how many there were (`zendesk_handoff.domain.distinct`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.distinct import Distinct
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import daily_users, sessions

#: A day in UTC as ``2026-01-31``, and the name of a Rasa channel.
Key = tuple[str, str]


@dataclass(frozen=True)
class ChannelUsers:
    """The users of a channel in a period.

    Args:
        channel: The Rasa channel.
        users: About how many have written to the bot.
        handed_over: How many of them have asked for a person, or were handed over.
    """

    channel: str
    users: int
    handed_over: int

    @property
    def contained(self) -> int:
        """The users whom the bot has served alone."""
        return self.users - self.handed_over


@dataclass(frozen=True)
class CountedUsers:
    """The users of a period, by channel.

    Args:
        first: The first day of the period, in UTC, of which there is a count.
        last: The last day of the period, in UTC.
        channels: The users of each channel, the most first.
    """

    first: date
    last: date
    channels: tuple[ChannelUsers, ...]

    @property
    def total(self) -> ChannelUsers:
        """The users of all channels; a person on two of them counts twice."""
        users = sum(each.users for each in self.channels)
        return ChannelUsers("all", users, sum(each.handed_over for each in self.channels))


class DailyUsers:
    """The table ``daily_users``."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def record(self, counts: Mapping[Key, Distinct]) -> None:
        """Join counts of this process with those of all others, so that nobody counts twice.

        Args:
            counts: By day and channel. To record one again changes nothing.
        """

        def work(connection: Connection) -> None:
            for (day, channel), found in sorted(counts.items()):  # one order, so no deadlock
                row = sa.and_(daily_users.c.day == day, daily_users.c.channel == channel)
                values = {"day": day, "channel": channel, "users": Distinct().pack()}
                connection.execute(self._database.insert_new(daily_users).values(values))
                stored = sa.select(daily_users.c.users).where(row).with_for_update()
                joined = Distinct(connection.execute(stored).scalar())
                joined.merge(found)
                connection.execute(sa.update(daily_users).where(row).values(users=joined.pack()))

        await self._database.write(work)


def read_daily_users(connection: Connection, *, since: float, until: float) -> CountedUsers | None:
    """Read the users of a period, in whole days of UTC.

    Args:
        connection: To the store.
        since: The beginning, in seconds since the epoch.
        until: The end, which is not part of it.

    Returns:
        The users; ``None`` if they were counted on no day of the period.
    """
    first, last = _day(since), _day(max(since, until - 1))
    query = sa.select(daily_users).where(
        daily_users.c.day >= first.isoformat(), daily_users.c.day <= last.isoformat()
    )
    counted: dict[str, Distinct] = {}
    days = []
    for row in connection.execute(query):
        counted.setdefault(row.channel, Distinct()).merge(Distinct(row.users))
        days.append(date.fromisoformat(row.day))
    if not days:
        return None
    first = min(days)
    asked = sa.select(sessions.c.channel, sessions.c.sender_id).where(
        sessions.c.created_at >= _begin(first),
        sessions.c.created_at < _begin(last + timedelta(days=1)),
    )
    handed_over: dict[str, set[str]] = {}
    for row in connection.execute(asked):
        handed_over.setdefault(row.channel, set()).add(row.sender_id)
        # One who was handed over without a message, by a trigger of the bot's own.
        counted.setdefault(row.channel, Distinct()).add(row.sender_id)
    channels = []
    for channel, found in counted.items():
        asking = len(handed_over.get(channel, ()))
        channels.append(ChannelUsers(channel, max(found.estimate(), asking), asking))
    channels.sort(key=lambda each: (-each.users, each.channel))
    return CountedUsers(first, last, tuple(channels))


def day_of(at: float) -> str:
    """Write the day of a time in UTC.

    Args:
        at: In seconds since the epoch.
    """
    return _day(at).isoformat()


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, timezone.utc).date()


def _begin(day: date) -> float:
    return datetime.combine(day, time(), timezone.utc).timestamp()
