"""A report as text for a terminal, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import typer

from zendesk_handoff.cli.output import Column, duration, print_table, printable
from zendesk_handoff.cli.report.figures import RATINGS, Figures, Group, Ratings, Spread
from zendesk_handoff.cli.report.reasons import FRUSTRATION, OF_THE_BOT, REQUEST
from zendesk_handoff.cli.report.subject import Subject
from zendesk_handoff.store.daily_users import ChannelUsers, CountedUsers

HEADINGS = (
    *("handovers", "failed", "answered", "wait, median", "wait, 90 %"),
    *("length, median", "length, 90 %"),
)
#: The kinds of reasons for people.
_KINDS = {
    REQUEST: "asked for a person",
    FRUSTRATION: "frustration",
    OF_THE_BOT: "the bot's own reason",
}
_NONE = "–"
CONTAINED = "served by the bot alone (contained)"
USERS = ("channel", "users", "asked for a person", "contained", "share")


def title_of(group: str) -> str:
    """Write the heading of handovers by what they have in common."""
    return f"By {group}"


def names_in(kind: str, group: Group) -> str:
    """Write a group's name for people.

    Args:
        kind: What the groups have in common.
        group: One of them.
    """
    if kind == "reason":
        name, _, words = group.name.partition(": ")
        return words or _KINDS[name]
    return group.name


def cells(group: Group) -> tuple[str, ...]:
    """Write a group's figures, in the order of ``HEADINGS``."""
    spreads = (group.wait, group.length)
    return (
        *(str(group.handovers), str(group.failed), str(group.answered)),
        *(shown(each) for spread in spreads for each in (spread.median, spread.p90)),
    )


def shown(seconds: float | None) -> str:
    """Write a duration, or a dash where there is none."""
    return _NONE if seconds is None else duration(seconds)


def outcome(name: str) -> str:
    """Write how a handover has ended, for people."""
    return name.replace("_", " ")


def mean_of(ratings: Ratings) -> str:
    """Write the mean rating."""
    return _NONE if ratings.mean is None else f"{ratings.mean:.1f} of 5"


def rated(ratings: Ratings) -> list[tuple[str, str]]:
    """Write how often each rating was given."""
    return [(str(each), str(n)) for each, n in zip(RATINGS, ratings.counts, strict=True)]


def share(users: ChannelUsers) -> str:
    """Write the share of users whom the bot has served alone."""
    return f"{users.contained / users.users:.0%}" if users.users else _NONE


def users_by_channel(users: CountedUsers) -> list[tuple[str, ...]]:
    """Write the users of each channel, in the order of ``USERS``."""
    return [
        (
            *(each.channel, str(each.users), str(each.handed_over), str(each.contained)),
            share(each),
        )
        for each in users.channels
    ]


def days_of(users: CountedUsers) -> str:
    """Write the days on which users were counted."""
    return f"{users.first} to {users.last}, whole days of UTC"


def key_figures(figures: Figures) -> Iterator[tuple[str, str]]:
    """Yield the figures of all handovers together, each with its name."""
    total = figures.total
    yield "handovers", str(total.handovers)
    yield "did not reach the agents (failed)", str(total.failed)
    yield "a person has answered", str(total.answered)
    yield "ended without a person's answer", str(figures.given_up)
    yield "open now", str(figures.open)
    yield "wait for a person, median", shown(total.wait.median)
    yield "wait for a person, nine in ten at most", shown(total.wait.p90)
    yield "length, median", shown(total.length.median)
    yield "length, nine in ten at most", shown(total.length.p90)
    yield "messages left while nobody was there", str(figures.messages_left.sent)
    if figures.messages_left.not_sent:
        yield "such messages that could not be sent", str(figures.messages_left.not_sent)
    ratings, undelivered = figures.ratings, figures.undelivered
    if ratings.asked:
        yield f"mean rating, of {ratings.given} by {ratings.asked} asked", mean_of(ratings)
    if figures.users is not None:
        yield CONTAINED, share(figures.users.total)
    yield "users' messages that Zendesk has refused", str(undelivered.refused_by_zendesk)
    yield "agents' messages that the channel has refused", str(undelivered.refused_by_channel)
    yield "events that could not be read", str(undelivered.unreadable)


def print_report(figures: Figures, subject: Subject) -> None:
    """Print a report; hours and days without a handover are left out."""
    whose = f"connector {subject.connector_id}" if subject.connector_id else "all connectors"
    typer.echo(printable(f"Handovers from {subject.title}; {whose}"))
    typer.echo(f"{subject.note}\n" if subject.note else "")
    print_table((Column(""), Column("")), list(key_figures(figures)))
    for kind, groups in figures.groups.items():
        rows = [(names_in(kind, each), *cells(each)) for each in groups if each.handovers]
        if rows:
            typer.echo(f"\n{title_of(kind)}")
            print_table((Column(kind, wraps=True), *map(Column, HEADINGS)), rows)
    if figures.ratings.given:
        typer.echo("\nRatings")
        print_table((Column("rating"), Column("handovers")), rated(figures.ratings))
    if figures.users is not None:
        typer.echo(f"\nUsers of the bot, {days_of(figures.users)}")
        print_table(
            (Column(USERS[0], wraps=True), *map(Column, USERS[1:])), users_by_channel(figures.users)
        )
    if figures.ends:
        typer.echo("\nHow they ended")
        rows = [(outcome(name), str(count)) for name, count in figures.ends]
        print_table((Column("end"), Column("handovers")), rows)


def as_json(figures: Figures, subject: Subject) -> dict[str, Any]:
    """Make a report of values of JSON; all durations are in seconds."""
    return {
        "since": subject.since.isoformat(),
        "until": subject.until.isoformat(),
        "time_zone": subject.zone,
        "connector": subject.connector_id,
        "note": subject.note or None,
        "handovers": figures.total.handovers,
        "failed": figures.total.failed,
        "open": figures.open,
        "answered": figures.total.answered,
        "ended_without_answer": figures.given_up,
        "wait_seconds": _spread(figures.total.wait),
        "length_seconds": _spread(figures.total.length),
        "ends": dict(figures.ends),
        "messages_left": figures.messages_left.sent,
        "messages_not_sent": figures.messages_left.not_sent,
        "ratings": {
            "asked": figures.ratings.asked,
            "given": figures.ratings.given,
            "mean": figures.ratings.mean and round(figures.ratings.mean, 2),
            "counts": {
                str(each): n for each, n in zip(RATINGS, figures.ratings.counts, strict=True)
            },
        },
        "undelivered": asdict(figures.undelivered),
        "users": figures.users and _users(figures.users),
        **{
            f"by_{kind}": [_group(each) for each in found] for kind, found in figures.groups.items()
        },
    }


def _users(users: CountedUsers) -> dict[str, Any]:
    total = users.total
    return {
        "first_day": users.first.isoformat(),
        "last_day": users.last.isoformat(),
        "count": total.users,
        "asked_for_a_person": total.handed_over,
        "contained_share": round(total.contained / total.users, 4) if total.users else None,
        "by_channel": [
            {"name": each.channel, "count": each.users, "asked_for_a_person": each.handed_over}
            for each in users.channels
        ],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "handovers": group.handovers,
        "failed": group.failed,
        "answered": group.answered,
        "wait_seconds": _spread(group.wait),
        "length_seconds": _spread(group.length),
    }


def _spread(spread: Spread) -> dict[str, float | int | None]:
    rounded = {name: each and round(each, 1) for name, each in asdict(spread).items()}
    return {**rounded, "count": spread.count}
