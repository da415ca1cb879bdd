"""Real servers for the tests, on free ports: simulator, action server, Rasa server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.preloaded import Preloaded
from zendesk_handoff.failpoints import FAILPOINT_VARIABLE

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "demo.tar.gz"
#: The command of this environment.
RASA = str(Path(sys.executable).parent / "rasa")
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
    "PYTHONUNBUFFERED": "1",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """A server in a process of its own, with its output in a file.

    Args:
        ready: An address that answers 200 once the server is up.
        folder: Where it runs.
    """

    name: str
    command: list[str]
    ready: str
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    running: subprocess.Popen[bytes] | Preloaded | None = None

    def start(self, *, patience: float = 240.0) -> None:
        self.running = self._run({**os.environ, **QUIET, **self.env})
        deadline = time.monotonic() + patience
        while not answers(self.ready):
            if self.running.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.2)

    def _run(self, env: dict[str, str]) -> subprocess.Popen[bytes] | Preloaded:
        program, *arguments = self.command
        if program == RASA:
            return Preloaded(arguments, cwd=self.folder, env=env, log=self.log)
        with self.log.open("ab") as output:
            return subprocess.Popen(
                self.command, cwd=self.folder, env=env, stdout=output, stderr=subprocess.STDOUT
            )

    def stop(self, *, kill: bool = False) -> None:
        if self.running is None:
            return
        if kill:
            self.running.kill()
        else:
            self.running.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.running.wait(20)
        self.running.kill()
        self.running = None


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def post(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@dataclass
class Stack:
    """Everything that runs in production, on this machine.

    Args:
        folder: For files and logs.
        settings: Added to the plugin's block.
        endpoints: Added to Rasa's endpoints.
        channels: Added to the credentials, before the plugin's blocks.
        workers: A number for each Rasa server: its Sanic workers.
    """

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    endpoints: dict[str, Any] = field(default_factory=dict)
    channels: dict[str, Any] = field(default_factory=dict)
    workers: tuple[int, ...] = (1,)
    simulator_url: str = ""
    rasa_urls: list[str] = field(default_factory=list)
    actions_metrics_url: str = ""
    connectors: dict[str, dict[str, Any]] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)

    def start(self) -> None:
        ports = {name: free_port() for name in ("simulator", "actions", "metrics")}
        self.simulator_url = f"http://127.0.0.1:{ports['simulator']}"
        self.rasa_urls = [f"http://127.0.0.1:{free_port()}" for _ in self.workers]
        self.actions_metrics_url = f"http://127.0.0.1:{ports['metrics']}/metrics"
        env = {
            "ZENDESK_HANDOFF_CREDENTIALS": str(self.folder / "credentials.yml"),
            FAILPOINT_VARIABLE: str(self.stop_file),
        }
        python = sys.executable
        self._add(
            "simulator",
            [python, "-m", "simulator", "--port", str(ports["simulator"])],
            self.simulator_url,
            {},
        )
        self.processes["simulator"].start()
        self._write_files(ports)
        self._add(
            "actions",
            [python, "-m", "rasa_sdk", "--actions", "actions", "--port", str(ports["actions"])],
            f"http://127.0.0.1:{ports['actions']}/health",
            {**env, "ZENDESK_HANDOFF_METRICS_PORT": str(ports["metrics"])},
        )
        self.processes["actions"].start()
        files = [
            *("--credentials", str(self.folder / "credentials.yml")),
            *("--endpoints", str(self.folder / "endpoints.yml")),
        ]
        for number, (url, workers) in enumerate(zip(self.rasa_urls, self.workers, strict=True), 1):
            port = url.rpartition(":")[2]
            name = "rasa" if number == 1 else f"rasa{number}"
            self._add(
                name,
                [
                    *(RASA, "run", "--enable-api", "-i", "127.0.0.1", "-p", port),
                    *("--model", str(MODEL), *files),
                ],
                f"{url}/webhooks/zendesk/",
                {**env, "SANIC_WORKERS": str(workers)},
            )
            self.processes[name].start()

    @property
    def rasa_url(self) -> str:
        """Where the first Rasa server is, to which Zendesk posts."""
        return self.rasa_urls[0]

    @property
    def stop_file(self) -> Path:
        """Where a boundary is named at which a process is to kill itself."""
        return self.folder / "stop-at"

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.stop()

    def _add(self, name: str, command: list[str], ready: str, env: dict[str, str]) -> None:
        log = self.folder / f"{name}.log"
        self.processes[name] = Process(name, command, ready, log, env)

    def _write_files(self, ports: dict[str, int]) -> None:
        block = {
            "public_url": self.rasa_url,
            "store_url": f"sqlite:///{self.folder / 'handoff.db'}",
            "open_timeout": 8,
            "takeover_after": 3,
            **self.settings,
            "connectors": {
                "support": self._account("support", "default", inside=False),
                "wholesale": self._account("wholesale", "wholesale", inside=True),
            },
        }
        self.connectors = block["connectors"]  # type: ignore[assignment]
        credentials = {
            "rest": None,
            "tests.support.channels.FlakyInput": None,
            **self.channels,
            "channels.WebChatInput": None,
            "channels.ZendeskInput": block,
        }
        (self.folder / "credentials.yml").write_text(yaml.safe_dump(credentials))
        endpoints = {
            "action_endpoint": {"url": f"http://127.0.0.1:{ports['actions']}/webhook"},
            # In a file, so that a restarted server knows its conversations.
            "tracker_store": {
                "type": "SQL",
                "dialect": "sqlite",
                "db": str(self.folder / "tracker.db"),
            },
            **self.endpoints,
        }
        (self.folder / "endpoints.yml").write_text(yaml.safe_dump(endpoints))

    def _account(self, connector_id: str, workspace: str, *, inside: bool) -> dict[str, Any]:
        """Make a Zendesk account, and the connector that fits it."""
        integration = {
            "name": "Rasa handoff",
            "target": f"{self.rasa_url}/api/v1/connectors/{connector_id}/webhook",
            "secret": f"webhook-secret-of-{connector_id}-for-the-tests",
        }
        if inside:
            integration |= {"switchboard_name": "rasa", "key": {}}
        app = post(
            f"{self.simulator_url}/sim/apps",
            {"label": connector_id, "keys": [{}], "integrations": [integration]},
        )
        key = next(one for one in app["keys"] if (one["integration"] is not None) == inside)
        connector = {
            "integration_type": "zendesk",
            "name": connector_id.title(),
            "subdomain": connector_id,
            "app_id": app["id"],
            "key_id": key["id"],
            "key_secret": key["secret"],
            "webhook_secret": integration["secret"],
            "workspaces": [workspace],
            "base_url": f"{self.simulator_url}/sc",
        }
        return connector | ({"switchboard_integration": "rasa"} if inside else {})
