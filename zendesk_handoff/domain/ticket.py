"""The fields of a ticket: plain values, checked and joined from several parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypedDict

PRIORITIES = ("low", "normal", "high", "urgent")
#: Fields whose value is an id of Zendesk's.
ID_FIELDS = ("group_id", "assignee_id", "brand_id", "organization_id")
#: The fields of every ticket, besides its tags; the most important one first, should they not all
#: fit.
SYSTEM_FIELDS = ("priority", *ID_FIELDS, "subject")
#: The tags where the settings name none.
DEFAULT_TAGS = ("rasa_handoff",)

#: The beginning of the slots that override a field: `handoff_priority`, `handoff_tags`, …
SLOT_PREFIX = "handoff_"

#: Characters of a subject and of any other text, at most.
MAX_SUBJECT = 150
MAX_TEXT = 1000
MAX_TAG = 80
#: Tags and custom fields that one source can give, at most: a slot may hold any number.
MAX_VALUES = 50

_ID = re.compile(r"[0-9]{1,20}")
_NOT_IN_TAGS = re.compile(r"[\s,\x00-\x1f\x7f]+")


class KnownValues(TypedDict):
    """What the plugin itself knows of a conversation, by the names of placeholders.

    Functions are called when their value is needed.
    """

    workspace: str
    channel: str
    locale: str | None
    reason: str
    handoff_reason: str
    frustration_score: Callable[[], float]
    page: str | None
    browser: str | None
    conversation_link: str | None


@dataclass(frozen=True)
class Ticket:
    """Values of a ticket, those that are known.

    Args:
        values: By the names of ``SYSTEM_FIELDS``, also ``requester.name`` and ``requester.email``.
        tags: The tags.
        fields: The custom fields, by their ids.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = field(default=(), repr=False)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Write the values for the store."""
        return {"values": dict(self.values), "tags": list(self.tags), "fields": dict(self.fields)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Ticket:
        """Read what ``to_json`` has written; of a session from before, the tags alone."""
        if stored is None:
            return cls(tags=DEFAULT_TAGS)
        return cls(stored["values"], tuple(stored["tags"]), stored["fields"])


def join(parts: Iterable[Ticket]) -> Ticket:
    """Join the parts of a ticket: values of a later one take precedence, tags are added.

    Args:
        parts: Each from another place: the settings, a route, slots, the requester.
    """
    return reduce(_join_two, parts, Ticket())


def check_value(name: str, text: str) -> str | None:
    """Check a value of the field ``name``, and write it as Zendesk has it.

    Args:
        name: One of ``SYSTEM_FIELDS``.
        text: Not empty; from outside.

    Returns:
        The value; ``None`` if the field cannot have it.
    """
    if name == "priority":
        return text.lower() if text.lower() in PRIORITIES else None
    if name in ID_FIELDS:
        return text if is_id(text) else None
    return " ".join(text.split())[:MAX_SUBJECT]


def is_id(text: str) -> bool:
    """Tell whether a text has the form of Zendesk's ids of groups, agents, brands and fields."""
    return _ID.fullmatch(text) is not None


def as_tag(text: str) -> str:
    """Write a text as one tag: a comma would make two of it, as a space does in Zendesk.

    Args:
        text: From outside.
    """
    return _NOT_IN_TAGS.sub("_", text.strip()).strip("_")[:MAX_TAG]


def _join_two(first: Ticket, second: Ticket) -> Ticket:
    return Ticket(
        {**first.values, **second.values},
        tuple(dict.fromkeys((*first.tags, *second.tags))),
        {**first.fields, **second.fields},
    )
