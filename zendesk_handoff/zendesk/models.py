"""What Zendesk says, typed: the shapes that the API's answers and its webhooks share.

Only what this package reads is named; everything else in a body is skipped by the decoder. Field
names follow SPEC (schemas ``user``, ``conversation``, ``message``) in snake case.
"""

from __future__ import annotations

from typing import Any

import msgspec

#: Keys in metadata that mark what this package wrote (flat, strings: SPEC ``metadata``).
SESSION_KEY = "rasa_handoff_session"
MARKER_KEY = "rasa_handoff_message"

_AGENT_ID = "__zendesk_msg.agent.id"


class _Shape(msgspec.Struct, rename="camel", frozen=True):
    pass


class SwitchboardIntegration(_Shape, rename="camel", frozen=True):
    """Who is, or may be, in control of a conversation."""

    id: str = ""
    name: str = ""
    integration_id: str = ""
    integration_type: str = ""

    def is_called(self, name: str) -> bool:
        """Tell whether a name, an id or a type means this one (the order SPEC PassControl gives).

        Args:
            name: What the settings call it.
        """
        return name in {self.id, self.name, self.integration_type}


class User(_Shape, rename="camel", frozen=True):
    """An end user of the account (SPEC ``user``)."""

    id: str
    external_id: str | None = None
    profile: dict[str, Any] | None = None


class Conversation(_Shape, rename="camel", frozen=True):
    """A conversation, as the API and every event describe it (SPEC ``conversation``)."""

    id: str
    metadata: dict[str, Any] | None = None
    active_switchboard_integration: SwitchboardIntegration | None = None
    pending_switchboard_integration: SwitchboardIntegration | None = None
    is_default: bool | None = None
    last_updated_at: str | None = None

    @property
    def session_id(self) -> str | None:
        """The session of ours that this conversation was opened for."""
        value = (self.metadata or {}).get(SESSION_KEY)
        return value if isinstance(value, str) else None


class Author(_Shape, rename="camel", frozen=True):
    """Who wrote a message; ``type`` is ``user`` or ``business`` (SPEC ``author``)."""

    type: str
    user_id: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    subtypes: list[str] | None = None


class Message(_Shape, rename="camel", frozen=True):
    """A message (SPEC ``message``)."""

    id: str
    author: Author
    content: dict[str, Any]
    received: str = ""
    metadata: dict[str, Any] | None = None
    source: dict[str, Any] | None = None

    @property
    def marker(self) -> str | None:
        """Our own mark, on everything that this package posted."""
        value = (self.metadata or {}).get(MARKER_KEY)
        return value if isinstance(value, str) else None

    @property
    def agent_id(self) -> str | None:
        """The human agent's id; automations, triggers and macros have none."""
        value = (self.metadata or {}).get(_AGENT_ID)
        return None if value is None else str(value)


class Page(_Shape, rename="camel", frozen=True):
    """How a listing goes on (SPEC ``meta``)."""

    has_more: bool = False
    before_cursor: str | None = None
    after_cursor: str | None = None
