"""Quality of the score on labelled dialogues, with floors a little below the measured figures."""

from __future__ import annotations

import pytest
from sklearn.metrics import f1_score, roc_auc_score

from benchmarks.frustration import DATA, EVERYDAY, SETS, read_examples, read_requests
from benchmarks.made_dialogues import FITTED, LANGUAGES, measured, read_made
from tests.support.shared import needs_shared
from zendesk_handoff import frustration

public = needs_shared(*(DATA / name for name in (*SETS.values(), *EVERYDAY)))


def scored(name):
    found = list(read_examples(DATA / SETS[name]))
    scores = [frustration.score(one.dialogue) for one in found]
    return (
        [one.label for one in found],
        [one.score for one in scores],
        [one.escalate for one in scores],
    )


@public
@pytest.mark.parametrize(
    ("name", "auc", "f1"),
    [
        ("support tweets", 0.85, 0.67),
        ("task dialogues", 0.81, 0.30),
        ("angry chitchat", 0.9, 0.64),
    ],
)
def test_frustrated_users_are_told_from_others(name, auc, f1):
    labels, scores, escalated = scored(name)
    assert roc_auc_score(labels, scores) > auc
    assert f1_score(labels, escalated) > f1


@public
def test_few_false_alarms_in_everyday_dialogues():
    labels, _, escalated = scored("task dialogues")
    alarms = sum(alarm and not label for label, alarm in zip(labels, escalated, strict=True))
    assert alarms / len(labels) < 0.018


@public
@pytest.mark.parametrize("name", EVERYDAY)
def test_hardly_any_false_alarm_on_a_single_request(name):
    asked = list(read_requests(DATA / name))
    alarms = sum(frustration.score(one.dialogue).escalate for one in asked)
    assert alarms / len(asked) < 0.015


@pytest.mark.parametrize(("language", "auc"), [("de", 0.87), ("es", 0.88), ("fr", 0.95)])
def test_frustrated_users_are_told_from_others_in_other_languages(language, auc):
    found = list(read_made(measured(language)))
    scores = [frustration.score(dialogue).score for _, dialogue, _ in found]
    assert roc_auc_score([label for *_, label in found], scores) > auc


@pytest.mark.parametrize("path", [FITTED, *map(measured, LANGUAGES)], ids=lambda path: path.stem)
def test_the_dialogues_made_here_are_complete(path):
    found = list(read_made(path))
    assert len({number for number, *_ in found}) >= 25
    assert 0.15 < sum(label for *_, label in found) / len(found) < 0.4
    marked = [line for line in path.read_text("utf-8").splitlines() if line[:1] in (".", "!")]
    assert [dialogue.turns[-1].text for _, dialogue, _ in found] == [line[2:] for line in marked]
