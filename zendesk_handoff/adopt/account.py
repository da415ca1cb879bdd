"""The Zendesk account that a bot is set up for, and its block of ``credentials.yml``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import yaml

from zendesk_handoff.settings import BLOCK, read_settings

#: The variables of the secrets, in ``.env``.
KEY_SECRET, WEBHOOK_SECRET = "ZENDESK_KEY_SECRET", "ZENDESK_WEBHOOK_SECRET"
#: The connector's id by default.
CONNECTOR = "support"
#: Numbers of YAML 1.2, and more.
_NUMBER = re.compile(r"[-+.]?[0-9][-+.0-9_eEoxb]*")
LOCAL_RASA = "http://127.0.0.1:5005"


@dataclass(frozen=True)
class Account:
    """One account with what the plugin needs to know of it.

    Args:
        subdomain: ``your-company`` of your-company.zendesk.com.
        app_id: The account's app id in the Conversations API.
        key_id: The API key's id.
        public_url: The address at which Zendesk reaches the Rasa server.
        secrets: The secrets by the name of their variable; that of the webhook may be missing
            until `zendesk-handoff setup` has made one.
        base_url: The root of the API, where it is not the subdomain's.
        connector: The connector's id, which is part of the webhook's address.
    """

    subdomain: str
    app_id: str
    key_id: str
    public_url: str
    secrets: Mapping[str, str] = field(repr=False)
    base_url: str | None = None
    connector: str = CONNECTOR

    @property
    def block(self) -> dict[str, Any]:
        """The value of the block in ``credentials.yml``, with the secrets' names alone."""
        connector = {
            "subdomain": self.subdomain,
            "app_id": self.app_id,
            "key_id": self.key_id,
            "key_secret": f"${{{KEY_SECRET}}}",
            "webhook_secret": f"${{{WEBHOOK_SECRET}}}",
        }
        if self.base_url:
            connector["base_url"] = self.base_url
        return {"public_url": self.public_url, "connectors": {self.connector: connector}}

    @property
    def lines(self) -> tuple[str, ...]:
        """The block as lines of YAML."""
        [(connector_id, connector)] = self.block["connectors"].items()
        return (
            f"{BLOCK}:",
            f"  public_url: {scalar(self.public_url)}",
            "  connectors:",
            f"    {scalar(connector_id)}:",
            *(f"      {key}: {scalar(value)}" for key, value in connector.items()),
        )

    def check(self) -> None:
        """Check the block as the Rasa server will.

        Raises:
            SettingsError: With every problem.
        """
        # A secret that is still to be made stands for itself.
        later = {WEBHOOK_SECRET: "made-by-zendesk-handoff-setup"}
        read_settings(self.block, environ={**later, **self.secrets})


#: The account that `zendesk-simulator` starts with, as its README documents it.
SIMULATOR = Account(
    subdomain="acme-shop",
    app_id="64b0c0ffee0000000000a001",
    key_id="app_64b0c0ffee0000000000b001",
    public_url=LOCAL_RASA,
    secrets=MappingProxyType(
        {KEY_SECRET: "demo-key-secret-support", WEBHOOK_SECRET: "demo-webhook-secret-support"}
    ),
    base_url="http://127.0.0.1:8090/sc",
)


def scalar(text: str) -> str:
    """Write a text in YAML, in quotes where a reader would take it for something else.

    Rasa reads YAML 1.2, to which an app id such as ``64e10`` is a number, and the command line 1.1.
    ``${NAME}`` without quotes is replaced by Rasa itself, which knows nothing of ``.env``.
    """
    is_plain = "${" not in text and not _NUMBER.fullmatch(text)
    with contextlib.suppress(yaml.YAMLError, ValueError):
        if is_plain and yaml.safe_load(f"key: {text}\n") == {"key": text}:
            return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
