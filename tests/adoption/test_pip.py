"""Installation with pip beside Rasa: the wheel changes no package of Rasa's.

pip takes the newest releases that the wheel's metadata allows, as it does for a bot's developer.
Pinned versions would hide a release that needs more than Rasa 3.6 has.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.environments import build_wheel, make_environment

# Without a cache, all of Rasa is downloaded.
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(600)]

BOTH_STORES = """
import asyncio
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from zendesk_handoff.channels import ZendeskInput
from zendesk_handoff.store import open_store

async def main():
    trackers = SQLTrackerStore(Domain.empty(), db="rasa.db")
    tracker = DialogueStateTracker("user", None)
    tracker.update(UserUttered("hello"))
    await trackers.save(tracker)
    async with await open_store("sqlite:///handoff.db") as store:
        await store.pending.add("user", {"text": "hello too"})
        [pending] = await store.pending.claim("user", "rest")
    found = await trackers.retrieve("user")
    print(found.latest_message.text, "and", pending.body["text"])

asyncio.run(main())
"""


class Environment:
    """A virtual environment and its own pip."""

    def __init__(self, python: Path) -> None:
        self.python = python

    def run(self, *arguments: str | Path, check: bool = True) -> str:
        done = subprocess.run(
            [self.python, *arguments], cwd=self.python.parent, capture_output=True, text=True
        )
        assert done.returncode == 0 or not check, (done.stdout + done.stderr)[-4000:]
        return done.stdout

    def versions(self) -> dict[str, str]:
        listed = json.loads(self.run("-m", "pip", "list", "--format=json"))
        return {each["name"].lower(): each["version"] for each in listed}

    def conflicts(self) -> set[str]:
        return set(self.run("-m", "pip", "check", check=False).splitlines())


@pytest.fixture(scope="module")
def with_rasa(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("beside") / "environment"
    pinned = ("--constraints", "requirements/dev.txt")
    return Environment(make_environment(folder, "rasa==3.6.21", *pinned))


def test_pip_changes_no_package_of_rasa(with_rasa, tmp_path):
    wheel = build_wheel(tmp_path)
    versions, conflicts = with_rasa.versions(), with_rasa.conflicts()
    assert versions["rasa"] == "3.6.21"
    assert "zendesk-handoff" not in versions and "alembic" not in versions

    with_rasa.run("-m", "pip", "install", "-q", wheel)

    after = with_rasa.versions()
    assert "zendesk-handoff" in after
    assert {name: after.get(name) for name in versions} == versions
    assert with_rasa.conflicts() <= conflicts | {"No broken requirements found."}
    assert with_rasa.run("-c", BOTH_STORES).splitlines()[-1] == "hello and hello too"
