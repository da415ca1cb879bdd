"""The test run's end: what fails CI, and which optional tests are counted and named."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tools.paths import ROOT, SHARED_VARIABLE

CONFTEST = """
from tests.support.shared import check_shared

def pytest_runtest_setup(item):
    check_shared(item)
"""
TESTS = """
import pytest
from tests.support.shared import needs_shared

@needs_shared("data/*.jsonl")
def test_optional():
    pass

def test_ordinary():
    pass
"""
SKIPPED = """
def test_skipped():
    pytest.skip("no database")
"""


@pytest.fixture
def run(tmp_path):
    def run(tests, *, shared=tmp_path / "absent", ci="true", workers=0):
        (tmp_path / "conftest.py").write_text(CONFTEST)
        (tmp_path / "test_sample.py").write_text(tests)
        arguments = [str(tmp_path), "-q", "-n", str(workers), "-c", "pyproject.toml"]
        done = subprocess.run(
            [sys.executable, "tools/test.py", *arguments, "-p", "no:cacheprovider"],
            cwd=ROOT,
            env={**os.environ, "CI": ci, SHARED_VARIABLE: str(shared)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout

    return run


def section(output, title):
    """Read the lines below a title."""
    [found] = [part for part in output.split("\n\n") if part.startswith(title)]
    return found.splitlines()


@pytest.mark.parametrize("workers", [0, 1])
def test_ci_passes_without_the_folder_and_names_what_was_left_out(run, workers):
    code, output = run(TESTS, workers=workers)
    assert code == 0, output
    title, line = section(output, "Tests left out")
    assert title.endswith(": 1")
    assert line.startswith("  1 x ") and line.endswith("test_sample.py")


def test_what_ran_with_the_folder_is_named_too(run, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "some.jsonl").touch()
    code, output = run(TESTS, shared=tmp_path)
    assert code == 0, output
    assert section(output, "Tests that used ../shared")[0].endswith(": 1")
    assert "left out" not in output


def test_a_file_that_is_missing_in_the_folder_fails_ci(run, tmp_path):
    code, output = run(TESTS, shared=tmp_path)
    assert code == 1, output
    assert "missing in the folder ../shared: data/*.jsonl" in output


@pytest.mark.parametrize(("ci", "expected"), [("true", 1), ("", 0)])
def test_any_other_skip_fails_ci_only(run, ci, expected):
    code, output = run(TESTS + SKIPPED, ci=ci)
    assert code == expected, output
    assert "1 x no database" in output


def test_a_failure_stays_one(run):
    code, _ = run(TESTS + "def test_failing():\n    assert False\n", ci="")
    assert code == 1
