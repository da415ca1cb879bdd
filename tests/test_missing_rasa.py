"""Imports in an environment without Rasa: what needs it says so, and the rest does without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zendesk_handoff.bounds import require
from zendesk_handoff.errors import MissingDependency

ROOT = Path(__file__).parent.parent
NEEDS = {
    "actions": "rasa_sdk",
    "channels": "rasa",
    "nlu": "rasa",
    "policies": "rasa",
    "rasa": "rasa",
    "webchat": "rasa",
}
HIDE = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"rasa", "rasa_sdk", "sanic"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""
#: Migrations are scripts that Alembic runs, and ``__main__`` is the command line.
IMPORT_THE_REST = f"""
import importlib, pkgutil, zendesk_handoff

def names(package):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        last = module.name.rpartition(".")[2]
        if last in {{"__main__", "migrations"}} or module.name.split(".")[1] in {set(NEEDS)}:
            continue
        yield module.name
        if module.ispkg:
            yield from names(importlib.import_module(module.name))

for name in names(zendesk_handoff):
    importlib.import_module(name)
    print(name)
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HIDE + code],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_everything_else_is_imported_without_rasa():
    done = run(IMPORT_THE_REST)
    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.split())
    for name in ("cli.app", "handover.forward", "store.engine.database", "summary.llm", "errors"):
        assert f"zendesk_handoff.{name}" in imported


@pytest.mark.parametrize(("package", "needs"), NEEDS.items())
def test_what_needs_rasa_names_the_command_that_installs_it(package, needs):
    done = run(f"import zendesk_handoff.{package}")
    last_line = done.stderr.strip().splitlines()[-1]
    assert last_line == (
        f"zendesk_handoff.errors.MissingDependency: zendesk_handoff.{package} needs the package "
        f"{needs}, which is not installed. Install the plugin's wheel with the "
        "extra rasa: pip install 'zendesk-handoff[rasa] @ file:///path/to/the/wheel'"
    )


def test_a_missing_dependency_is_an_import_error():
    with pytest.raises(ImportError) as caught:
        require("a_package_that_nobody_has", extra="rasa", by=__name__)
    assert isinstance(caught.value, MissingDependency)


def test_a_dependency_that_misses_its_own_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_nobody_has"):
        require("half_installed", extra="rasa", by=__name__)
