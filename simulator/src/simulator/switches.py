"""Switches of an app: behaviour that no public source settles, and limits for tests.

A client should work with both positions of a switch. Each can be set when the app is added and
changed while it runs.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

Where = Literal["off", "api", "everywhere"]


@dataclass
class Switches:
    """The switches. Defaults are the likelier or the stricter reading."""

    # Webhooks
    event_before_response: bool = False
    """Deliver the events of a call (first attempt) before the call is answered."""
    ordered_delivery: bool = True
    """First attempts of one conversation are sent one after the other; off: all at once."""
    deliver_to_pending: bool = True
    """A pending integration receives the events that an active one does."""
    deliver_when_nobody_active: bool = True
    """While none is active, every switchboard integration receives events; off: standby rule."""
    always_delivered: list[str] = field(
        default_factory=lambda: ["user:*", "client:*", "conversation:remove"]
    )
    """Patterns of event types that every integration receives."""
    retry_delays: list[float] = field(default_factory=lambda: [10.0, 40.0, 160.0, 640.0])
    """Seconds before the second and later attempts (documented: five within 15 minutes)."""
    brand_id: str | None = "360000000001"
    """`brandId` in the conversations of events (in Zendesk's guide, not in the reference)."""
    delivery_events: Literal["off", "on", "stale"] = "off"
    """Emit `conversation:message:delivery:user` for business messages; `stale` names the
    integration that was active before the last change of control."""

    # Messages
    subtypes: Where = "off"
    """Where `author.subtypes: ["agent"]` shows (Zendesk's client 17.0.1 refuses that value)."""
    activity: Where = "api"
    """Where system notices carry `activity`; `off`: no notice is posted at all."""
    agent_metadata: bool = True
    """Agent messages carry `__zendesk_msg.*` metadata."""
    agent_typing: bool = True
    """`conversation:typing` is emitted for agents, too: its description speaks of users."""
    trigger_agent_id: str | None = None
    """`__zendesk_msg.agent.id` of automated messages; some accounts show `__trigger`."""
    text_unit: Literal["utf16", "codepoints"] = "utf16"
    """How the 4,096 characters of a text are counted."""
    message_limit: int = 30_000
    """Messages in one conversation before 423 `locked`."""
    deleted_messages: Literal["placeholder", "gone"] = "placeholder"
    """Whether a deleted message leaves a placeholder with `deleted: true` in the listing."""
    metadata_patch: Literal["merge", "replace"] = "merge"
    """Whether PATCH merges or replaces metadata (and a user's profile)."""
    private_attachments: bool = False
    """Fetching a mediaUrl needs the API's Basic or Bearer header."""

    # Administration
    secrets_shown_again: bool = True
    """Secrets of webhooks and keys show in every answer (as in the reference's examples); off: in
    the one that creates them alone, as Admin Center does for keys."""

    # Refusals without a documented status
    second_conversation_status: int = 403
    second_conversation_code: str = "forbidden"
    """A second conversation of a user while multi-conversations are off."""
    refused_action_status: int = 400
    """Switchboard action with an invalid target; 200: only the failure event reports it."""
    refused_metadata: list[str] = field(default_factory=list)
    """Keys with which passControl and the creation of a conversation answer 400: which fields of a
    ticket Zendesk refuses there, if any, is not documented."""
    non_participant_status: int = 403
    """Posting as a user who is not in the conversation."""

    # Switchboard and tickets
    pass_clears_pending: bool = True
    repeat_emits_event: bool = False
    """A passControl to the active integration emits its event again."""
    on_ticket_close: Literal["release", "pass", "nothing"] = "release"
    """Effect of a closed ticket: the account's setting "Conversation control" (pass: to `next`)."""
    end_session_reason: str | None = None
    """`reason` in the releaseControl event of an ended session."""
    ticket_needs_message: bool = True
    """A ticket opens only once the conversation has a message."""
    conversation_fields: bool = True
    """`dataCapture.*` keys of a conversation's own metadata are read when its ticket opens."""
    support_users: bool = True
    """A user gets a `zendeskId` when their first ticket opens; off: never."""

    def update(self, changes: dict[str, Any]) -> None:
        """Set some switches.

        Raises:
            ValueError: A name is unknown or a value is not one of those that the switch takes.
        """
        hints = get_type_hints(Switches)
        for name, value in changes.items():
            if name not in hints:
                known = ", ".join(sorted(hints))
                raise ValueError(f"Unknown switch {name!r}; known are: {known}")
            allowed = get_args(hints[name])
            if allowed and all(isinstance(one, str) for one in allowed) and value not in allowed:
                raise ValueError(f"Switch {name} takes one of {', '.join(allowed)}, not {value!r}")
        for name, value in changes.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Return all switches by name."""
        return dataclasses.asdict(self)
