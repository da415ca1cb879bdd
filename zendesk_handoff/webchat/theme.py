"""The chat's looks: a colour, a name, a logo and a corner; text on them stays legible."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

#: Contrast of text, at least (WCAG 2.2, success criterion 1.4.3).
_MIN_CONTRAST = 4.5
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
#: The page's backgrounds, light and dark, on which text in the theme's colour stands.
_PAPERS = {"light": "#ffffff", "dark": "#1d2629"}
_POSITIONS = ("right", "left")
_MAX_NAME = 60


@dataclass(frozen=True)
class Theme:
    """The looks of the page and of the launcher.

    Args:
        colour: Of the header, the launcher, buttons and the user's messages: ``#rrggbb``.
        name: Shown beside the logo; the title by default.
        logo: An address on this server or an https one, whose host is added to the policy.
        position: The launcher's corner, ``right`` or ``left``.
    """

    colour: str = "#14545c"
    name: str = ""
    logo: str = ""
    position: str = "right"

    @property
    def variables(self) -> dict[str, dict[str, str]]:
        """Variables of the style sheet for the light and the dark scheme."""
        on_colour = max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, self.colour))
        return {
            scheme: {
                "--accent": self.colour,
                "--on-accent": on_colour,
                "--accent-ink": legible(self.colour, paper),
            }
            for scheme, paper in _PAPERS.items()
        }


def theme_problems(values: object) -> Iterator[str]:
    """Check the block ``theme`` of the settings.

    Args:
        values: The block.
    """
    known = [each.name for each in fields(Theme)]
    if not isinstance(values, Mapping):
        yield f"`theme` must be a block with any of {', '.join(known)}."
        return
    for key in sorted(map(str, values.keys() - set(known))):
        yield f"`theme.{key}` is not a setting; there are {', '.join(known)}."
    problems = {
        "colour": ("must be written like '#14545c', in quotes", _is_colour),
        "name": (f"must be a text of at most {_MAX_NAME} characters", _is_name),
        "logo": ("must be the address of a picture: https://… or a path of this server", _is_logo),
        "position": (f"must be {' or '.join(_POSITIONS)}", _POSITIONS.__contains__),
    }
    for key, (problem, is_valid) in problems.items():
        if key in values and not is_valid(values[key]):
            yield f"`theme.{key}` {problem}."


def _is_colour(value: Any) -> bool:
    return isinstance(value, str) and _COLOUR.fullmatch(value) is not None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_NAME


def _is_logo(value: Any) -> bool:
    return (
        isinstance(value, str)
        and re.fullmatch(r"(https://[^/]|/[^/])[^\s'\";,]*", value) is not None
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, contrast ratio).

    Args:
        one: A colour, ``#rrggbb``.
        other: Another one.
    """
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def legible(colour: str, paper: str) -> str:
    """Return a colour, or the nearest one in its direction to black or white that is legible.

    Args:
        colour: For text, ``#rrggbb``.
        paper: The background.
    """
    goal = max(("#000000", "#ffffff"), key=lambda end: contrast(end, paper))
    mixed = (_mix(colour, goal, part / 20) for part in range(21))
    return next(each for each in mixed if contrast(each, paper) >= _MIN_CONTRAST)


def _mix(one: str, other: str, part: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def _luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [channel / 255 for channel in _channels(colour)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
