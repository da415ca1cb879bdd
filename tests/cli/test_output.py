"""Tables and errors of the command line: whole in a pipe, fitted to a terminal, safe in both."""

from __future__ import annotations

import re

import pytest
import typer

from zendesk_handoff.cli.output import (
    Column,
    duration,
    exit_with_error,
    print_table,
    printable,
)

URL = "https://bot.example.com/api/v1/connectors/support/webhook"
COLUMNS = (Column("id"), Column("note", wraps=True), Column("address"))
LONG = " ".join(f"word{number}" for number in range(60))


def table(capsys, *rows):
    print_table(COLUMNS, rows)
    return capsys.readouterr().out


@pytest.fixture
def terminal(monkeypatch):
    def terminal(width):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(width))

    return terminal


@pytest.mark.parametrize("columns", ["20", "80"])
def test_in_a_pipe_each_row_is_one_whole_line(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    heading, first, second = table(capsys, ("1", LONG, URL), ("22", "short", URL)).splitlines()
    assert heading.split() == ["id", "note", "address"]
    assert first.rstrip() == f"1   {LONG}  {URL}"
    assert re.split(r"\s{2,}", second.rstrip()) == ["22", "short", URL]


def test_in_a_pipe_nothing_is_styled(capsys):
    assert "\x1b" not in table(capsys, ("1", "2", "3"))


@pytest.mark.parametrize("width", [20, 80, 100])
def test_a_terminal_gets_whole_ids_and_addresses(capsys, terminal, width):
    terminal(width)
    shown = table(capsys, ("0123456789abcdef", LONG, URL))
    assert "\x1b[1m" in shown, "this is no terminal"
    _, first, *rest = shown.splitlines()
    assert first.startswith("0123456789abcdef  word0")
    assert first.endswith(f"  {URL}")
    assert rest
    assert " ".join([*first.split()[1:-1], *" ".join(rest).split()]) == LONG


def test_a_wide_terminal_gets_one_line_a_row(capsys, terminal):
    terminal(600)
    assert len(table(capsys, ("1", LONG, URL)).splitlines()) == 2


@pytest.mark.parametrize("width", [None, 60, 600])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("[red]x[/red]", "[red]x[/red]"),
        ("[/]", "[/]"),
        ("[link=https://a.example]x", "[link=https://a.example]x"),
        (":smile:", ":smile:"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("two\r\nlines", "two\\r\\nlines"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("日本語 Müller", "日本語 Müller"),
    ],
)
def test_foreign_values_have_no_effect_on_the_terminal(capsys, terminal, value, shown, width):
    if width:
        terminal(width)
    for place in range(3):
        row = ["x", "x", "x"]
        row[place] = value
        _, *lines = table(capsys, row).splitlines()
        assert printable("".join(lines)) == "".join(lines)
        assert "".join(shown.split()) in "".join("".join(lines).split())


def test_an_error_is_printed_line_by_line_and_ends_the_command(capsys):
    with pytest.raises(typer.Exit) as ended:
        exit_with_error("first \x1b[31m\nsecond")
    assert ended.value.exit_code == 1
    assert capsys.readouterr() == ("", "first \\x1b[31m\nsecond\n")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3661, "1 h 1 min"),
        (3605, "1 h"),
        (90061, "1 d 1 h"),
    ],
)
def test_durations_have_at_most_two_units(seconds, words):
    assert duration(seconds) == words
