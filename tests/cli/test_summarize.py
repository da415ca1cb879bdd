"""``zendesk-handoff summarize``: its output, and its errors for other files."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from zendesk_handoff.cli import app
from zendesk_handoff.domain.dialogue import dialogue_from_turns
from zendesk_handoff.summary import summarize

TURNS = [
    {"speaker": "user", "text": "where is order 10234? it was promised for Monday, May 3"},
    {"speaker": "bot", "text": "It is with the carrier since Tuesday and should arrive soon."},
    {"speaker": "user", "text": "a person please"},
]


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, ["summarize", *arguments], input=stdin)


def lines(*records):
    return "".join(f"{json.dumps(record)}\n" for record in records)


def test_each_dialogue_becomes_one_line(tmp_path):
    path = tmp_path / "dialogues.jsonl"
    path.write_text(lines({"turns": TURNS}) + "\n" + lines({"turns": []}), encoding="utf-8")
    result = run(str(path))
    assert result.exit_code == 0
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert answers == [{"summary": summarize(dialogue_from_turns(TURNS))}, {"summary": ""}]


def test_standard_input_slots_and_locale():
    record = {"turns": TURNS, "slots": {"order_number": "10234"}, "locale": "de"}
    result = run("-", "--max-words", "60", stdin=lines(record))
    (answer,) = map(json.loads, result.stdout.splitlines())
    assert answer["summary"].startswith("Anliegen: ")
    assert "order number: 10234" in answer["summary"]


@pytest.mark.parametrize("words", [1, 7, 30])
def test_a_summary_has_no_more_words_than_asked_for(words):
    result = run("-", "--max-words", str(words), stdin=lines({"turns": TURNS}))
    assert len(json.loads(result.stdout)["summary"].split()) <= words


def test_payment_data_is_masked():
    turns = [{"speaker": "user", "text": "charge 4111 1111 1111 1111"}]
    assert "4111" not in run("-", stdin=lines({"turns": turns})).stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("secret words", "Line 2 is not JSON"),
        ('{"text": "secret words"}', "no list of turns"),
        ('{"turns": [{"text": "secret words"}]}', "turn 1 needs a speaker"),
        ('{"turns": ["secret words"]}', "turn 1 is not an object"),
        ('{"turns": [], "slots": ["secret words"]}', "slots must be an object"),
    ],
)
def test_a_line_that_is_no_dialogue_is_reported_by_its_number_alone(line, message):
    result = run("-", stdin=lines({"turns": TURNS}) + line)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "secret words" not in result.stderr


def test_a_limit_of_no_words_is_refused():
    assert run("-", "--max-words", "0", stdin="").exit_code == 2
