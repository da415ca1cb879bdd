"""The plugin in another bot: the wheel is installed and README.md followed literally."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from simulator import SimulatorClient
from tests.support.environments import build_wheel
from tests.support.servers import post
from tests.support.users import RestUser
from tests.support.waiting import until
from tools.paths import ROOT
from tools.processes import QUIET, Process, free_port

pytestmark = pytest.mark.timeout(300)  # the first test trains the bot

OTHER_BOT = ROOT / "tests" / "otherbot"
README = (ROOT / "README.md").read_text()
SECTION = README.partition("\n## Add it to your bot\n")[2].partition("\n## ")[0]
INTENT = (ROOT / "docs/intent.md").read_text().partition("\nIn a bot of your own")[2]
NLU = re.findall(r"`(data/nlu/\w+\.yml)`", INTENT.partition("```")[0])
SECRETS = {
    "ZENDESK_KEY_SECRET": "key-secret-of-the-library",
    "ZENDESK_WEBHOOK_SECRET": "webhook-secret-of-the-library",
}


def blocks(page: str) -> dict[str, Any]:
    """Extract the YAML blocks of a page, by the file that their first line names."""
    found = re.findall(r"```yaml\n# ([\w/]+\.yml)[^\n]*\n(.*?)```", page, re.DOTALL)
    return {file: yaml.safe_load(block) for file, block in found}


def quoted(file: str) -> list[str]:
    """Extract the code that the section's table quotes for a file."""
    [cell] = re.findall(rf"^\| `{re.escape(file)}` \| (.*) \|$", SECTION, re.MULTILINE)
    return re.findall(r"`([^`]+)`", cell)


def add(old: Any, new: Any) -> Any:
    """Merge two YAML files; the items of lists are concatenated without duplicates."""
    if isinstance(old, dict):
        return old | {key: add(old[key], new[key]) if key in old else new[key] for key in new}
    return [*old, *(item for item in new if item not in old)]


@dataclass
class Library:
    """The other bot, its servers, and a Zendesk."""

    folder: Path
    site: Path
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        ports = {name: free_port() for name in ("simulator", "actions", "rasa")}
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        paths = os.pathsep.join(map(str, (self.site, self.folder)))
        self.env = {**SECRETS, "PYTHONPATH": paths}

    def add_plugin(self) -> None:
        """Follow the README, with the addresses of this machine."""
        for file, block in blocks(SECTION).items():
            self._write(file, add(self._read(file), block))
        self._write("config.yml", add(blocks(INTENT)["config.yml"], self._read("config.yml")))
        for file in NLU:
            shutil.copy(ROOT / file, self.folder / "data")
        line = next(each for each in quoted("actions/__init__.py") if "import" in each)
        with (self.folder / "actions" / "__init__.py").open("a") as module:
            module.write(f"{line}\n")
        zendesk, webchat = (name.rstrip(":") for name in quoted("credentials.yml"))
        [shown] = re.findall(rf"```yaml\n({re.escape(zendesk)}:.*?)```", README, re.DOTALL)
        block = yaml.safe_load(shown)[zendesk]
        block["public_url"] = self.urls["rasa"]
        block["connectors"]["support"]["base_url"] = f"{self.urls['simulator']}/sc"
        self._write("credentials.yml", {"rest": None, zendesk: block, webchat: None})
        endpoint = next(each for each in quoted("endpoints.yml") if "action_endpoint" in each)
        self._write(
            "endpoints.yml", endpoint.replace("http://127.0.0.1:5055", self.urls["actions"])
        )
        self.connector = block["connectors"]["support"]

    def open_account(self) -> None:
        """Create the Zendesk account of the README's connector."""
        webhook = {
            "name": "Rasa handoff",
            "target": f"{self.urls['rasa']}/api/v1/connectors/support/webhook",
            "secret": SECRETS["ZENDESK_WEBHOOK_SECRET"],
        }
        account = {
            "id": self.connector["app_id"],
            "label": self.connector["subdomain"],
            "keys": [{"id": self.connector["key_id"], "secret": SECRETS["ZENDESK_KEY_SECRET"]}],
            "integrations": [webhook],
        }
        post(f"{self.urls['simulator']}/sim/apps", account)

    def run(self, *arguments: str) -> str:
        """Run Python in the bot's folder."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, **QUIET, **self.env},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout

    def serve(self, name: str, *arguments: str, health: str = "/", folder: Path = ROOT) -> None:
        command = [sys.executable, "-m", *arguments, "--port", self.urls[name].rpartition(":")[2]]
        log = self.folder.parent / f"{name}.log"
        env = {} if folder == ROOT else self.env
        self.processes.append(
            Process(name, command, self.urls[name] + health, log, env=env, folder=folder)
        )
        self.processes[-1].start()

    def _read(self, file: str) -> Any:
        return yaml.safe_load((self.folder / file).read_text())

    def _write(self, file: str, content: Any) -> None:
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (self.folder / file).write_text(text)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that contains only the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(folder)
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def library(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("library") / "bot"
    shutil.copytree(OTHER_BOT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    bot = Library(folder, site)
    try:
        bot.add_plugin()
        bot.serve("simulator", "simulator")
        bot.open_account()
        bot.run("-m", "rasa", "train", "--quiet")
        bot.serve("actions", "rasa_sdk", "--actions", "actions", health="/health", folder=folder)
        bot.serve(
            *("rasa", "rasa", "run", "--enable-api", "-i", "127.0.0.1"),
            health="/webhooks/zendesk/",
            folder=folder,
        )
        yield bot
    finally:
        for process in reversed(bot.processes):
            process.stop()


@pytest.fixture
async def sim(library: Library) -> AsyncIterator[SimulatorClient]:
    async with SimulatorClient(library.urls["simulator"]) as client:
        yield client


@pytest.fixture
def user(library: Library, http: aiohttp.ClientSession) -> RestUser:
    return RestUser(library.urls["rasa"], http)


def said_by(name: str) -> str:
    """Extract a response from the README's domain."""
    return str(blocks(SECTION)["domain.yml"]["responses"][name][0]["text"])


