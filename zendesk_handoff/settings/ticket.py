"""Settings of the tickets that handovers make: their fields, and routes by which they differ.

Values are checked as far as they are written; what placeholders stand for is known with the
conversation alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zendesk_handoff.domain.templates import SOURCES, Lookup, Template, plain
from zendesk_handoff.domain.ticket import (
    DEFAULT_TAGS,
    PRIORITIES,
    SYSTEM_FIELDS,
    Ticket,
    as_tag,
    is_id,
    join,
)
from zendesk_handoff.domain.ticket_metadata import ticket_metadata
from zendesk_handoff.settings.schema import block, setting
from zendesk_handoff.settings.values import safe_url, text

#: What a route can ask for besides a slot, an entity and a message's metadata.
_KNOWN = ("reason", "workspace", "channel", "locale")
#: What the address of the bot's conversation can have.
LINK_NAMES = ("sender_id", "workspace", "channel")

_ONE_VALUE = "must be one value, a text or a number; a list or a block does not fit into a ticket."


def _template(value: Any, example: str) -> Template:
    """Read a text with placeholders."""
    found = None if isinstance(value, (list, tuple)) else plain(value)
    if found is None:
        raise ValueError(f"{_ONE_VALUE} Write {example}.")
    return Template.parse(found)


def _template_of(is_right: Callable[[str], bool], message: str) -> Callable[[Any, str], Template]:
    """Make a reader of texts that have a certain form where they have no placeholder."""

    def read(value: Any, example: str) -> Template:
        found = _template(value, example)
        if not found.names and not is_right(found.text):
            raise ValueError(message)
        return found

    return read


def _tags(value: Any, example: str) -> tuple[Template, ...]:
    """Read a list of tags; an empty one stands for none."""
    found = [_template(item, example) for item in (value if isinstance(value, list) else [value])]
    if any(not each.names and as_tag(each.text) != each.text for each in found):
        raise ValueError("a tag has neither spaces nor commas: write `order_lost`.")
    return tuple(found)


def _fields(value: Any, example: str) -> Mapping[str, Template]:
    """Read custom fields by their ids."""
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a block of ids and values; write {example}.")
    found = {}
    for field_id, item in value.items():
        if not is_id(str(field_id)):
            raise ValueError(
                "an id of a ticket field is a number, which Admin Center > Objects and rules > "
                "Tickets > Fields shows; names of fields are not known there."
            )
        try:
            found[str(field_id)] = _template(item, "a text such as `{order_number}`")
        except ValueError as error:
            raise ValueError(f"the field {field_id} {error}") from None
    return found


def address_template(value: Any, example: str) -> Template:
    """Read an HTTP address with placeholders."""
    found = Template.parse(text(value, example))
    unknown = [name for name in found.names if name not in LINK_NAMES]
    if unknown:
        raise ValueError(f"can have {', '.join(f'`{{{name}}}`' for name in LINK_NAMES)} only.")
    safe_url(found.fill(lambda _name: "x"), example)
    if not re.match(r"https?://[^/{}?#]+/", found.text):
        raise ValueError(f"must be an address like {example}: no placeholder in the host's name.")
    return found


_ID = _template_of(is_id, "must be the number that Zendesk shows in the address of its page.")


@dataclass(frozen=True)
class TicketSettings:
    """Fields of a ticket, each a text in which `{name}` stands for a value of the conversation."""

    subject: Template | None = setting(
        _template_of(lambda _text: True, ""),
        "The ticket's subject, at most 150 characters.",
        default=None,
        example='"{workspace}: {handoff_reason}"',
        shown="(Zendesk's own)",
    )
    tags: tuple[Template, ...] | None = setting(
        _tags,
        "The ticket's tags; a route's are added to the connector's.",
        default=None,
        example='[rasa_handoff, "{topic}"]',
        shown=f"`[{', '.join(DEFAULT_TAGS)}]`",
    )
    priority: Template | None = setting(
        _template_of(
            lambda text: text in PRIORITIES,
            f"must be {', '.join(f'`{each}`' for each in PRIORITIES)}, or a placeholder.",
        ),
        "`low`, `normal`, `high` or `urgent`.",
        default=None,
        example="`high`",
        shown="(none)",
    )
    group_id: Template | None = setting(
        _ID, "The group that gets the ticket.", default=None, example="`4711`", shown="(none)"
    )
    assignee_id: Template | None = setting(
        _ID, "The agent who gets it.", default=None, example="`4711`", shown="(none)"
    )
    brand_id: Template | None = setting(
        _ID, "The brand that it belongs to.", default=None, example="`4711`", shown="(none)"
    )
    organization_id: Template | None = setting(
        _ID, "The requester's organization.", default=None, example="`4711`", shown="(none)"
    )
    fields: Mapping[str, Template] | None = setting(
        _fields,
        "Custom fields by their ids.",
        default=None,
        example='`{360001234567: "{order_number}"}`',
        shown="(none)",
    )

    def placeholders(self) -> Iterator[tuple[str, str]]:
        """Yield the names of the placeholders, each behind the field that has it."""
        fields: dict[str, Iterable[Template | None]] = {
            **{name: (getattr(self, name),) for name in SYSTEM_FIELDS},
            "tags": self.tags or (),
            "fields": (self.fields or {}).values(),
        }
        for field_name, templates in fields.items():
            for each in templates:
                yield from ((field_name, name) for name in (each.names if each else ()))

    def as_written(self) -> Ticket:
        """Make a ticket of the texts, with their placeholders."""
        texts = {name: getattr(self, name) for name in SYSTEM_FIELDS}
        return Ticket(
            {name: each.text for name, each in texts.items() if each is not None},
            tuple(each.text for each in self.tags or ()),
            {field_id: each.text for field_id, each in (self.fields or {}).items()},
        )


def fits(*tickets: TicketSettings) -> bool:
    """Tell whether the texts of a ticket, as they are written, fit into Zendesk's 4 KB.

    Args:
        tickets: The connector's, and a route's.
    """
    own = {"room for the plugin's own keys": "x" * 200}
    return not ticket_metadata(own, join(each.as_written() for each in tickets)).left_out


@dataclass(frozen=True)
class Condition:
    """A condition of a route.

    Args:
        name: Of a value, as a placeholder has it, or ``reason``.
        values: The values that satisfy it, in lower case; none for any value.
    """

    name: str
    values: tuple[str, ...] = ()

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether a conversation satisfies it.

        Args:
            lookup: Finds the conversation's values.
        """
        value = lookup(self.name)
        items = value if isinstance(value, (list, tuple)) else [value]
        found = [text.lower() for text in map(plain, items) if text is not None]
        if self.name == "locale":  # `de` is also what `de-AT` speaks
            tags = [_language_tag(text) for text in found]
            found = [*tags, *(tag.partition("-")[0] for tag in tags)]
        return bool(found) and (not self.values or any(text in self.values for text in found))


