"""The identity of a user: each value with its origin, so that nothing told passes for proven."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zendesk_handoff.domain.profile import MAX_EMAIL, MAX_NAME, build_profile

#: The key of a message's metadata under which the Rasa server records what a channel, or the site
#: around the chat page, knows of the user. What others write under it is removed.
USER_KEY = "handoff_user"
#: Characters of a subject, at most.
MAX_SUBJECT = 256
#: The fields that are shown with their origin, in this order.
_FIELDS = ("name", "email")
#: The fields of a profile, by the field whose origin they have.
_PROFILE_FIELDS = {"givenName": "name", "surname": "name", "email": "email"}


class Origin(str, enum.Enum):
    """The origin of a value, the most trusted first."""

    #: Signed by the site around the chat page, or by an adopter's own channel with its subject.
    PROVEN = "proven"
    #: Told by the user's platform, in its own message.
    CHANNEL = "channel"
    #: Told by the user, or by the address with which a page was opened: anybody can write it.
    TOLD = "told"


#: The origins whose values become the requester's at Zendesk.
TRUSTED = frozenset({Origin.PROVEN, Origin.CHANNEL})


@dataclass(frozen=True)
class KnownUser:
    """A user as somebody other than the user describes them.

    Args:
        name: The full name; may be empty.
        email: The e-mail address; may be empty.
        subject: The user's id at the site that vouches for them, and by which Zendesk finds its
            own customer. With it the values are proven; without it they are the channel's.
    """

    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)

    @property
    def origin(self) -> Origin:
        """The origin of the values."""
        return Origin.PROVEN if self.subject else Origin.CHANNEL

    def to_json(self) -> dict[str, str]:
        """Write the values that are not empty, for a message's metadata and for the store."""
        values = {"name": self.name, "email": self.email, "subject": self.subject}
        return {key: value for key, value in values.items() if value}

    @classmethod
    def from_json(cls, values: object) -> KnownUser | None:
        """Read what ``to_json`` has written; ``None`` for anything else, and for nothing.

        Args:
            values: From a message's metadata, or from the store.
        """
        if not isinstance(values, Mapping):
            return None
        texts = {key: values.get(key) for key in ("name", "email", "subject")}
        known = cls(**{key: text for key, text in texts.items() if isinstance(text, str)})
        return known if known.to_json() else None


def user_of_platform(*, name: object = None, email: object = None) -> KnownUser | None:
    """Make a user of what a platform's message says; ``None`` if that is nothing.

    Args:
        name: The platform's display name; anything but a text is ignored.
        email: An e-mail address, likewise.
    """
    texts = {"name": (name, MAX_NAME), "email": (email, MAX_EMAIL)}
    values = {
        key: " ".join(text.split())[:longest]
        for key, (text, longest) in texts.items()
        if isinstance(text, str)
    }
    return KnownUser.from_json(values)


class Fact(NamedTuple):
    """A value of a user, and where it is from.

    Args:
        field: ``name`` or ``email``.
        value: The text.
        origin: Its origin.
    """

    field: str
    value: str
    origin: Origin


@dataclass(frozen=True)
class Identity:
    """All that is known of a user.

    Args:
        facts: Names and e-mail addresses, the most trusted first.
        locale: The user's language; empty if it is not known. It identifies nobody, and needs no
            origin.
        subject: The proven subject; empty without one.
    """

    facts: tuple[Fact, ...] = field(default=(), repr=False)
    locale: str = ""
    subject: str = field(default="", repr=False)

    def profile(self) -> dict[str, str]:
        """Build the profile for Zendesk of the most trusted values."""
        best = self._best()
        values = {name: fact.value for name, fact in best.items()}
        return build_profile(**values, locale=self.locale)

    def origins(self) -> dict[str, str]:
        """Tell the origins of the profile's values, by field."""
        return {name: fact.origin.value for name, fact in self._best().items()}

    def _best(self) -> dict[str, Fact]:
        return {fact.field: fact for fact in reversed(self.facts)}


def gather(
    known: KnownUser | None, told: Iterable[Mapping[str, str]], *, locale: str = ""
) -> Identity:
    """Put together what is known of a user, and what was told.

    Args:
        known: By the channel, or by the site around the page.
        told: What was told, the first source taking precedence: ``name`` and ``email`` each.
        locale: The user's language.
    """
    sources = [(each, Origin.TOLD) for each in told]
    if known is not None:
        sources.insert(0, (known.to_json(), known.origin))
    facts: dict[tuple[str, str], Fact] = {}
    for name in _FIELDS:
        for values, origin in sources:
            value = " ".join(values.get(name, "").split())
            # Without the shape of an address or a name it is no fact.
            if value and build_profile(**{name: value}):
                facts.setdefault((name, value), Fact(name, value, origin))
    return Identity(tuple(facts.values()), locale, known.subject if known is not None else "")


def requester_profile(
    profile: Mapping[str, str],
    origins: Mapping[str, Any] | None,
    *,
    allowed: Collection[Origin] = TRUSTED,
) -> dict[str, str]:
    """Select the values of a profile that may stand for the requester at Zendesk.

    Args:
        profile: ``givenName``, ``surname``, ``email``, ``locale``.
        origins: The origin of ``name`` and ``email``. A value without one counts as told: so do
            those of sessions from before origins were recorded.
        allowed: The origins of values that may.
    """
    known = origins or {}
    return {
        key: value
        for key, value in profile.items()
        if key not in _PROFILE_FIELDS or known.get(_PROFILE_FIELDS[key], Origin.TOLD) in allowed
    }
