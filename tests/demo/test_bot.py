"""The demo bot: its training data are valid, and its test stories pass."""

from __future__ import annotations

import os
import subprocess

import pytest

from tools.paths import MODEL, ROOT
from tools.processes import QUIET, RASA


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RASA, *arguments],
        cwd=ROOT,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_training_data_are_valid():
    done = run("data", "validate", "--fail-on-warnings")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]


@pytest.mark.timeout(240)
def test_the_stories_pass(tmp_path):
    done = run(
        *("test", "core", "--model", str(MODEL), "--stories", "tests/stories"),
        *("--out", str(tmp_path), "--fail-on-prediction-errors"),
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert "failed" not in (tmp_path / "failed_test_stories.yml").read_text() or (
        "None of the test stories failed" in (tmp_path / "failed_test_stories.yml").read_text()
    )
