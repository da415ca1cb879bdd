"""The theme: only valid values, and text that stays legible whatever the colour."""

from __future__ import annotations

import itertools

import pytest

from zendesk_handoff.webchat.theme import Theme, contrast, legible, theme_problems

COLOURS = [
    "".join(("#", *parts)) for parts in itertools.product(("00", "77", "d0", "ff"), repeat=3)
]


def test_contrast_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_is_legible_on_light_and_dark(colour):
    papers = {"light": "#ffffff", "dark": "#1d2629"}
    for scheme, variables in Theme(colour=colour).variables.items():
        assert variables["--accent"] == colour
        assert contrast(variables["--on-accent"], colour) >= 4.5
        assert contrast(variables["--accent-ink"], papers[scheme]) >= 4.5


def test_a_colour_that_is_legible_stays_as_it_is():
    assert legible("#14545c", "#ffffff") == "#14545c"


@pytest.mark.parametrize(
    "values",
    [
        *({"colour": each} for each in ("red", "#fff", "#14545c;}", 0x14545C, None, "#14545g")),
        *({"name": each} for each in ("n" * 61, 7, None)),
        *({"logo": each} for each in ("http://cdn.example/a.png", "javascript:alert(1)", 7, "/")),
        *({"logo": each} for each in ("//cdn.example/a", "data:image/png,", "https:///a.png")),
        *({"logo": each} for each in ("https://cdn.example/a b", "https://a.example/;img-src *")),
        *({"position": each} for each in ("top", "", None, ["left"])),
        {"font": "serif"},
        "dark",
        None,
    ],
)
def test_an_invalid_theme_is_named(values):
    [problem] = theme_problems(values)
    assert problem.startswith("`theme")


def test_a_valid_theme_has_no_problem():
    logo = "https://cdn.example/logo.svg?v=2"
    values = {"colour": "#A1b2C3", "name": "<b>Shop</b>", "logo": logo, "position": "left"}
    assert list(theme_problems(values)) == []
    assert list(theme_problems({"logo": "/static/logo.png"})) == []
