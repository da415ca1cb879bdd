"""Zendesk accounts of the simulator, and the settings of their connectors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.ticket_triggers import SESSION_FIELD, signing_secret, ticket_trigger

#: An admin of the accounts in which `setup` makes everything.
ADMIN = "ana@example.com"
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


def post(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@dataclass
class Accounts:
    """Creates accounts.

    Args:
        simulator_url: Address of the simulator.
        rasa_url: Address of the Rasa server to which Zendesk posts.
    """

    simulator_url: str
    rasa_url: str

    def relay(self, connector_id: str, workspace: str, *, in_switchboard: bool) -> dict[str, Any]:
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

    def native(self, connector_id: str) -> dict[str, Any]:
        """Create an account in which our integration gets control by default."""
        secret = f"webhook-secret-of-{connector_id}-for-the-tests"
        support = {
            "support_email": "ana@example.com",
            "support_token": f"a token of the Support API for {connector_id}",
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

    def new(self, connector_ids: Iterable[str]) -> tuple[dict[str, dict[str, Any]], str]:
        """Create accounts with a key and nothing else; return their connectors, and their secrets.

        The secrets are lines for ``.env``.
        """
        connectors, lines = {}, []
        for connector_id in connector_ids:
            admin = {"support_email": ADMIN, "support_token": _token(connector_id)}
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


def set_up(credentials: Path, connector_id: str, *options: str) -> None:
    """Run ``zendesk-handoff setup`` for a new account, once for each of its parts.

    Args:
        credentials: The file with the connector.
        connector_id: The connector.
        *options: Of the integration.
    """
    command = [sys.executable, "-m", "zendesk_handoff.cli", "setup", connector_id, "--yes"]
    command += ["--credentials", str(credentials)]
    env = {**os.environ, "ZENDESK_SETUP_SUPPORT_TOKEN": _token(connector_id)}
    for more in (options, ("--ticket-events", "--support-email", ADMIN)):
        subprocess.run([*command, *more], check=True, capture_output=True, env=env)


def _token(connector_id: str) -> str:
    """Return the token of an account's Support API; the simulator tells accounts by it."""
    return f"a token of the Support API of {connector_id} for the tests"
