"""A report as a page: one file without a script, with a table beside each plot."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path

from zendesk_handoff.cli.output import printable
from zendesk_handoff.cli.report.figures import RATINGS, Figures, Group, Ratings
from zendesk_handoff.cli.report.markup import Element, element, write
from zendesk_handoff.cli.report.plots import MAX_BARS, Point, bars, columns
from zendesk_handoff.cli.report.subject import Subject
from zendesk_handoff.cli.report.text import (
    HEADINGS,
    USERS,
    cells,
    days_of,
    key_figures,
    names_in,
    outcome,
    rated,
    title_of,
    users_by_channel,
)
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.store.daily_users import CountedUsers

_GENERATOR = "zendesk-handoff report"
#: In the head of each page, by which it is known again.
_MARK = f'<meta name="generator" content="{_GENERATOR}">'
#: What have an order of their own, and are drawn as columns.
_IN_ORDER = frozenset({"hour", "day"})
#: Nothing runs, and nothing is loaded, whatever a name may hold.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MEANINGS = (
    "Wait: from the request for a person until the first message that a person wrote had arrived "
    "in the store. Handovers without one are not part of it.",
    "Length: from the moment at which the agents had control until the end.",
    "90 %: nine in ten were not longer.",
    "Contained: of the users who wrote to the bot, those who did not ask for a person and were not "
    "handed over. Users are counted by channel, to about two in a hundred, and not conversations.",
)


def save_page(file: Path, figures: Figures, subject: Subject) -> None:
    """Write the page to a file, in place of an earlier report.

    Args:
        file: The file.
        figures: The figures.
        subject: What they are about.

    Raises:
        HandoffError: The file holds something else, or cannot be written.
    """
    try:
        if file.exists() and not _is_report(file):
            raise HandoffError(f"{file} exists and is no report; name another file.")
        # Beside it, so that a reader finds the earlier page or this one, whole.
        beside = file.with_name(f".{uuid.uuid4().hex}.html")
        try:
            with beside.open("x", encoding="utf-8") as opened:
                opened.write(write(build_page(figures, subject)))
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise HandoffError(f"{file} cannot be written: {error.strerror}.") from None


def build_page(figures: Figures, subject: Subject) -> Element:
    """Build the page.

    Args:
        figures: The figures.
        subject: What they are about.
    """
    style = (files(__package__) / "page.css").read_text(encoding="utf-8")
    whose = f"Connector {subject.connector_id}" if subject.connector_id else "All connectors"
    made = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="generator", content=_GENERATOR),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"Handovers, {subject.title}"),
        element("style", style),
    )
    sections = [element("p", "There was no handover.")]
    if figures.total.handovers:
        sections = [_groups(kind, found) for kind, found in figures.groups.items()]
    body = element(
        "body",
        element(
            "header",
            element("h1", "Handovers"),
            element("p", f"{subject.title}."),
            element("p", printable(f"{whose}. Made on {made}. {subject.note}")),
        ),
        element(
            "main",
            _key_figures(figures),
            *sections,
            *([_ends(figures)] if figures.ends else []),
            *([_ratings(figures.ratings)] if figures.ratings.given else []),
            *([_users(figures.users)] if figures.users is not None else []),
        ),
        element("footer", *(element("p", each) for each in _MEANINGS)),
    )
    return element("html", head, body, lang="en")


def _is_report(file: Path) -> bool:
    with file.open("rb") as opened:
        return _MARK.encode() in opened.read(500)


def _key_figures(figures: Figures) -> Element:
    pairs = (
        element("div", element("dt", name), element("dd", value))
        for name, value in key_figures(figures)
    )
    return element("dl", *pairs, class_="key")


def _groups(kind: str, groups: Sequence[Group]) -> Element:
    named = [(printable(names_in(kind, each)), each) for each in groups]
    counts = [Point(name, each.handovers) for name, each in named]
    plots = []
    if kind in _IN_ORDER:
        waits = [Point(name, each.wait.median) for name, each in named]
        plots.append(_figure(columns(f"Handovers by {kind}", counts), "Handovers"))
        if any(each.value is not None for each in waits):
            plot = columns(f"Median wait by {kind}", waits, is_duration=True)
            plots.append(_figure(plot, "Median wait for a person"))
    else:
        plots.append(_bars(f"Handovers by {kind}", counts))
    rows = [(name, *cells(each)) for name, each in named]
    return _section(title_of(kind), plots, _table(title_of(kind), (kind, *HEADINGS), rows))


def _ends(figures: Figures) -> Element:
    title = "How they ended"
    named = [(printable(outcome(name)), count) for name, count in figures.ends]
    plot = _bars(title, [Point(name, count) for name, count in named])
    rows = [(name, str(count)) for name, count in named]
    return _section(title, [plot], _table(title, ("end", "handovers"), rows))


def _ratings(ratings: Ratings) -> Element:
    title = "Ratings"
    points = [Point(str(each), n) for each, n in zip(RATINGS, ratings.counts, strict=True)]
    caption = f"{ratings.given} ratings by {ratings.asked} users who were asked"
    plot = _figure(columns("Ratings, from 1 to 5", points), caption)
    return _section(title, [plot], _table(title, ("rating", "handovers"), rated(ratings)))


def _users(users: CountedUsers) -> Element:
    title = "Users of the bot"
    rows = [(printable(name), *values) for name, *values in users_by_channel(users)]
    points = [Point(printable(each.channel), each.contained) for each in users.channels]
    plot = _figure(bars("Users whom the bot served alone", points), f"Contained, {days_of(users)}")
    return _section(title, [plot], _table(title, USERS, rows))


def _bars(label: str, points: Sequence[Point]) -> Element:
    left_out = len(points) - MAX_BARS
    caption = f"Handovers; {left_out} more are in the table" if left_out > 0 else "Handovers"
    return _figure(bars(label, points), caption)


def _section(title: str, plots: Iterable[Element], table: Element) -> Element:
    pair = element("div", element("div", *plots), table, class_="pair")
    return element("section", element("h2", title), pair)


def _figure(plot: Element, caption: str) -> Element:
    return element("figure", element("figcaption", caption), _scroll(f"{caption}: plot", plot))


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Element:
    head = element("tr", *(element("th", each, scope="col") for each in headings))
    body = (
        element(
            "tr",
            element("th", name, scope="row", dir="auto"),
            *(element("td", value) for value in values),
        )
        for name, *values in rows
    )
    table = element("table", element("thead", head), element("tbody", *body), aria_label=title)
    return _scroll(f"{title}: table", table)


def _scroll(label: str, content: Element) -> Element:
    """Make a region that scrolls where it is too narrow, and that the keyboard reaches."""
    return element("div", content, class_="scroll", role="region", aria_label=label, tabindex=0)
