"""The store's tests under SQLAlchemy 2, in an environment without Rasa, which requires 1.4."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.databases import postgresql_answers
from tests.support.environments import make_environment
from tests.support.servers import ROOT

pytestmark = [pytest.mark.timeout(600), pytest.mark.exhaustive]

MODULES = [
    "store",
    "batches",
    "indexes",
    "migrations",
    "postgresql",
    "reports",
    "requests",
    "upgrade",
]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sqlalchemy2") / "environment"
    pinned = ("--require-hashes", "-r", "requirements/sqlalchemy2.txt")
    return make_environment(folder, *pinned)


@pytest.mark.parametrize("which", ["not postgres", "postgres"])
def test_the_tests_of_the_store_pass(which, python):
    if which == "postgres" and not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")
    version = "import sqlalchemy; print(sqlalchemy.__version__)"
    assert subprocess.check_output([python, "-c", version], text=True).startswith("2.")

    files = [f"tests/store/test_{name}.py" for name in MODULES]
    finished = subprocess.run(
        [python, "-m", "pytest", "-q", "-k", which, "-p", "no:cacheprovider", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, (finished.stdout + finished.stderr)[-8000:]
    assert " passed" in finished.stdout and " skipped" not in finished.stdout
