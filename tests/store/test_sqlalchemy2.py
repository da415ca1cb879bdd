"""The store under SQLAlchemy 2: its own tests, in an environment without Rasa, which has 1.4."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.databases import postgresql_answers
from tests.support.environments import make_environment
from tests.support.servers import ROOT

pytestmark = pytest.mark.timeout(600)

MODULES = ["store", "batches", "migrations", "postgresql", "reports"]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sqlalchemy2") / "environment"
    pinned = ("--require-hashes", "-r", "requirements/sqlalchemy2.txt")
    return make_environment(folder, *pinned)


@pytest.mark.parametrize("which", ["not postgres", "postgres"])
def test_the_stores_own_tests_pass(which, python):
    if which == "postgres" and not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")
    version = "import sqlalchemy; print(sqlalchemy.__version__)"
    assert subprocess.check_output([python, "-c", version], text=True).startswith("2.")

    files = [f"tests/store/test_{name}.py" for name in MODULES]
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-k", which, "-p", "no:cacheprovider", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]
    assert " passed" in done.stdout and " skipped" not in done.stdout
