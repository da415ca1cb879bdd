"""The models that ship with the package are the ones that this repository's examples give."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.wish.fitting import KINDS, MODELS, fit, read_all
from tests.support.servers import ROOT
from zendesk_handoff.wish.kinds import Kind
from zendesk_handoff.wish.model import LANGUAGES, models


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_is_fitted_on_the_examples(language):
    stored = json.loads((MODELS / f"{language}.json").read_text("utf-8"))
    assert stored["fingerprint"] == read_all(language).fingerprint, (
        "benchmarks/wish or data/nlu has changed: run `python -m benchmarks.intent --fit`"
    )


def test_a_fit_tells_the_kinds_apart():
    rows = [frozenset({"w:agent", "w:my"}), frozenset({"w:agent"}), frozenset({"w:lamp"})] * 6
    kinds = np.array(list(map(KINDS.index, (Kind.PAST, Kind.EXPLICIT, Kind.OTHER) * 6)))
    fitted = fit(rows, kinds, np.ones(len(rows)))
    found = fitted.probabilities([frozenset({"w:agent"}), frozenset({"w:agent", "w:my"})])
    assert [KINDS[place] for place in found.argmax(axis=1)] == [Kind.EXPLICIT, Kind.PAST]
    assert found.sum(axis=1) == pytest.approx(1)


def test_each_row_of_weights_has_every_kind():
    for model in models():
        assert {len(row) for row in model.weights.values()} == {len(KINDS)}
        assert len(model.intercepts) == len(KINDS)


def test_the_files_are_small():
    assert sum(file.stat().st_size for file in MODELS.iterdir()) < 4_000_000


def test_reading_needs_neither_rasa_nor_a_numerical_library():
    code = (
        "import sys; from zendesk_handoff import wish; assert wish.read('a human please').is_sure;"
        "print(*({'rasa', 'sklearn', 'scipy', 'tensorflow', 'sanic'} & sys.modules.keys()))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert (found.returncode, found.stdout.strip()) == (0, ""), found.stderr
