"""Unsupported environments are rejected, with a sentence that names them."""

from __future__ import annotations

import functools
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from types import SimpleNamespace

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

import pytest
from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor

from tests.support.engine import make_agent
from zendesk_handoff import bounds
from zendesk_handoff.bounds import (
    OPEN_SOURCE,
    PRO,
    SUPPORTED,
    Installed,
    check_bounds,
    check_wrapped,
    defining_classes,
)
from zendesk_handoff.channels import ZendeskInput
from zendesk_handoff.errors import UnsupportedEnvironment
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.compat import processor_classes
from zendesk_handoff.rasa.start_errors import UnsupportedRasa

ROOT = Path(__file__).parent.parent
#: Imports the channels of a Rasa whose modules have other names; run in a process of its own.
MOVED = """
import rasa.core.lock_store as moved
del moved.LockError
import channels
"""


def test_this_environment_is_supported():
    check_bounds()
    hooks.check_rasa()


@pytest.mark.parametrize("rasa", ["3.6.20", "3.6.21", "3.6.21.dev2", "3.6.99"])
def test_supported(rasa):
    check_bounds(Installed((3, 10, 13), rasa))


@pytest.mark.parametrize("python", [(3, 11, 2), (3, 12, 1), (3, 13, 0), (3, 14, 10)])
@pytest.mark.parametrize("rasa", ["3.20.0", "3.20.5", "3.21.0", "3.21.0rc1", "3.99.1"])
def test_supported_rasa_pro(python, rasa):
    check_bounds(Installed(python, rasa, rasa))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Installed((3, 11, 7), "3.19.9", "3.19.9"), "Rasa Pro 3.19.9 on Python 3.11"),
        (Installed((3, 10, 13), "3.20.5", "3.20.5"), "Rasa Pro 3.20.5 on Python 3.10"),
        (Installed((3, 15, 0), "3.21.0", "3.21.0"), "Rasa Pro 3.21.0 on Python 3.15"),
        (Installed((3, 11, 7), "4.0.0", "4.0.0"), "Rasa Pro 4.0.0 on Python 3.11"),
        (Installed((3, 10, 13), "3.6.21", "3.7.0"), "Rasa Pro 3.7.0 on Python 3.10"),
        (Installed((3, 10, 13), "3.7.0b1"), "Rasa 3.7.0b1 on Python 3.10"),
        (Installed((3, 10, 13), "3.10.1"), "Rasa 3.10.1 on Python 3.10"),
        (Installed((3, 10, 13), "3.6.2"), "Rasa 3.6.2 on Python 3.10"),
        (Installed((3, 11, 7), "3.6.21"), "Rasa 3.6.21 on Python 3.11"),
        (Installed((3, 10, 13), "local"), "Rasa local on Python 3.10"),
        (Installed((3, 10, 13), None), "no Rasa on Python 3.10"),
    ],
)
def test_the_error_names_what_is_installed_and_what_is_supported(found, words):
    with pytest.raises(UnsupportedEnvironment) as refused:
        check_bounds(found)
    assert words in str(refused.value)
    assert str(OPEN_SOURCE) in str(refused.value)
    assert str(PRO) in str(refused.value)
    assert "take ZendeskInput out of credentials.yml" in str(refused.value)


def test_rasa_prints_the_error_without_a_traceback(monkeypatch):
    """Rasa prints a ``RasaException`` without a traceback, and ends with 1."""
    monkeypatch.setattr(bounds, "installed", lambda: Installed((3, 11, 7), "3.19.5", "3.19.5"))
    with pytest.raises(UnsupportedRasa, match=r"Rasa Pro 3\.19\.5"):
        ZendeskInput.from_credentials({})
    with pytest.raises(UnsupportedEnvironment):
        hooks.install(object(), object())


def run(code, *path):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": ":".join(map(str, (ROOT, *path))), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_rasa_that_has_moved_its_modules_is_named(tmp_path):
    metadata = tmp_path / "rasa_pro-4.0.1.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: rasa-pro\nVersion: 4.0.1\n")
    done = run(MOVED, tmp_path)
    assert done.returncode == 1
    assert "UnsupportedEnvironment: There is Rasa Pro 4.0.1" in done.stderr


