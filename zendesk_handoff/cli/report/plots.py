"""Plots as SVG elements, with the colours of the page around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zendesk_handoff.cli.output import duration
from zendesk_handoff.cli.report.markup import Element, element

_WIDTH = 640
#: Bars that are drawn; the table has all values.
MAX_BARS = 12
_ROW = 26
_NAMES = 190
_MAX_NAME = 24
_VALUES = 60
_HEIGHT = 220
_LEFT, _TOP, _BOTTOM = 64, 12, 28
#: The width of a character, and the room beside a label.
_CHARACTER, _GAP = 7, 12
#: Steps of an axis of durations, in seconds, and of one of numbers as multiples of a power of ten.
_DURATIONS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_NUMBERS = (1, 2, 5)
_TICKS = 4


@dataclass(frozen=True)
class Point:
    """A value of a plot.

    Attributes:
        name: What it is the value of.
        value: The value; ``None`` where there is none.
    """

    name: str
    value: float | None


def bars(label: str, points: Sequence[Point]) -> Element:
    """Draw a horizontal bar for each value.

    Args:
        label: What the plot shows, for those who do not see it.
        points: The values, the largest first.
    """
    drawn = points[:MAX_BARS]
    most = max([1.0, *(each.value or 0 for each in drawn)])
    room = _WIDTH - _NAMES - _VALUES
    content = []
    for number, each in enumerate(drawn):
        value, middle = each.value or 0, number * _ROW + _ROW // 2
        name = each.name if len(each.name) <= _MAX_NAME else f"{each.name[: _MAX_NAME - 1]}…"
        width = round(room * value / most, 1)
        end = _NAMES + width
        content += [
            _text(name, _NAMES - 10, middle, anchor="end"),
            _column(f"{each.name}: {value:.0f}", _NAMES, middle - 8, width, 16),
            _text(f"{value:.0f}", end + 8, middle, anchor="start"),
        ]
    return _plot(label, content, height=max(1, len(drawn)) * _ROW)


def columns(label: str, points: Sequence[Point], *, is_duration: bool = False) -> Element:
    """Draw a column for each value, in order.

    Args:
        label: What the plot shows, for those who do not see it.
        points: The values.
        is_duration: Whether they are seconds.
    """
    show: Callable[[float], str] = duration if is_duration else "{:.0f}".format
    largest = max([1.0, *(each.value or 0 for each in points)])
    step = _step(largest, is_duration=is_duration)
    top = step * math.ceil(largest / step)
    height, room = _HEIGHT - _TOP - _BOTTOM, _WIDTH - _LEFT
    content = []
    for number in range(round(top / step) + 1):
        y = round(_TOP + height * (1 - number * step / top), 1)
        content += [
            element("line", x1=_LEFT, x2=_WIDTH, y1=y, y2=y, class_="grid"),
            _text(show(number * step), _LEFT - 8, y, anchor="end"),
        ]
    slot = room / max(1, len(points))
    wide = _CHARACTER * max((len(each.name) for each in points), default=0) + _GAP
    labelled = math.ceil(wide / slot)
    for number, each in enumerate(points):
        x = _LEFT + number * slot
        middle = round(x + slot / 2, 1)
        if each.value is not None:
            tall = round(height * each.value / top, 1)
            gap = min(2.0, slot * 0.1)
            shown = f"{each.name}: {show(each.value)}"
            content.append(
                _column(
                    shown, round(x + gap, 1), _TOP + height - tall, round(slot - 2 * gap, 1), tall
                )
            )
        if number % labelled == 0 and middle + wide / 2 <= _WIDTH + _GAP:
            content.append(_text(each.name, middle, _HEIGHT - 10, anchor="middle"))
    return _plot(label, content, height=_HEIGHT)


def _step(largest: float, *, is_duration: bool) -> float:
    """Choose the distance of two lines, so that there are few of them, at round values."""
    if is_duration:
        days = math.ceil(largest / _TICKS / _DURATIONS[-1]) * _DURATIONS[-1]
        return next((each for each in _DURATIONS if each * _TICKS >= largest), days)
    power: float = 10.0 ** math.floor(math.log10(max(1.0, largest / _TICKS)))
    return next((n * power for n in _NUMBERS if n * power * _TICKS >= largest), 10 * power)


def _plot(label: str, content: list[Element], *, height: int) -> Element:
    view = f"0 0 {_WIDTH} {height}"
    return element("svg", *content, viewBox=view, role="img", aria_label=label, class_="plot")


def _column(shown: str, x: float, y: float, width: float, height: float) -> Element:
    title = element("title", shown)
    return element("rect", title, x=x, y=round(y, 1), width=width, height=height, class_="bar")


def _text(text: str, x: float, y: float, *, anchor: str) -> Element:
    return element("text", text, x=x, y=y, text_anchor=anchor, dominant_baseline="middle")
