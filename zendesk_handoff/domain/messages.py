"""A message from the agents' side, reduced to what a user can be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "image", "file"]

#: Shown in place of content without any text, so that the user can ask.
CANNOT_SHOW = "(A message of a kind that this chat cannot show.)"


@dataclass(frozen=True)
class AgentMessage:
    """A message for the user.

    Args:
        id: Zendesk's id of the message.
        author: The agent's display name, or the automation's; may be empty.
        agent_id: Zendesk's id of the agent; ``None`` for automations, triggers and macros.
        kind: ``text``, ``image`` or ``file``.
        text: The text; with a file, its caption.
        media_url: The file's address.
        media_name: The file's name.
        media_type: The file's type, for example ``image/png``.
    """

    id: str
    author: str = field(repr=False)
    agent_id: str | None
    kind: Kind
    text: str = field(repr=False)
    media_url: str | None = field(default=None, repr=False)
    media_name: str | None = field(default=None, repr=False)
    media_type: str | None = None

    @property
    def is_agent(self) -> bool:
        """Whether a person wrote it."""
        return self.agent_id is not None
