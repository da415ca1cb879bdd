"""The demo bot itself: its data are consistent, and its conversations go as written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import MODEL, ROOT

RASA = str(Path(sys.executable).parent / "rasa")
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RASA, *arguments],
        cwd=ROOT,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_data_are_valid():
    done = run("data", "validate", "--fail-on-warnings")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]


@pytest.mark.timeout(240)
def test_the_conversations_go_as_written(tmp_path):
    done = run(
        *("test", "core", "--model", str(MODEL), "--stories", "tests/stories"),
        *("--out", str(tmp_path), "--fail-on-prediction-errors"),
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert "failed" not in (tmp_path / "failed_test_stories.yml").read_text() or (
        "None of the test stories failed" in (tmp_path / "failed_test_stories.yml").read_text()
    )
