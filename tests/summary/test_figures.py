"""Quality of summaries on evaluation data, with floors below the measured figures."""

from __future__ import annotations

import pytest

from benchmarks.summary import DATA, TWEETS, holds, read_cases, rouge
from tests.support.shared import needs_shared
from zendesk_handoff.summary import summarize

#: The benchmark takes all cases, for half a minute.
_SOME = slice(None, None, 3)
SHARES = {"summary_task_dialogues": 0.30, "summary_cut_dialogues": 0.40}


@needs_shared(*(DATA / f"{name}.jsonl" for name in SHARES))
@pytest.mark.parametrize(("name", "share"), SHARES.items())
def test_most_facts_are_in_a_short_summary(name, share):
    cases = [case for case in read_cases(DATA / f"{name}.jsonl") if case.facts][_SOME]
    for way in (None, share):
        found, lengths = [], []
        for case in cases:
            budget = None if way is None else int(way * case.words)
            text = summarize(case.dialogue, max_words=budget)
            found += [holds(text, fact) for fact in case.facts]
            lengths.append(len(text.split()) / case.words)
        assert sum(found) / len(found) >= 0.85
        assert sum(lengths) / len(lengths) <= share


@needs_shared(DATA / f"{TWEETS}.jsonl")
def test_summaries_of_support_cases_resemble_those_of_people():
    best = [
        max(rouge(summarize(case.dialogue), reference)["R1"] for reference in case.references)
        for case in read_cases(DATA / f"{TWEETS}.jsonl")[_SOME]
    ]
    assert 100 * sum(best) / len(best) >= 30


def test_rouge_counts_words_and_their_order():
    assert rouge("the cat sat", "The cat sat.") == {"R1": 1.0, "R2": 1.0, "RL": 1.0}
    turned = rouge("sat cat the", "the cat sat")
    assert turned["R1"] == 1.0
    assert turned["R2"] == 0.0
    assert turned["RL"] == pytest.approx(1 / 3)
