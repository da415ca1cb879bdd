"""The package's root: every public name, and no Rasa needed for those that work without it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import zendesk_handoff

WITHOUT_RASA = {
    "ConversationsClient",
    "ConversationsError",
    "HandoffError",
    "KnownUser",
    "Limits",
    "MediaLimit",
    "NotDelivered",
    "Place",
    "Settings",
    "SettingsError",
    "UserContent",
    "UserFile",
    "__version__",
    "load_settings",
}

_HIDDEN = """
import importlib.abc, sys

HIDDEN = {"rasa", "rasa_sdk", "sanic"}

class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hide())
import zendesk_handoff
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _HIDDEN + code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", zendesk_handoff.__all__)
def test_every_public_name_is_importable(name):
    namespace: dict[str, object] = {}
    exec(f"from zendesk_handoff import {name}", namespace)
    assert namespace[name] is not None
    assert name in dir(zendesk_handoff)


def test_the_public_names_are_sorted_and_resolve_to_their_modules():
    names = zendesk_handoff.__all__
    assert names == sorted(set(names))
    from zendesk_handoff.channels import ZendeskInput
    from zendesk_handoff.rasa.lock_store import AtomicRedisLockStore

    assert zendesk_handoff.ZendeskInput is ZendeskInput
    assert zendesk_handoff.AtomicRedisLockStore is AtomicRedisLockStore


def test_the_version_is_the_distributions():
    assert zendesk_handoff.__version__ == version("zendesk-handoff")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'ZendeskOutput'"):
        _ = zendesk_handoff.ZendeskOutput


def test_importing_the_package_imports_nothing_else():
    loaded = run("print(*(m for m in sys.modules if m.startswith('zendesk_handoff')))")
    assert loaded.split() == ["zendesk_handoff"]


@pytest.mark.parametrize("name", sorted(WITHOUT_RASA))
def test_the_names_that_work_without_rasa(name):
    assert run(f"print(zendesk_handoff.{name} is not None)").strip() == "True"


@pytest.mark.parametrize("name", sorted({*zendesk_handoff.__all__} - WITHOUT_RASA))
def test_the_others_fail_where_rasa_is_missing(name):
    code = f"""
try:
    zendesk_handoff.{name}
except ImportError as error:
    print("refused")
except Exception as error:
    print(type(error).__name__)
"""
    assert run(code).strip() in {"refused", "UnsupportedEnvironment"}
