"""Typed models of the data that the API's responses and its webhooks share.

Only the fields that this package reads are declared; the decoder skips all others. Field names are
those of the Conversations API's schemas `user`, `conversation` and `message`, in snake case.
"""

from __future__ import annotations

from typing import Any

import msgspec

#: Metadata keys that mark what this package wrote (Conversations API: schema `metadata`).
SESSION_KEY = "rasa_handoff_session"
MARKER_KEY = "rasa_handoff_message"

_AGENT_ID = "__zendesk_msg.agent.id"


class _Model(msgspec.Struct, rename="camel", frozen=True):
    pass


class SwitchboardIntegration(_Model, rename="camel", frozen=True):
    """A party that can be in control of a conversation."""

    id: str = ""
    name: str = ""
    integration_id: str = ""
    integration_type: str = ""

    def is_called(self, name: str) -> bool:
        """Check whether a name refers to this one (Conversations API: `PassControl`).

        Args:
            name: An id, a name or a type, as the settings have it.
        """
        return name in {self.id, self.name, self.integration_type}


class User(_Model, rename="camel", frozen=True):
    """An end user of the account (Conversations API: schema `user`)."""

    id: str
    external_id: str | None = None
    profile: dict[str, Any] | None = None


class Conversation(_Model, rename="camel", frozen=True):
    """A conversation (Conversations API: schema `conversation`)."""

    id: str
    metadata: dict[str, Any] | None = None
    active_switchboard_integration: SwitchboardIntegration | None = None
    pending_switchboard_integration: SwitchboardIntegration | None = None
    is_default: bool | None = None
    last_updated_at: str | None = None

    @property
    def session_id(self) -> str | None:
        """Our session that this conversation was created for."""
        value = (self.metadata or {}).get(SESSION_KEY)
        return value if isinstance(value, str) else None


class Author(_Model, rename="camel", frozen=True):
    """A message's author; ``type`` is ``user`` or ``business`` (schema `author`)."""

    type: str
    user_id: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    subtypes: list[str] | None = None


class Message(_Model, rename="camel", frozen=True):
    """A message (Conversations API: schema `message`)."""

    id: str
    author: Author
    content: dict[str, Any]
    received: str = ""
    metadata: dict[str, Any] | None = None
    source: dict[str, Any] | None = None

    @property
    def marker(self) -> str | None:
        """Our own marker, on every message that this package posted."""
        value = (self.metadata or {}).get(MARKER_KEY)
        return value if isinstance(value, str) else None

    @property
    def agent_id(self) -> str | None:
        """The human agent's id; automations, triggers and macros have none."""
        value = (self.metadata or {}).get(_AGENT_ID)
        return None if value is None else str(value)


class Page(_Model, rename="camel", frozen=True):
    """The cursors of a listing (Conversations API: schema `meta`)."""

    has_more: bool = False
    before_cursor: str | None = None
    after_cursor: str | None = None
