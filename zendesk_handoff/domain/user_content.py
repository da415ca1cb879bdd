"""The content of a user's message, as a channel's adapter reads it from the platform's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from zendesk_handoff.domain.identity import KnownUser


@dataclass(frozen=True)
class UserFile:
    """A file that a user has sent.

    Args:
        url: The address at which anybody can read it; empty if only the platform's token opens it.
        reference: What the channel's adapter needs to read it; empty if ``url`` is enough.
        media_type: For example ``image/png``; empty if the platform does not tell.
        name: The file's name; may be empty.
    """

    url: str = field(default="", repr=False)
    reference: str = field(default="", repr=False)
    media_type: str = ""
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Place:
    """A place that a user has shared.

    Args:
        latitude: In degrees.
        longitude: In degrees.
        name: The name of the place; may be empty.
        address: Its postal address; may be empty.
    """

    latitude: float
    longitude: float
    name: str = field(default="", repr=False)
    address: str = field(default="", repr=False)


@dataclass(frozen=True)
class UserContent:
    """The content of a user's message.

    Args:
        text: What the user wrote, or the caption of the files; the payload of a pressed button.
        title: The title of a pressed button, where the platform tells it.
        files: Pictures, voice, video, documents, stickers.
        places: Shared places.
        contacts: Shared contacts, one line each.
        change: ``edit`` if the text replaces that of an earlier message, ``deletion`` if an earlier
            message was deleted.
        key: The platform's id of the message, by which a repeat is recognised.
        lost: Whether the message has something that could not be read.
        user: What the platform's message, or an adopter's own channel, tells of the user.
    """

    text: str = field(default="", repr=False)
    title: str | None = field(default=None, repr=False)
    files: tuple[UserFile, ...] = ()
    places: tuple[Place, ...] = ()
    contacts: tuple[str, ...] = field(default=(), repr=False)
    change: Literal["edit", "deletion"] | None = None
    key: str | None = None
    lost: bool = False
    user: KnownUser | None = field(default=None, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to pass on."""
        has_content = self.text.strip() or self.files or self.places or self.contacts
        return not has_content and self.change != "deletion"
