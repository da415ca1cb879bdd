"""Descriptions of an app and its integrations, for the configuration of a bot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class IntegrationInfo:
    """A custom integration of an app, with its (first) webhook and its own key, if it has one."""

    id: str
    name: str
    webhook_id: str
    webhook_target: str
    webhook_secret: str
    switchboard_name: str | None = None
    key_id: str | None = None
    key_secret: str | None = None


@dataclass(frozen=True)
class AppInfo:
    """An app: its id, its first `app_` key, and its custom integrations."""

    id: str
    label: str
    key_id: str
    key_secret: str
    integrations: list[IntegrationInfo] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def webhook_secret(self) -> str:
        """Return the secret of the first custom integration's webhook."""
        return self.integrations[0].webhook_secret

    def switchboard_integration_id(self, name: str) -> str:
        """Return the id of a switchboard integration by its name."""
        return next(
            str(switchboard_integration["id"])
            for switchboard_integration in self.raw["switchboard"]
            if switchboard_integration["name"] == name
        )


def app_info(raw: dict[str, Any]) -> AppInfo:
    """Read the control API's description of an app."""
    key = next(one for one in raw["keys"] if one["integration"] is None)
    return AppInfo(
        id=raw["id"],
        label=raw["label"],
        key_id=key["id"],
        key_secret=key["secret"],
        integrations=[_integration(raw, one) for one in raw["integrations"] if one["webhooks"]],
        raw=raw,
    )


def _integration(raw: dict[str, Any], integration: dict[str, Any]) -> IntegrationInfo:
    webhook = integration["webhooks"][0]
    switchboard_integration: dict[str, Any] = next(
        (one for one in raw["switchboard"] if one["integration"] == integration["id"]), {}
    )
    key: dict[str, Any] = next(
        (one for one in raw["keys"] if one["integration"] == integration["id"]), {}
    )
    return IntegrationInfo(
        id=integration["id"],
        name=integration["name"],
        webhook_id=webhook["id"],
        webhook_target=webhook["target"],
        webhook_secret=webhook["secret"],
        switchboard_name=switchboard_integration.get("name"),
        key_id=key.get("id"),
        key_secret=key.get("secret"),
    )
