"""Real servers on free ports: simulator, action server, Rasa servers."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
import yaml
from sqlalchemy.exc import IntegrityError

from tests.support import killable
from tests.support.accounts import Accounts, post, set_up
from tests.support.identity import IDENTITY_SECRET, OTHER_SECRET
from tools.paths import MODEL, ROOT
from tools.processes import RASA, Process, free_port

#: A secret whose variable is not set: the action server has none.
_UNSET = "${A_VARIABLE_OF_THE_RASA_SERVER_ALONE}"
__all__ = ["MODEL", "ROOT", "Process", "Stack", "free_port", "post"]


@dataclass
class Stack:
    """All servers of an installation, on this machine.

    Args:
        folder: Holds files and logs.
        settings: Added to the plugin's block.
        endpoints: Added to Rasa's endpoints.
        channels: Added to the credentials, before the plugin's blocks.
        actions_settings: Added to the plugin's block, for the action server alone.
        more_connectors: Settings of further connectors, by id, which is the workspace, too.
        native_connectors: The same of connectors in whose account Zendesk is the users' channel.
        workers: Sanic workers of each Rasa server; its length is the number of servers.
        set_up: Further connectors, whose accounts are made by ``zendesk-handoff setup``, with its
            options. The connector's id is its workspace, too.
    """

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    endpoints: dict[str, Any] = field(default_factory=dict)
    channels: dict[str, Any] = field(default_factory=dict)
    actions_settings: dict[str, Any] = field(default_factory=dict)
    more_connectors: dict[str, dict[str, Any]] = field(default_factory=dict)
    native_connectors: dict[str, dict[str, Any]] = field(default_factory=dict)
    workers: tuple[int, ...] = (1,)
    set_up: dict[str, tuple[str, ...]] = field(default_factory=dict)
    simulator_url: str = ""
    rasa_urls: list[str] = field(default_factory=list)
    url_without_plugin: str = ""
    #: A shop that may show the chat in a frame: another site than the servers' own, 127.0.0.1. A
    #: test that needs it serves it.
    site_url: str = ""
    actions_metrics_url: str = ""
    connectors: dict[str, dict[str, Any]] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)

    def start(self) -> None:
        ports = {name: free_port() for name in ("simulator", "actions", "metrics")}
        self.simulator_url = f"http://127.0.0.1:{ports['simulator']}"
        self.rasa_urls = [f"http://127.0.0.1:{free_port()}" for _ in self.workers]
        self.site_url = f"http://localhost:{free_port()}"
        self.actions_metrics_url = f"http://127.0.0.1:{ports['metrics']}/metrics"
        env = {"ZENDESK_HANDOFF_CREDENTIALS": str(self.folder / "credentials.yml")}
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
            {
                **env,
                "ZENDESK_HANDOFF_CREDENTIALS": str(self.folder / "actions.yml"),
                "ZENDESK_HANDOFF_METRICS_PORT": str(ports["metrics"]),
            },
        )
        self.processes["actions"].start()
        for number, (url, workers) in enumerate(zip(self.rasa_urls, self.workers, strict=True), 1):
            port = url.rpartition(":")[2]
            name = "rasa" if number == 1 else f"rasa{number}"
            command = self._rasa(port, "credentials.yml")
            self._add(
                name, command, f"{url}/webhooks/zendesk/", {**env, "SANIC_WORKERS": str(workers)}
            )
            self.processes[name].start()

    def start_without_plugin(self) -> None:
        """Start a Rasa server beside the others, whose credentials have no block of the plugin.

        It is started once.
        """
        if self.url_without_plugin:
            return
        self.url_without_plugin = f"http://127.0.0.1:{free_port()}"
        credentials = self.folder / "without_plugin.yml"
        credentials.write_text(yaml.safe_dump({"rest": None}))
        command = self._rasa(self.url_without_plugin.rpartition(":")[2], credentials.name)
        self._add("without_plugin", command, f"{self.url_without_plugin}/webhooks/rest/", {})
        self.processes["without_plugin"].start()

    def count(self, query: str, **values: Any) -> int:
        """Run a counting query on the store, whichever database it is in."""
        with self._connect() as connection:
            return int(connection.execute(sa.text(query), values).scalar())

    def let_claims_expire(self) -> None:
        """Age the claims of pending messages, the requests and the claims of tickets."""
        with self._connect() as connection, connection.begin():
            for aged in (
                "UPDATE pending_messages SET claimed_at = claimed_at - 10",
                "UPDATE sessions SET take_up_until = take_up_until - 10",
                "UPDATE sessions SET ticket_due_at = ticket_due_at - 15",
            ):
                connection.execute(sa.text(aged))

    def delete_sessions(self) -> None:
        """Delete all sessions from the store, with their messages."""
        for _ in range(3):
            # A message may be stored meanwhile, which keeps its session.
            with suppress(IntegrityError), self._connect() as connection, connection.begin():
                for table in ("deliveries", "inbox", "outbox", "sessions"):
                    connection.execute(sa.text(f"DELETE FROM {table}"))
                return

    @property
    def store_url(self) -> str:
        """Address of the store."""
        return str(self.settings.get("store_url") or f"sqlite:///{self.folder / 'handoff.db'}")

    @property
    def rasa_url(self) -> str:
        """Address of the first Rasa server, to which Zendesk posts."""
        return self.rasa_urls[0]

    @property
    def rasa_pid(self) -> int:
        """Process id of the first Rasa server."""
        running = self.processes["rasa"].running
        assert running is not None
        return running.pid

    def __enter__(self) -> Stack:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start_again(self) -> None:
        """Start the servers that have ended."""
        for process in self.processes.values():
            if process.has_ended():
                process.stop()
                process.start()

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.stop()

    def _connect(self) -> Any:
        return sa.create_engine(self.store_url, poolclass=sa.pool.NullPool).connect()

    def _add(self, name: str, command: list[str], ready: str, env: dict[str, str]) -> None:
        log = self.folder / f"{name}.log"
        self.processes[name] = Process(name, command, ready, log, env)

    def _rasa(self, port: str, credentials: str) -> list[str]:
        assert MODEL.is_file(), "There is no trained model: run `make setup`."
        return [
            *(RASA, "run", "--enable-api", "-i", "127.0.0.1", "-p", port, "--model", str(MODEL)),
            *("--credentials", str(self.folder / credentials)),
            *("--endpoints", str(self.folder / "endpoints.yml")),
        ]

    def _write_files(self, ports: dict[str, int]) -> None:
        accounts = Accounts(self.simulator_url, self.rasa_url)
        block = {
            "public_url": self.rasa_url,
            "store_url": self.store_url,
            "open_timeout": 8,
            "takeover_after": 3,
            # All users of the tests have one address, and much less patience than people.
            "limits": dict.fromkeys(
                (
                    "conversations_per_address",
                    "conversations",
                    "messages_per_conversation",
                    "messages_per_conversation_and_hour",
                    "messages_per_address",
                    "handovers_per_address",
                    "handovers_per_connector",
                    "handovers",
                ),
                "off",
            ),
            **self.settings,
            "connectors": {
                "support": accounts.relay("support", "default", in_switchboard=False),
                "wholesale": accounts.relay("wholesale", "wholesale", in_switchboard=True),
                **{
                    name: {**accounts.relay(name, name, in_switchboard=False), **more}
                    for name, more in self.more_connectors.items()
                },
                **{
                    name: {**accounts.native(name), **more}
                    for name, more in self.native_connectors.items()
                },
            },
        }
        self.connectors = block["connectors"]  # type: ignore[assignment]
        new, secrets = accounts.new(self.set_up)
        block["connectors"] = {**self.connectors, **new}
        credentials = {
            "rest": None,
            "tests.support.channels.FlakyInput": None,
            **self.channels,
            "channels.WebChatInput": {
                "identity_secret": [OTHER_SECRET, IDENTITY_SECRET],
                "allowed_workspaces": ["wholesale", *self.more_connectors],
                "embed_origins": [self.site_url],
            },
            "channels.ZendeskInput": block,
        }
        (self.folder / "credentials.yml").write_text(yaml.safe_dump(credentials))
        (self.folder / ".env").write_text(secrets)
        for connector_id, options in self.set_up.items():
            set_up(self.folder / "credentials.yml", connector_id, *options)
        without_secrets = {
            name: {**connector, "key_id": _UNSET, "key_secret": _UNSET, "webhook_secret": _UNSET}
            | ({"webhook_signing_secret": _UNSET} if "webhook_signing_secret" in connector else {})
            for name, connector in block["connectors"].items()
        }
        for_actions = {**block, **self.actions_settings, "connectors": without_secrets}
        (self.folder / "actions.yml").write_text(
            yaml.safe_dump({"channels.ZendeskInput": for_actions})
        )
        endpoints = {
            "action_endpoint": {"url": f"http://127.0.0.1:{ports['actions']}/webhook"},
            # In a file: a restarted server must find its conversations.
            "tracker_store": {
                "type": "SQL",
                "dialect": "sqlite",
                "db": str(self.folder / "tracker.db"),
            },
            **self.endpoints,
        }
        (self.folder / "endpoints.yml").write_text(yaml.safe_dump(endpoints))


class EngineStack(Stack):
    """A stack whose Rasa server is of Rasa's own parts, without a model; for both Rasas."""

    #: Options of `tests.support.bot_server`.
    options: ClassVar[tuple[str, ...]] = ()

    def _rasa(self, port: str, credentials: str) -> list[str]:
        folder = self.folder
        files = [str(folder / credentials), str(folder / "endpoints.yml")]
        return [sys.executable, "-m", "tests.support.bot_server", port, *files, *self.options]


class KillableStack(Stack):
    """A stack whose action server and Rasa server can be killed at every place."""

    def _add(self, name: str, command: list[str], ready: str, env: dict[str, str]) -> None:
        super()._add(name, command, ready, env)
        if name not in {"actions", "rasa"}:
            return
        process = self.processes[name]
        process.env |= {
            killable.NAME_VARIABLE: name,
            killable.FOLDER_VARIABLE: str(self.folder),
        }
        if command[0] == RASA:
            process.main = killable.__name__
        else:
            python, option, *rest = command
            process.command = [python, option, killable.__name__, *rest]