def test_the_code_is_the_wheels(library):
    names = ["zendesk_handoff", "zendesk_handoff.channels", "zendesk_handoff.policies", "actions"]
    code = f"from importlib.util import find_spec; print(*(find_spec(n).origin for n in {names}))"
    *ours, theirs = map(Path, library.run("-c", code).split())
    assert all(file.is_relative_to(library.site) for file in ours)
    assert theirs.is_relative_to(library.folder)


async def test_handover_and_return(library, sim, user):
    assert await user.says("hello library") == ["Welcome to the library."]
    assert await user.says("which shelf is my book on") == ["It is on shelf seven."]

    assert await user.says("let me talk to a person") == [said_by("utter_handoff_started")]
    talk = await sim.wait_for_conversation(
        library.connector["app_id"], lambda one: one["user"]["externalId"] == user.sender
    )
    await sim.agent_text(talk["id"], "Which book is it?")
    await user.hears("Which book is it?", asking="hello library")
    await sim.end_session(talk["id"])
    await user.hears(said_by("utter_handoff_ended"))

    async def answers() -> bool:
        return await user.says("which shelf is my book on") == ["It is on shelf seven."]

    await until(answers)


async def test_a_frustrated_user_gets_an_offer(user):
    await user.says("do you have this book")
    replies = await user.says("stupid bot, this is USELESS!!!")
    assert replies == [said_by("utter_handoff_offer")]
    assert await user.says("yes please") == [said_by("utter_handoff_started")]


async def test_the_chat_page_is_complete(library, http):
    async with http.get(f"{library.urls['rasa']}/webhooks/webchat/") as answer:
        page = await answer.text()
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page):
        async with http.get(library.urls["rasa"] + asset) as answer:
            assert (answer.status, asset) == (200, asset)


def test_the_wheel_holds_the_package_and_nothing_beside_it(site):
    package, metadata = sorted(site.iterdir())
    assert package.name == "zendesk_handoff"
    assert re.fullmatch(r"zendesk_handoff-[\d.]+\.dist-info", metadata.name)
    assert (metadata / "licenses" / "LICENSE").is_file()
    for file in (
        "py.typed",
        "webchat/static/index.html",
        "webchat/static/deepChat.bundle.js",
        "store/engine/migrations/env.py",
        "summary/languages/de.json",
        "summary/languages/de.txt",
        "frustration/words/de.txt",
    ):
        assert (package / file).is_file(), file
    versions = "zendesk_handoff/store/engine/migrations/versions/*.py"
    shipped, written = ({file.name for file in each.glob(versions)} for each in (site, ROOT))
    assert shipped == written
    assert not list(package.rglob("node_modules"))
