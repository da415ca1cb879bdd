"""Real servers on free ports: simulator, action server, Rasa servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
import yaml
from sqlalchemy.exc import IntegrityError

from tests.support import killable
from tests.support.identity import IDENTITY_SECRET, OTHER_SECRET
from tests.support.ticket_triggers import SESSION_FIELD, signing_secret, ticket_trigger
from tools.paths import MODEL, ROOT
from tools.processes import RASA, Process, free_port

#: A secret whose variable is not set: the action server has none.
_UNSET = "${A_VARIABLE_OF_THE_RASA_SERVER_ALONE}"
#: An admin of the accounts in which `setup` makes everything.
_ADMIN = "ana@example.com"
#: The ticket of the connector outside the switchboard.
_TICKET = {
    "ticket": {
        "subject": "{workspace}: {handoff_reason}",
        "fields": {360001234567: "{order_number}"},
    },
    "routes": [
        {"when": {"reason": "frustration"}, "ticket": {"priority": "high"}},
        {"when": {"slot": "order_number"}, "ticket": {"group_id": 4711, "tags": ["parcels"]}},
    ],
}

__all__ = ["MODEL", "ROOT", "Process", "Stack", "free_port", "post"]


def post(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


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
        """Age the claims of pending messages and the requests, which expire after ten seconds."""
        with self._connect() as connection, connection.begin():
            for aged in (
                "UPDATE pending_messages SET claimed_at = claimed_at - 10",
                "UPDATE sessions SET take_up_until = take_up_until - 10",
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
                "support": self._account("support", "default", in_switchboard=False),
                "wholesale": self._account("wholesale", "wholesale", in_switchboard=True),
                **{
                    name: {**self._account(name, name, in_switchboard=False), **more}
                    for name, more in self.more_connectors.items()
                },
                **{
                    name: {**self._native_account(name), **more}
                    for name, more in self.native_connectors.items()
                },
            },
        }
        self.connectors = block["connectors"]  # type: ignore[assignment]
        new, secrets = self._new_accounts()
        block["connectors"] = {**self.connectors, **new}
        credentials = {
            "rest": None,
            "tests.support.channels.FlakyInput": None,
            **self.channels,
            "channels.WebChatInput": {
                "identity_secret": [OTHER_SECRET, IDENTITY_SECRET],
                "allowed_workspaces": ["wholesale", *self.more_connectors],
                "embed_origins": [self.site_url],
                "image_sources": [self.simulator_url],
            },
            "channels.ZendeskInput": block,
        }
        (self.folder / "credentials.yml").write_text(yaml.safe_dump(credentials))
        (self.folder / ".env").write_text(secrets)
        for connector_id, options in self.set_up.items():
            self._set_up(connector_id, *options)
            self._set_up(connector_id, "--ticket-events", "--support-email", _ADMIN)
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

    def _account(
        self, connector_id: str, workspace: str, *, in_switchboard: bool
    ) -> dict[str, Any]:
        """Create a Zendesk account and return its connector's settings."""
        integration = {
            "name": "Rasa handoff",
            "target": f"{self.rasa_url}/api/v1/connectors/{connector_id}/webhook",
            "secret": f"webhook-secret-of-{connector_id}-for-the-tests",
        }
        if in_switchboard:
            integration |= {"switchboard_name": "rasa", "key": {}}
        app = post(
            f"{self.simulator_url}/sim/apps",
            {
                "label": connector_id,
                "keys": [{}],
                "integrations": [integration],
                "triggers": [ticket_trigger(self.rasa_url, connector_id)],
            },
        )
        key = next(one for one in app["keys"] if (one["integration"] is not None) == in_switchboard)
        connector = {
            # The scenarios' own users are answered within seconds, by the dozen.
            "tell_wait": False,
            "integration_type": "zendesk",
            "name": connector_id.title(),
            "subdomain": connector_id,
            "app_id": app["id"],
            "key_id": key["id"],
            "key_secret": key["secret"],
            "webhook_secret": integration["secret"],
            "webhook_signing_secret": signing_secret(connector_id),
            "workspaces": [workspace],
            "base_url": f"{self.simulator_url}/sc",
        }
        # Each of the two has what not every account has.
        if not in_switchboard:
            return connector | _TICKET
        more = {"switchboard_integration": "rasa", "session_field": SESSION_FIELD, "csat": "ask"}
        return connector | more

    def _native_account(self, connector_id: str) -> dict[str, Any]:
        """Create an account in which our integration gets control by default."""
        secret = f"webhook-secret-of-{connector_id}-for-the-tests"
        support = {
            "support_email": "ana@example.com",
            "support_token": "a token of the Support API for the tests",
        }
        app = post(
            f"{self.simulator_url}/sim/apps",
            {
                "label": connector_id,
                "keys": [{}],
                "default_integration": "rasa",
                "integrations": [
                    {
                        "name": "Rasa",
                        "target": f"{self.rasa_url}/api/v1/connectors/{connector_id}/webhook",
                        "secret": secret,
                        "include_full_user": True,
                        "switchboard_name": "rasa",
                        "key": {},
                    }
                ],
                "triggers": [ticket_trigger(self.rasa_url, connector_id)],
                **support,
            },
        )
        key = next(one for one in app["keys"] if one["integration"] is not None)
        return {
            "mode": "native",
            "tell_wait": False,
            "name": connector_id.title(),
            "subdomain": connector_id,
            "app_id": app["id"],
            "key_id": key["id"],
            "key_secret": key["secret"],
            "webhook_secret": secret,
            "webhook_signing_secret": signing_secret(connector_id),
            "workspaces": [connector_id],
            "base_url": f"{self.simulator_url}/sc",
            "switchboard_integration": "rasa",
            **support,
        }

    def _new_accounts(self) -> tuple[dict[str, dict[str, Any]], str]:
        """Create accounts with a key and nothing else; return their connectors, and their secrets.

        The secrets are lines for ``.env``.
        """
        connectors, lines = {}, []
        for connector_id in self.set_up:
            admin = {"support_email": _ADMIN, "support_token": _token(connector_id)}
            account = {"label": connector_id, "keys": [{}], "support_role": "admin", **admin}
            app = post(f"{self.simulator_url}/sim/apps", account)
            [key] = app["keys"]
            variable = f"KEY_{connector_id.replace('-', '_')}"
            lines.append(f"{variable}={key['secret']}\n")
            connectors[connector_id] = {
                "subdomain": connector_id,
                "app_id": app["id"],
                "key_id": key["id"],
                "key_secret": f"${{{variable}}}",
                "webhook_secret": f"${{WEBHOOK_{connector_id.replace('-', '_')}}}",
                "workspaces": [connector_id],
                "base_url": f"{self.simulator_url}/sc",
            }
        return connectors, "".join(lines)

    def _set_up(self, connector_id: str, *options: str) -> None:
        command = [sys.executable, "-m", "zendesk_handoff.cli", "setup", connector_id, "--yes"]
        command += [*options, "--credentials", str(self.folder / "credentials.yml")]
        env = {**os.environ, "ZENDESK_SETUP_SUPPORT_TOKEN": _token(connector_id)}
        subprocess.run(command, check=True, capture_output=True, env=env)


def _token(connector_id: str) -> str:
    """Return the token of an account's Support API; the simulator tells accounts by it."""
    return f"a token of the Support API of {connector_id} for the tests"


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
