"""Metadata by which the Agent Workspace sets the fields of a ticket: flat, and within 4 KB.

It reads these keys of `PassControl`, and of the conversation itself, when it makes the ticket
(page "`passControl` with metadata"; docs/ticket.md says how sure each of them is).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from zendesk_handoff.domain.text import shorten
from zendesk_handoff.domain.ticket import SYSTEM_FIELDS, Ticket, join
from zendesk_handoff.domain.untrusted_text import harmless

#: Bytes of all metadata together (Conversations API: schema `metadata`, 4 KB). How Zendesk counts
#: them is not documented: as the JSON that is sent, with some room.
LIMIT = 4000

TICKET_PREFIX = "dataCapture."
_SYSTEM = f"{TICKET_PREFIX}systemField."
_CUSTOM = f"{TICKET_PREFIX}ticketField."
_TAGS = f"{_SYSTEM}tags"
_REQUESTER = f"{_SYSTEM}requester."
_NOTHING = Ticket()


class TicketMetadata(NamedTuple):
    """Metadata with a ticket's fields.

    Attributes:
        metadata: For a call.
        left_out: The keys that did not fit.
    """

    metadata: dict[str, Any]
    left_out: tuple[str, ...]


def ticket_metadata(
    own: Mapping[str, str | None], ticket: Ticket, *, needed: Ticket = _NOTHING
) -> TicketMetadata:
    """Put the plugin's own keys and a ticket's fields into one flat object.

    Args:
        own: Keys that are always there, if they have a value.
        ticket: The fields.
        needed: Fields without which the plugin works less well: others leave them their room, and
            do not replace them.
    """
    metadata: dict[str, Any] = {key: value for key, value in own.items() if value}
    left_out = []
    for key, value in (*_entries(needed), *_entries(join((needed, ticket, needed)))):
        # As it will be sent: a sign that is made harmless may take more bytes.
        longer = {**metadata, key: harmless(value)}
        if _size(longer) <= LIMIT:
            metadata = longer
        else:
            left_out.append(key)
    return TicketMetadata(metadata, tuple(dict.fromkeys(left_out)))


def fallbacks(
    metadata: Mapping[str, Any],
    own: Mapping[str, str | None],
    *,
    reference: Ticket = _NOTHING,
    summary_key: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield what is left of metadata that Zendesk refuses: with ever less of the ticket.

    It takes all or nothing, and does not say which field is wrong. Fields of the account's own are:
    their ids and values come from settings and slots. First each kind of them is left out alone,
    then all of them; tags, requester and reference stay for longer.

    Args:
        metadata: As it was refused.
        own: Keys that are always there, if they have a value.
        reference: The field or the tag by which the session is found.
        summary_key: The key of the summary, if it goes into a field.
    """
    needed = {key: harmless(value) for key, value in _entries(reference)}
    kinds = [
        {key for key in metadata if key.startswith(_CUSTOM)} - {summary_key, *needed},
        {key for key in metadata if key == summary_key},
        {
            key
            for key in metadata
            if key.startswith(_SYSTEM) and key != _TAGS and not key.startswith(_REQUESTER)
        },
    ]
    always = {key: value for key, value in own.items() if value}
    without = [*kinds, set[str]().union(*kinds)]
    tried = [dict(metadata)]
    for left in (
        *({key: metadata[key] for key in metadata if key not in each} for each in without),
        {**always, **needed},
        always,
    ):
        if left not in tried:
            tried.append(left)
            yield left


def _entries(ticket: Ticket) -> Iterator[tuple[str, str]]:
    """Yield the keys with their values, the most important ones first; the tags grow one by one."""
    order = {name: number for number, name in enumerate(SYSTEM_FIELDS)}
    values = sorted(ticket.values.items(), key=lambda item: order.get(item[0], len(order)))
    yield from ((f"{_SYSTEM}{name}", value) for name, value in values)
    yield from ((_TAGS, ",".join(ticket.tags[: count + 1])) for count in range(len(ticket.tags)))
    yield from ((f"{_CUSTOM}{field_id}", value) for field_id, value in ticket.fields.items())


def _size(metadata: Mapping[str, Any]) -> int:
    return len(json.dumps(metadata, ensure_ascii=False).encode("utf-8", "replace"))


def custom_key(field_id: str) -> str:
    """Return the key by which a custom field is set.

    Args:
        field_id: The number of the field.
    """
    return f"{_CUSTOM}{field_id}"


def room_in(metadata: Mapping[str, Any], key: str, text: str) -> str:
    """Cut a text to what fits into metadata beside everything else, between characters.

    Args:
        metadata: What is there already.
        key: The text's key.
        text: The text.

    Returns:
        The text, with an ellipsis if it was cut; empty if nothing of it fits.
    """

    def size(part: str) -> int:
        return _size({**metadata, key: part})

    if size(text) <= LIMIT:
        return text
    room = LIMIT - size("")
    kept = shorten(text, max(room, 1), measure=_bytes) if room > 0 else ""
    return kept if size(kept) <= LIMIT else ""


def _bytes(text: str) -> int:
    """Count the bytes of a text within JSON."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2
