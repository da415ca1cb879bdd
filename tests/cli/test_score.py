"""``zendesk-handoff score``: its output, and its errors for other files."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from zendesk_handoff.cli import app

CALM = {"turns": [{"speaker": "user", "text": "hello, where is my order?"}]}
ANGRY = {
    "turns": [
        {"speaker": "user", "text": "where is my order?"},
        {"speaker": "bot", "text": "Sorry, I did not get that."},
        {"speaker": "user", "text": "you stupid bot, this is ridiculous!!"},
    ]
}


def run(*arguments, text=None):
    return CliRunner().invoke(app, ["score", *arguments], input=text)


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_one_line_in_is_one_line_out(tmp_path):
    file = tmp_path / "dialogues.jsonl"
    file.write_text(lines(CALM, ANGRY), encoding="utf-8")
    done = run(str(file))
    assert done.exit_code == 0
    calm, angry = map(json.loads, done.stdout.splitlines())
    for answer in (calm, angry):
        assert answer.keys() == {"score", "escalate", "reasons"}
        assert 0 <= answer["score"] <= 1
    assert not calm["escalate"]
    assert angry["escalate"]
    assert "used insulting words" in angry["reasons"]


def test_standard_input_and_blank_lines():
    done = run("-", text="\n" + lines(CALM) + "\n\n" + lines(ANGRY))
    assert len(done.stdout.splitlines()) == 2


def test_a_last_message_of_the_bot_is_left_out():
    answered = {"turns": [*ANGRY["turns"], {"speaker": "bot", "text": "I am sorry."}]}
    first, second = run("-", text=lines(ANGRY, answered)).stdout.splitlines()
    assert first == second


def test_a_threshold_can_be_tried():
    text = lines(ANGRY)
    score = json.loads(run("-", text=text).stdout)["score"]
    for threshold, escalate in ((score - 0.01, True), (min(1, score + 0.0005), False)):
        answer = json.loads(run("-", "--threshold", str(threshold), text=text).stdout)
        assert answer["escalate"] is escalate


def test_reasons_in_the_language_of_the_dialogue():
    german = {"turns": [{"speaker": "user", "text": "Du Idiot!"}], "locale": "de"}
    assert "benutzte beleidigende Worte" in run("-", text=lines(german)).stdout


@pytest.mark.parametrize("turns", [[], [{"speaker": "bot", "text": "Hello!"}]])
def test_a_dialogue_without_user_messages(turns):
    answer = json.loads(run("-", text=lines({"turns": turns})).stdout)
    assert answer == {"score": 0.0, "escalate": False, "reasons": []}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{secret", "Line 2 is not JSON"),
        ("[]", "it has no list of turns"),
        ('{"turns": "secret"}', "it has no list of turns"),
        ('{"turns": ["secret"]}', "turn 1 is not an object"),
        ('{"turns": [{"speaker": "user", "text": 7}]}', "turn 1 needs a speaker"),
        ('{"turns": [], "locale": 3}', "locale a text"),
    ],
)
def test_a_line_that_is_no_dialogue_ends_the_command_with_its_number(line, words):
    done = run("-", text=lines(CALM) + line + "\n" + lines(ANGRY))
    assert done.exit_code == 1
    assert "Line 2" in done.stderr
    assert words in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_missing_file():
    assert run("nowhere.jsonl").exit_code == 2
