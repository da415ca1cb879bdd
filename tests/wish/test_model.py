"""The model that ships with the package is the one that this repository's examples give."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.wish_fitting import MODEL, features_of_all, fit, operating_point, read_examples
from tests.support.servers import ROOT
from zendesk_handoff.wish.model import model


def test_the_model_is_fitted_on_the_examples():
    examples = read_examples()
    fitted = fit(features_of_all(examples), examples.wanted)
    shipped = model()
    assert shipped.lexicon.words == examples.words
    assert shipped.intercept == pytest.approx(fitted.intercept, abs=0.01)
    new = dict(zip(fitted.keys, fitted.weights, strict=True))
    assert shipped.weights.keys() <= new.keys()
    worst = max(abs(weight - shipped.weights.get(key, 0.0)) for key, weight in new.items())
    assert worst < 0.01, "data/nlu has changed: run `python -m benchmarks.intent --fit`"


def test_the_operating_point_has_the_wanted_precision():
    confidences = np.array([0.9, 0.8, 0.7, 0.6] * 10)
    wanted = np.array([True, True, True, False] * 10)
    assert operating_point(confidences, wanted) == 0.7


def test_the_file_is_small():
    assert MODEL.stat().st_size < 4_000_000
    stored = json.loads(MODEL.read_text("utf-8"))
    assert 0.5 < stored["threshold"] < 1


def test_reading_needs_neither_rasa_nor_a_numerical_library():
    code = (
        "import sys; from zendesk_handoff import wish; assert wish.read('a human please').is_sure;"
        "print(*({'rasa', 'sklearn', 'scipy', 'tensorflow', 'sanic'} & sys.modules.keys()))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert (found.returncode, found.stdout.strip()) == (0, ""), found.stderr
