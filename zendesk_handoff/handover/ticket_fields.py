"""The ticket of a handover: the connector's fields, filled with values of the conversation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import structlog

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.redaction import mask_dialogue, value_masker
from zendesk_handoff.domain.templates import Template, plain
from zendesk_handoff.domain.ticket import (
    DEFAULT_TAGS,
    ID_FIELDS,
    MAX_TEXT,
    MAX_VALUES,
    SLOT_PREFIX,
    SYSTEM_FIELDS,
    Ticket,
    as_tag,
    check_value,
    is_id,
    join,
)
from zendesk_handoff.domain.untrusted_text import quotable_dialogue, quotable_value
from zendesk_handoff.settings import Connector
from zendesk_handoff.settings.ticket import TicketSettings

log = structlog.get_logger(__name__)

#: Fields whose values are checked by their form, and would lose it to a mask.
_UNMASKED = frozenset({"priority", *ID_FIELDS})


@dataclass(frozen=True)
class Values:
    """Values of a conversation for placeholders and conditions.

    Args:
        dialogue: The conversation.
        metadata: Of the user's last message: told by its sender, not verified.
        known: What the plugin itself knows, by name; functions are called when it is needed. It
            comes before slots of the same name.
        redact: Kinds of personal data that ``masked`` masks.
        hide: Masks a value, by its name; by default it is left as it is.
    """

    dialogue: Dialogue
    metadata: Mapping[str, Any]
    known: Mapping[str, Any]
    redact: Collection[str]
    hide: Callable[[str, Any], Any] = lambda _name, value: value

    @cached_property
    def masked(self) -> Values:
        """The same values, masked as in the summary; the cost grows with the conversation."""
        quoted = quotable_dialogue(self.dialogue)
        hide = value_masker(quoted, kinds=self.redact)
        return replace(
            self,
            dialogue=mask_dialogue(quoted, kinds=self.redact),
            hide=lambda name, value: hide(name, quotable_value(value)),
        )

    def find(self, name: str) -> Any:
        """Find a value by the name of a placeholder.

        Args:
            name: ``slot.…``, ``entity.…``, ``metadata.…``; or a name alone: the first of what the
                plugin knows, slots, entities and metadata that has it.
        """
        source, dot, key = name.partition(".")
        if dot:
            sources = {"slot": self.slot, "entity": self._entity, "metadata": self._metadata}
            return sources[source](key) if source in sources else None
        if name in self.known:
            known = self.known[name]
            return self.hide(name, known() if callable(known) else known)
        finders: list[Callable[[str], Any]] = [self.slot, self._entity]
        # No client may choose by itself what the bot sets.
        finders += [] if name.startswith(SLOT_PREFIX) else [self._metadata]
        found = (find(name) for find in finders)
        return next((value for value in found if plain(value) is not None), None)

    def slot(self, name: str) -> Any:
        """Read a slot."""
        return self.dialogue.slots.get(name)

    def _entity(self, name: str) -> str | None:
        """Read the entity of that name that the user has named last."""
        turns = reversed(self.dialogue.turns)
        named = (each.value for turn in turns for each in turn.entities if each.name == name)
        return next(named, None)

    def _metadata(self, name: str) -> Any:
        return self.hide(name, self.metadata.get(name))


def fill_ticket(connector: Connector, values: Values) -> Ticket:
    """Fill the fields of a connector's ticket; the first route that fits changes them.

    A value that is missing, or that the field cannot have, leaves the field as it would be without
    it; slots come last and take precedence.

    Args:
        connector: The connector.
        values: Of the conversation.
    """
    refused: set[str] = set()
    base = connector.ticket
    route = next((each.ticket for each in connector.routes if each.fits(values.find)), None)
    parts = [Ticket(tags=DEFAULT_TAGS if base.tags is None else ())]
    parts += [_from_settings(each, values, refused) for each in (base, route) if each is not None]
    parts.append(_from_slots(values, refused))
    if refused:
        # The names alone: the values may be the user's.
        log.warning("handoff.ticket.value_refused", connector=connector.id, fields=sorted(refused))
    return join(parts)


def _from_settings(settings: TicketSettings, values: Values, refused: set[str]) -> Ticket:
    def fill(template: Template, name: str) -> str | None:
        return template.fill(_source(values, name, template.names).find)

    found: dict[str, str] = {}
    for name in SYSTEM_FIELDS:
        template: Template | None = getattr(settings, name)
        if template is not None:
            _put(found, name, fill(template, name), refused)
    tags = [
        tag
        for each in settings.tags or ()
        for tag in each.fill_each(_source(values, "tags", each.names).find)
    ]
    filled = {key: fill(each, "fields") for key, each in (settings.fields or {}).items()}
    fields = {key: text[:MAX_TEXT] for key, text in filled.items() if text is not None}
    return Ticket(found, _tags(tags), fields)


def _from_slots(values: Values, refused: set[str]) -> Ticket:
    def read(name: str) -> Any:
        slot = f"{SLOT_PREFIX}{name}"
        return _source(values, name, filter(None, [values.slot(slot)])).slot(slot)

    found: dict[str, str] = {}
    for name in SYSTEM_FIELDS:
        _put(found, name, plain(read(name)), refused)
    tags, fields = read("tags"), read("fields")
    texts = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    given = islice(fields.items() if isinstance(fields, Mapping) else (), MAX_VALUES)
    filled = {str(key): plain(value) for key, value in given}
    if not all(map(is_id, filled)):
        refused.add("fields")
    chosen = {key: text[:MAX_TEXT] for key, text in filled.items() if text and is_id(key)}
    return Ticket(found, _tags(filter(None, map(plain, texts))), chosen)


def _source(values: Values, name: str, needed: Iterable[Any]) -> Values:
    """Choose the masked values for a field that has any, unless a mask would spoil its form."""
    return values.masked if any(needed) and name not in _UNMASKED else values


def _put(found: dict[str, str], name: str, text: str | None, refused: set[str]) -> None:
    if text is None:
        return
    value = check_value(name, text)
    if value:
        found[name] = value
    else:
        refused.add(name)


def _tags(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(filter(None, map(as_tag, texts)), MAX_VALUES))
