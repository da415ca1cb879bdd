"""The figures of a report, computed from the handovers of a period."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from zendesk_handoff.cli.report.reasons import name_reason
from zendesk_handoff.domain.session import State
from zendesk_handoff.store.daily_users import CountedUsers
from zendesk_handoff.store.handovers import Handover, MessagesLeft, Undelivered

_SHARE = 0.9
#: What a user may give, the best last.
RATINGS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Spread:
    """Durations of several handovers, in seconds.

    Attributes:
        count: Their number.
        median: The median; ``None`` without any.
        p90: The shortest of them that nine in ten do not exceed.
    """

    count: int
    median: float | None
    p90: float | None

    @classmethod
    def of(cls, seconds: Iterable[float | None]) -> Spread:
        """Describe durations; those that are not known are left out."""
        known = sorted(each for each in seconds if each is not None)
        if not known:
            return cls(0, None, None)
        return cls(len(known), statistics.median(known), known[math.ceil(_SHARE * len(known)) - 1])


@dataclass(frozen=True)
class Group:
    """Handovers that have something in common.

    Attributes:
        name: What they have in common; it may be foreign.
        handovers: Their number, failed and open ones included.
        failed: The number of those that did not reach the agents.
        answered: The number of those in which a person wrote.
        wait: Seconds from the request until the first message that a person wrote.
        length: Seconds from the agents' control until the end.
    """

    name: str
    handovers: int
    failed: int
    answered: int
    wait: Spread
    length: Spread

    @classmethod
    def of(cls, name: str, members: Sequence[Handover]) -> Group:
        """Describe handovers."""
        return cls(
            name,
            handovers=len(members),
            failed=sum(each.state is State.FAILED for each in members),
            answered=sum(each.answered_at is not None for each in members),
            wait=Spread.of(_seconds(each.created_at, each.answered_at) for each in members),
            length=Spread.of(_seconds(each.connected_at, each.ended_at) for each in members),
        )


@dataclass(frozen=True)
class Ratings:
    """The users' ratings of handovers.

    Attributes:
        asked: The number of users who were asked.
        counts: The number of ratings, from 1 to 5.
    """

    asked: int
    counts: tuple[int, ...]

    @classmethod
    def of(cls, members: Sequence[Handover]) -> Ratings:
        """Count the ratings of handovers."""
        given = Counter(each.rating for each in members)
        asked = sum(each.rating_asked_at is not None for each in members)
        return cls(asked, tuple(given[rating] for rating in RATINGS))

    @property
    def given(self) -> int:
        """The number of ratings."""
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """The mean; ``None`` without a rating."""
        points = sum(rating * count for rating, count in zip(RATINGS, self.counts, strict=True))
        return points / self.given if self.given else None


@dataclass(frozen=True)
class Figures:
    """All figures of a report.

    Attributes:
        total: All handovers.
        open: The number of those that go on.
        given_up: The number of those that have ended, and no person had written.
        groups: The handovers by what they have in common, under its name.
        ends: The numbers of handovers by how they ended: the reason of the end, ``failed`` or
            ``open``; the most frequent first.
        ratings: The users' ratings.
        messages_left: Messages that were left while nobody was there.
        undelivered: Messages that have not arrived.
        users: The users who have written to the bot; ``None`` where they were not counted.
    """

    total: Group
    open: int
    given_up: int
    groups: dict[str, list[Group]]
    ends: list[tuple[str, int]]
    ratings: Ratings
    messages_left: MessagesLeft
    undelivered: Undelivered
    users: CountedUsers | None = None


def compute(
    handovers: Sequence[Handover],
    undelivered: Undelivered,
    *,
    zone: tzinfo,
    messages_left: MessagesLeft | None = None,
    shown_reasons: Collection[str] = (),
    users: CountedUsers | None = None,
) -> Figures:
    """Compute the figures.

    Args:
        handovers: Of the period, the oldest first.
        undelivered: Messages that have not arrived in them.
        zone: The time zone of hours and days.
        messages_left: Messages that were left while nobody was there.
        shown_reasons: Reasons of the bot's own that are named by their words.
        users: The users who have written to the bot.
    """

    def at(handover: Handover) -> datetime:
        return datetime.fromtimestamp(handover.created_at, zone)

    hours = [f"{hour:02}:00" for hour in range(24)]
    ended = [each for each in handovers if each.state is State.ENDED]
    return Figures(
        total=Group.of("all", handovers),
        open=sum(each.state.is_open for each in handovers),
        given_up=sum(each.answered_at is None for each in ended),
        groups={
            "reason": _by(handovers, lambda each: name_reason(each.reason, shown=shown_reasons)),
            "channel": _by(handovers, lambda each: each.channel),
            "workspace": _by(handovers, lambda each: each.workspace),
            "connector": _by(handovers, lambda each: each.connector_id),
            "hour": _by(handovers, lambda each: f"{at(each).hour:02}:00", names=hours),
            "day": _by(
                handovers, lambda each: at(each).date().isoformat(), names=_days(handovers, at)
            ),
        },
        ends=Counter(each.end_reason or _outcome(each.state) for each in handovers).most_common(),
        ratings=Ratings.of(handovers),
        messages_left=messages_left or MessagesLeft(),
        undelivered=undelivered,
        users=users,
    )


def _by(
    handovers: Sequence[Handover],
    name_of: Callable[[Handover], str],
    *,
    names: Sequence[str] | None = None,
) -> list[Group]:
    """Group handovers: in the order of the given names, else the largest group first."""
    members: dict[str, list[Handover]] = {name: [] for name in names or ()}
    for each in handovers:
        members.setdefault(name_of(each), []).append(each)
    groups = [Group.of(name, found) for name, found in members.items()]
    return groups if names else sorted(groups, key=lambda group: (-group.handovers, group.name))


def _days(handovers: Sequence[Handover], at: Callable[[Handover], datetime]) -> list[str]:
    """List the days from the first handover to the last, those without one included."""
    if not handovers:
        return []
    first, last = at(handovers[0]).date(), at(handovers[-1]).date()
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _seconds(since: float | None, until: float | None) -> float | None:
    """Return a duration; clocks of two machines may differ by a little."""
    return None if since is None or until is None else max(0.0, until - since)


def _outcome(state: State) -> str:
    return "open" if state.is_open else state.value
