"""The demo bot: its training data are valid, and its test stories pass."""

from __future__ import annotations

import os

import pytest

from tools.forked_rasa import ForkedRasa
from tools.paths import MODEL, ROOT
from tools.processes import QUIET


@pytest.fixture
def rasa(tmp_path):
    """Run a command of Rasa's; it must succeed."""

    def run(*arguments):
        log = tmp_path / "rasa.log"
        process = ForkedRasa(list(arguments), cwd=ROOT, env={**os.environ, **QUIET}, log=log)
        process.wait(200)
        assert process.poll() == 0, log.read_text()[-5000:]

    return run


def test_the_training_data_are_valid(rasa):
    rasa("data", "validate", "--fail-on-warnings")


def test_the_stories_pass(rasa, tmp_path):
    rasa(
        *("test", "core", "--model", str(MODEL), "--stories", "tests/stories"),
        *("--out", str(tmp_path), "--fail-on-prediction-errors"),
    )
    assert "failed" not in (tmp_path / "failed_test_stories.yml").read_text() or (
        "None of the test stories failed" in (tmp_path / "failed_test_stories.yml").read_text()
    )
