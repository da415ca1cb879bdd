"""A developer who puts the plugin into a bot: types commands in the bot's folder, edits nothing."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tools.processes import QUIET, Process, free_port

#: Counts how many of the bot's own examples get their own intent, by the newest model.
_COUNT = """
import asyncio, sys
from rasa.core.agent import load_agent
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.model import get_latest_model

async def main():
    data = TrainingDataImporter.load_from_dict(
        {}, config_path="config.yml", domain_path="domain.yml", training_data_paths=["data"]
    ).get_nlu_data()
    examples = [each for each in data.intent_examples if each.get("intent")][::3]
    agent = await load_agent(model_path=get_latest_model("models"))
    right = 0
    for each in examples:
        found = await agent.parse_message(each.get("text"))
        right += found["intent"]["name"] == each.get("intent")
    print(right, len(examples))

asyncio.run(main())
"""


class Environment:
    """A virtual environment, whose commands come first and whose packages are all there is.

    Args:
        python: Its Python.
        minutes: How long it took to install the two wheels, beside a Rasa that was there.
    """

    def __init__(self, python: Path, minutes: float) -> None:
        self.python = python
        self.minutes = minutes
        outside = {"PYTHONPATH", "VIRTUAL_ENV", "ZENDESK_HANDOFF_CREDENTIALS"}
        kept = {name: value for name, value in os.environ.items() if name not in outside}
        self.env = {**kept, **QUIET, "PATH": f"{python.parent}{os.pathsep}{kept['PATH']}"}


@dataclass
class Adopter:
    """A bot's folder, the commands typed in it, and the servers that they have started.

    Args:
        folder: The bot.
        environment: Where Rasa and the wheels are installed.
    """

    folder: Path
    environment: Environment
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        ports = {name: free_port() for name in ("simulator", "actions", "rasa")}
        self.ports = ports
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}

    def types(self, command: str) -> str:
        """Run a command in the bot's folder, which must succeed; return what it has printed.

        Args:
            command: As it is typed.
        """
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env=self.environment.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0, f"{command}:\n{printed[-6000:]}"
        return done.stdout

    def text_of(self, response: str) -> str:
        """Look the text of a response up in the bot's own domain."""
        files = [self.folder / "domain.yml", *self.folder.glob("domain/*.yml")]
        domains = [yaml.safe_load(each.read_text()) for each in files if each.exists()]
        [text] = [
            each["responses"][response][0]["text"]
            for each in domains
            if response in each.get("responses", {})
        ]
        return str(text)

    def right_examples(self) -> tuple[int, int]:
        """Count the examples of the bot that its newest model gets right, and all of them."""
        done = subprocess.run(
            [self.environment.python, "-c", _COUNT],
            cwd=self.folder,
            env=self.environment.env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        right, tried = done.stdout.split()[-2:]
        return int(right), int(tried)

    def check(self) -> list[dict[str, Any]]:
        """Run ``zendesk-handoff check``, which finds no fault; return its findings."""
        printed = self.types("zendesk-handoff check --json")
        return [json.loads(line) for line in printed.splitlines()]

    def use_free_ports(self) -> None:
        """Let the action server have a port of its own: other tests run beside this one."""
        endpoints = self.folder / "endpoints.yml"
        text = endpoints.read_text()
        assert text.count(":5055/webhook") == 1
        endpoints.write_text(text.replace(":5055/webhook", f":{self.ports['actions']}/webhook"))

    def serves(self, name: str, command: str, *, health: str) -> None:
        """Start one of the servers, and wait for it.

        Args:
            name: ``simulator``, ``actions`` or ``rasa``.
            command: As it is typed, without the port.
            health: A path that answers once it is up.
        """
        target = f"{self.urls['rasa']}/api/v1/connectors/support/webhook"
        program, *arguments = command.split()
        process = Process(
            name,
            [str(self.environment.python.parent / program), *arguments, "--port", self._port(name)],
            self.urls[name] + health,
            self.folder.parent / f"{name}.log",
            env={**self.environment.env, "ZENDESK_WEBHOOK_TARGET": target, "PYTHONPATH": ""},
            folder=self.folder,
        )
        self.processes.append(process)
        process.start(timeout=900)  # the stock bot's model is heavy

    def stops(self) -> None:
        """Stop all servers."""
        for process in reversed(self.processes):
            process.stop()

    def _port(self, name: str) -> str:
        return str(self.ports[name])
