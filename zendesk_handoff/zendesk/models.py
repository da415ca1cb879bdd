"""Typed models of the data that the API's responses and its webhooks share.

Only the fields that this package reads are declared; the decoder skips all others. Field names are
those of the Conversations API's schemas `user`, `conversation` and `message`, in snake case.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from zendesk_handoff.domain.messages import CANNOT_SHOW, AgentMessage
from zendesk_handoff.domain.untrusted_text import without_direction_controls
from zendesk_handoff.zendesk import content as contents

#: Metadata keys that mark what this package wrote (Conversations API: schema `metadata`).
SESSION_KEY = "rasa_handoff_session"
MARKER_KEY = "rasa_handoff_message"
#: How the session's id begins in a test conversation, which belongs to no session.
PROBE_PREFIX = "check-"

_AGENT_ID = "__zendesk_msg.agent.id"
_MAX_ID = 64


class _Model(msgspec.Struct, rename="camel", frozen=True):
    pass


class SwitchboardIntegration(_Model, rename="camel", frozen=True):
    """A party that can be in control of a conversation.

    Events have the first four fields, the account's configuration has all (Conversations API:
    schemas `switchboardIntegrationWebhook` and `switchboardIntegration`).
    """

    id: str = ""
    name: str = ""
    integration_id: str = ""
    integration_type: str = ""
    deliver_standby_events: bool | None = None
    next_switchboard_integration_id: str | None = None
    message_history_count: int | None = None

    def is_called(self, name: str) -> bool:
        """Check whether a name refers to this one (Conversations API: `PassControl`).

        Args:
            name: An id, a name or a type, as the settings have it.
        """
        return name in {self.id, self.name, self.integration_type}


class User(_Model, rename="camel", frozen=True):
    """An end user of the account (Conversations API: schema `user`).

    Attributes:
        zendesk_id: The id of the user in the Support API, where there is one.
        authenticated: Whether the account's own site has signed who the user is.
    """

    id: str
    external_id: str | None = None
    zendesk_id: str | None = None
    authenticated: bool | None = None
    profile: dict[str, Any] | None = None


class Conversation(_Model, rename="camel", frozen=True):
    """A conversation (Conversations API: schema `conversation`)."""

    id: str
    metadata: dict[str, Any] | None = None
    active_switchboard_integration: SwitchboardIntegration | None = None
    pending_switchboard_integration: SwitchboardIntegration | None = None
    is_default: bool | None = None
    last_updated_at: str | None = None
    brand_id: str | int | None = None

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
    user: User | None = None


class Message(_Model, rename="camel", frozen=True):
    """A message (Conversations API: schema `message`)."""

    id: str
    author: Author
    content: dict[str, Any]
    received: str = ""
    metadata: dict[str, Any] | None = None
    source: dict[str, Any] | None = None
    references: Any = None
    deleted: Any = None
    activity: Any = None

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

    @property
    def activity_type(self) -> str:
        """What it is a notice of, such as ``conversation:endedByUser``; empty for a message."""
        value = self.activity.get("type") if isinstance(self.activity, dict) else None
        return value if isinstance(value, str) else ""

    @property
    def is_deleted(self) -> bool:
        """Whether it is the placeholder of a message that was deleted."""
        return self.deleted is True

    def for_user(self) -> AgentMessage:
        """Reduce the message to what a user can be shown; nothing that can be read is lost."""
        about: dict[str, Any] = {
            "id": storable_id(self.id),
            "author": " ".join(without_direction_controls(self.author.display_name or "").split()),
            "agent_id": storable_id(self.agent_id) if self.agent_id else None,
            "is_deleted": self.is_deleted,
            "avatar_url": self.author.avatar_url,
        }
        if self.is_deleted:
            return AgentMessage(**about, kind="text", text="")
        media = contents.media_of(self.content)
        text = contents.text_of(self.content, has_media=media is not None)
        text = "\n".join(filter(None, (text, contents.references_of(self.references))))
        buttons, cards = contents.buttons_of(self.content), contents.cards_of(self.content)
        return AgentMessage(
            **about,
            kind=media.kind if media else "text",
            text=text if text or media or buttons or cards else CANNOT_SHOW,
            media_url=media.url if media else None,
            media_name=media.name if media else None,
            media_type=media.media_type if media else None,
            media_size=media.size if media else None,
            buttons=buttons,
            cards=cards,
            form=contents.form_of(self.content),
        )


class Page(_Model, rename="camel", frozen=True):
    """The cursors of a listing (Conversations API: schema `meta`)."""

    has_more: bool = False
    before_cursor: str | None = None
    after_cursor: str | None = None


def storable_id(given: str) -> str:
    """Return an id that fits the store: itself, or a digest if it is too long or unprintable.

    Args:
        given: Usually 24 hexadecimal characters; treated as opaque.
    """
    if len(given) <= _MAX_ID and given.isprintable():
        return given
    return hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()