def test_the_table_needs_no_rasa():
    done = run("import sys, zendesk_handoff.bounds; print('rasa' in sys.modules)")
    assert done.stdout == "False\n", done.stderr


class Base:
    async def inherited(self): ...


class Abstract(Base, ABC):
    """As Rasa Pro's ``MessageProcessor`` is: its subclasses handle messages."""

    @abstractmethod
    async def handle_message(self): ...


class Concrete(Abstract):
    async def handle_message(self): ...

    def no_coroutine(self): ...


class Traced(Concrete):
    """As tracing makes of Rasa Pro's ``CalmMessageProcessor``."""

    handle_message = Concrete.handle_message


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Abstract, "handle_message"),
        (Abstract, "inherited"),
        (Concrete, "no_coroutine"),
        (Concrete, "absent"),
    ],
)
def test_a_method_that_would_not_run_is_not_wrapped(owner, name):
    with pytest.raises(UnsupportedEnvironment, match=rf"{owner.__name__}\.{name} is not what"):
        defining_classes(owner, name)


def test_a_method_is_wrapped_in_each_class_that_defines_it():
    assert defining_classes(Concrete, "handle_message") == [Concrete]
    assert defining_classes(Traced, "handle_message") == [Traced, Concrete]
    assert defining_classes(Traced, "inherited") == [Base]


def test_the_router_is_not_installed_on_an_abstract_class(monkeypatch):
    class ProProcessor(MessageProcessor, ABC):
        @abstractmethod
        async def handle_message(self, message): ...

    monkeypatch.setattr(hooks, "processor_classes", lambda: [ProProcessor])
    before = Agent.handle_message
    with pytest.raises(UnsupportedEnvironment):
        hooks.install(object(), object())
    assert Agent.handle_message is before


def traced(method):
    @functools.wraps(method)
    async def call(*arguments):
        return await method(*arguments)

    return call


def test_a_wrapper_inside_a_tracing_decorator_is_found():
    async def wrapper(self): ...

    class Traced:
        handle_message = traced(traced(wrapper))

    check_wrapped(Traced, "handle_message", [wrapper])
    Traced.handle_message = traced(Concrete.handle_message)
    with pytest.raises(UnsupportedEnvironment, match="not zendesk-handoff's"):
        check_wrapped(Traced, "handle_message", [wrapper])


@pytest.fixture
def installed():
    hooks.install(object(), object())
    yield
    hooks.uninstall()


@pytest.mark.parametrize(
    "name", ["handle_message", "trigger_external_user_uttered", "execute_action"]
)
async def test_a_processor_that_bypasses_the_router_is_rejected(installed, name):
    async def own_way(*_arguments):
        raise AssertionError("the bot received the message")

    agent = Agent()
    hooks.check_agent(agent)  # no model yet
    agent.processor = make_agent().processor
    hooks.check_agent(agent)
    # As a model that is loaded later may bring it.
    agent.processor = object.__new__(type("Other", (processor_classes()[-1],), {name: own_way}))
    with pytest.raises(UnsupportedEnvironment, match=rf"Other\.{name} is not zendesk-handoff's"):
        hooks.check_agent(agent)
    with pytest.raises(UnsupportedEnvironment):
        await agent.handle_message(SimpleNamespace(sender_id="user"))


def test_an_agent_that_bypasses_the_router_is_rejected(installed):
    async def own_way(*_arguments): ...

    other = object.__new__(type("Other", (Agent,), {"handle_message": own_way}))
    other.processor = None
    sentence = r"Other\.handle_message is not zendesk-handoff's"
    with pytest.raises(UnsupportedEnvironment, match=sentence):
        hooks.check_agent(other)


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("pair", SUPPORTED, ids=lambda pair: pair.distribution)
def test_an_extra_has_the_bounds_of_the_table(pair):
    assert PROJECT["optional-dependencies"][pair.distribution] == [pair.requirement]


def test_requires_python_has_the_lowest_python_of_the_table():
    major, minor = min(pair.python for pair in SUPPORTED)
    assert PROJECT["requires-python"] == f">={major}.{minor}"