def _conditions(value: Any, _example: str) -> tuple[Condition, ...]:
    """Read the conditions of a route, all of which must hold."""
    known = [*SOURCES, "is", *_KNOWN]
    if not isinstance(value, Mapping) or not value or any(key not in known for key in value):
        raise ValueError(
            "must be a block such as `{slot: topic, is: returns}` or `{reason: frustration}`; "
            f"known are {', '.join(known)}."
        )
    sources = [key for key in value if key in SOURCES]
    if len(sources) > 1 or ("is" in value and not sources):
        raise ValueError("`is` belongs to one of `slot`, `entity` and `metadata`, which is named.")
    found = []
    for key in value:
        if key in SOURCES:
            wanted = _wanted(value["is"]) if "is" in value else ()
            if not isinstance(value[key], str) or not value[key].strip():
                raise ValueError(f"`{key}` must be a name.")
            found.append(Condition(f"{key}.{value[key].strip()}", wanted))
        elif key == "locale":
            found.append(Condition(key, tuple(map(_language_tag, _wanted(value[key])))))
        elif key != "is":
            found.append(Condition(key, _wanted(value[key])))
    return tuple(found)


def _language_tag(text: str) -> str:
    """Write a language as BCP 47 does: some clients tell `de_AT`."""
    return text.replace("_", "-")


def _wanted(value: Any) -> tuple[str, ...]:
    texts = [plain(item) for item in (value if isinstance(value, list) else [value])]
    if not texts or None in texts:
        raise ValueError("what a condition compares with must be a text, or a list of texts.")
    return tuple(text.lower() for text in texts if text is not None)


@dataclass(frozen=True)
class RouteSettings:
    """A ticket that differs where conditions hold; the first route that fits is taken."""

    when: tuple[Condition, ...] = setting(
        _conditions,
        "The conditions, all of which must hold ([ticket.md](ticket.md#routes)).",
        example="`{slot: topic, is: returns}`",
    )
    ticket: TicketSettings = field(
        default_factory=TicketSettings,
        metadata=block(
            TicketSettings,
            "What differs, with the keys of `ticket`; its tags and fields are added.",
        ),
    )

    def fits(self, lookup: Lookup) -> bool:
        """Tell whether a conversation satisfies the conditions.

        Args:
            lookup: Finds the conversation's values.
        """
        return all(condition.holds(lookup) for condition in self.when)
