"""Typed models of an account's configuration: app, integrations, webhooks, keys, switchboard.

Its places in the switchboard are `zendesk_handoff.zendesk.models.SwitchboardIntegration`, as events
have them.

Only the fields that this package reads are declared. Secrets stand in no ``repr``.
"""

from __future__ import annotations

from typing import Any

import msgspec

#: The type of an integration that an account's own program makes (schema `custom`).
CUSTOM = "custom"


class _Record(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    id: str

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """List the fields, without the secret; ``repr`` takes them from here."""
        return [
            (name, "…" if name == "secret" else getattr(self, name))
            for name in self.__struct_fields__
        ]

    def __repr__(self) -> str:
        """Write the fields, without the secret."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({fields})"


class App(_Record, rename="camel", frozen=True, kw_only=True):
    """The account's app (Conversations API: schema `app`)."""

    display_name: str | None = None
    subdomain: str | None = None
    settings: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def has_multi_conversations(self) -> bool:
        """Whether a user may have several conversations."""
        return self.settings.get("multiConvoEnabled") is True


class Webhook(_Record, rename="camel", frozen=True, kw_only=True):
    """A webhook of an integration (Conversations API: schema `webhook`).

    Attributes:
        secret: The value of the header ``X-API-Key``; ``None`` where Zendesk does not show it.
    """

    target: str
    triggers: list[str]
    version: str | None = None
    secret: str | None = None
    include_full_user: bool = False
    include_full_source: bool = False


class Integration(_Record, rename="camel", frozen=True, kw_only=True):
    """An integration (Conversations API: schema `integration`; with webhooks `custom`)."""

    type: str
    status: str | None = None
    display_name: str | None = None
    webhooks: list[Webhook] = []


class IntegrationKey(_Record, rename="camel", frozen=True, kw_only=True):
    """An API key of a custom integration (Conversations API: schema `apiKey`).

    Attributes:
        secret: ``None`` where Zendesk does not show it again.
    """

    display_name: str | None = None
    secret: str | None = None


class Switchboard(_Record, rename="camel", frozen=True, kw_only=True):
    """The switchboard of an account (Conversations API: schema `switchboard`)."""

    enabled: bool
    default_switchboard_integration_id: str | None = None
