"""Imports in an environment without Rasa: what needs it says so, and the rest does without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zendesk_handoff.bounds import require
from zendesk_handoff.errors import MissingDependency

ROOT = Path(__file__).parent.parent
#: Python 3.10, and no distribution of Rasa Pro, whichever Rasa the tests run beside.
OPEN_SOURCE_ALONE = """
import importlib.metadata, sys
version = importlib.metadata.version
def other_than_pro(name):
    if name == "rasa-pro":
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = other_than_pro
sys.version_info = (3, 10, 13, "final", 0)
"""
NEEDS = {
    "actions": "rasa_sdk",
    "channels": "rasa",
    "importer": "rasa",
    "nlu": "rasa",
    "policies": "rasa",
    "rasa": "rasa",
    "webchat": "rasa",
}
#: Of the package ``calm`` the rest is for `init` and `check`, which need no Rasa.
CALM_NEEDS = {f"zendesk_handoff.calm.{name}" for name in ("commands", "generator", "options")}
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
        if module.name in {CALM_NEEDS}:
            continue
        yield module.name
        if module.ispkg:
            yield from names(importlib.import_module(module.name))

for name in names(zendesk_handoff):
    importlib.import_module(name)
    print(name)
"""


def run(code, *arguments, hidden=True, path="", input=None):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", (HIDE if hidden else "") + code, *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": f"{path}:{ROOT}" if path else str(ROOT)},
        input=input,
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
    done = run(f"sys.version_info = (3, 10, 13, 'final', 0)\nimport zendesk_handoff.{package}")
    last_line = done.stderr.strip().splitlines()[-1]
    assert last_line == (
        f"zendesk_handoff.errors.MissingDependency: zendesk_handoff.{package} needs the package "
        f"{needs}, which is not installed. Install it: pip install 'zendesk-handoff[rasa]'"
    )


@pytest.mark.parametrize("package", NEEDS)
def test_on_a_python_without_a_supported_rasa_nothing_is_to_be_installed(package):
    """pip would find no Rasa for it."""
    done = run(f"sys.version_info = (3, 15, 1, 'final', 0)\nimport zendesk_handoff.{package}")
    last_line = done.stderr.strip().splitlines()[-1]
    assert last_line.startswith("zendesk_handoff.errors.UnsupportedEnvironment: There is ")
    assert " on Python 3.15 here. This version of zendesk-handoff supports Rasa Open" in last_line


def test_the_command_generator_names_it_too():
    done = run("from zendesk_handoff.calm import HandoffCommandGenerator")
    assert "zendesk_handoff.calm needs the package rasa, which is not" in done.stderr


@pytest.mark.parametrize("package", NEEDS)
def test_on_a_newer_python_it_is_rasa_pro_that_is_missing(package):
    done = run(f"sys.version_info = (3, 12, 1, 'final', 0)\nimport zendesk_handoff.{package}")
    assert "pip install 'zendesk-handoff[rasa-pro]'" in done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("package", ["importer", "nlu", "policies"])
def test_an_unsupported_rasa_is_named_before_its_modules_are_imported(package, tmp_path):
    """As Rasa Pro's, which has moved them."""
    (tmp_path / "rasa").mkdir()
    (tmp_path / "rasa" / "__init__.py").write_text("__version__ = '3.99.1'\n")
    code = f"{OPEN_SOURCE_ALONE}\nimport zendesk_handoff.{package}"
    done = run(code, hidden=False, path=tmp_path)
    assert "UnsupportedEnvironment: There is Rasa 3.99.1 on Python 3.10 here." in done.stderr


def test_the_command_line_works_without_rasa():
    line = '{"turns": [{"speaker": "user", "text": "where is order 10234?"}]}'
    code = "from zendesk_handoff.cli import app\napp()"
    done = run(code, "summarize", "-", input=line)
    assert done.returncode == 0 and "10234" in done.stdout, done.stderr
    done = run(code, "sessions", "--credentials", "no-such.yml")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert str(ROOT / "no-such.yml") in done.stderr, "the path that was looked at"


def test_a_missing_dependency_is_an_import_error():
    with pytest.raises(ImportError) as caught:
        require("a_package_that_nobody_has", extra="rasa", by=__name__)
    assert isinstance(caught.value, MissingDependency)


def test_a_dependency_that_misses_its_own_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_nobody_has"):
        require("half_installed", extra="rasa", by=__name__)
