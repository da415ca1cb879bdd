"""A client of the Support API: a ticket is found by a message of its conversation, and changed.

The Conversations API tells no ticket's id. Operations are cited by their names in
developer.zendesk.com's reference of the Ticketing API; docs/ticket.md says how sure each is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple

import aiohttp
import msgspec

from zendesk_handoff.domain.ticket import ID_FIELDS, SYSTEM_FIELDS, Ticket
from zendesk_handoff.errors import ApiError, NotFound
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.api_responses import read_value
from zendesk_handoff.zendesk.retry import RetryPolicy
from zendesk_handoff.zendesk.support_transport import SupportTransport

#: Kinds of records, each with the name of one in a response.
RECORDS = {
    "groups": "group",
    "users": "user",
    "brands": "brand",
    "organizations": "organization",
    "ticket_fields": "ticket_field",
}
#: The requester's newest tickets among which the one of a handover is looked for.
_NEWEST = 5
_NOTHING = Ticket()
#: Pages of 100 entries of a ticket's log that are read, at most.
_PAGES = 10
#: The status of an update with a value that its field cannot have.
_INVALID = 422


class SupportTicket(msgspec.Struct, frozen=True):
    """A ticket as the Support API has it ("Tickets", JSON format)."""

    id: int
    status: str = ""
    subject: str | None = None
    priority: str | None = None
    group_id: int | None = None
    assignee_id: int | None = None
    brand_id: int | None = None
    organization_id: int | None = None
    tags: list[str] = []
    custom_fields: list[dict[str, Any]] = []

    def changes(self, wanted: Ticket) -> list[Change]:
        """List the values that differ from the wanted ones.

        Args:
            wanted: The fields; tags are added by a call of their own.
        """
        values = {name: wanted.values[name] for name in SYSTEM_FIELDS if name in wanted.values}
        system = [
            Change(name, int(value) if name in ID_FIELDS else value)
            for name, value in values.items()
            if value != str(getattr(self, name))
        ]
        present = {str(each.get("id")): each.get("value") for each in self.custom_fields}
        custom = [
            Change(field_id, value, is_custom=True)
            for field_id, value in wanted.fields.items()
            if value.lower() != str(present.get(field_id)).lower()
        ]
        return [*system, *custom]

    def has(self, reference: Ticket) -> bool:
        """Tell whether the ticket has all tags and custom fields of a reference, which has some."""
        tags, fields = [*map(str.lower, reference.tags)], reference.fields
        present = {str(each.get("id")): each.get("value") for each in self.custom_fields}
        return (
            bool(tags or fields)
            and set(tags) <= set(map(str.lower, self.tags))
            and all(present.get(field_id) == value for field_id, value in fields.items())
        )


class Change(NamedTuple):
    """A value of a ticket that is to be set.

    Attributes:
        name: Of the field; of a custom one its id.
        value: The value.
        is_custom: Whether it is a custom field.
    """

    name: str
    value: str | int
    is_custom: bool = False


class Update(NamedTuple):
    """The outcome of an update.

    Attributes:
        has_set: Whether the ticket has changed.
        refused: The names of the fields that cannot have their values.
    """

    has_set: bool
    refused: tuple[str, ...] = ()


class SupportClient:
    """The calls of one connector whose settings have a token.

    Every method raises a ``ConversationsError``, and retries for some seconds.

    Args:
        connector: The account and its token.
        session: An HTTP session to borrow.
        timeout: Seconds that one attempt may take.
        retry: The policy for retries.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        session: aiohttp.ClientSession,
        timeout: float = 10.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        """Prepare the client; no call is made."""
        self._transport = SupportTransport(
            connector,
            session=session,
            timeout=timeout,
            retry=retry or RetryPolicy(max_elapsed=5.0),
        )
        self._call = self._transport.call

    async def find_ticket(
        self, requester_id: str, message_id: str | None, *, reference: Ticket = _NOTHING
    ) -> SupportTicket | None:
        """Find the ticket of a conversation ("List Tickets", "List Conversation log for Ticket").

        Args:
            requester_id: The Support API's id of the user, the ``zendeskId``.
            message_id: The Conversations API's id of a message in the ticket, if there is one.
            reference: The tag or the field that no other ticket has. It goes first: it costs no
                call; but a ticket that was there before the handover does not have it.

        Returns:
            One of the requester's newest tickets; ``None`` while none of them is it.
        """
        call = "/users/{}/tickets/requested"
        query = {"sort_by": "created_at", "sort_order": "desc", "per_page": str(_NEWEST)}
        response = await self._call("GET", call, requester_id, params=query)
        found = read_value(f"GET {call}", response, "tickets", as_type=list[SupportTicket])
        newest = sorted(found, key=lambda each: each.id, reverse=True)[:_NEWEST]
        still_open = [each for each in newest if each.status != "closed"]
        for ticket in still_open:
            if ticket.has(reference):
                return ticket
        for ticket in still_open if message_id else ():
            async for entry in self._references(ticket.id):
                if entry.endswith(f":{message_id}"):
                    return ticket
        return None

    async def update(self, ticket: SupportTicket, wanted: Ticket) -> Update:
        """Set the fields of a ticket that differ, and add its tags ("Update Ticket", "Add Tags").

        Both may be repeated. A field that cannot have its value keeps no other from being set.

        Args:
            ticket: The ticket, as found.
            wanted: Its fields.
        """
        changes = ticket.changes(wanted)
        missing = [tag for tag in wanted.tags if tag.lower() not in map(str.lower, ticket.tags)]
        if missing:
            await self._call("PUT", "/tickets/{}/tags", str(ticket.id), json={"tags": missing})
        refused = await self._change(ticket, changes) if changes else []
        return Update(bool(missing) or len(refused) < len(changes), tuple(refused))

    async def add_note(self, ticket: SupportTicket, text: str, *, mark: str) -> bool:
        """Add an internal note to a ticket, once ("Ticket Comments", "Update Ticket").

        Args:
            ticket: The ticket, as found.
            text: The note; no user sees it.
            mark: Words of the text by which it is recognised.

        Returns:
            Whether it was added now.
        """
        call = "/tickets/{}/comments"
        response = await self._call("GET", call, str(ticket.id), params={"sort_order": "desc"})
        comments = response.get("comments")
        for each in comments if isinstance(comments, list) else ():
            if isinstance(each, Mapping) and mark in str(each.get("body")):
                return False
        note = {"body": text, "public": False}
        # Not repeated here: after a failure the note may be there, and is looked for first.
        await self._call(
            "PUT",
            "/tickets/{}",
            str(ticket.id),
            json={"ticket": {"comment": note}},
            retry=RetryPolicy(max_elapsed=0),
        )
        return True

    async def read_record(self, kind: str, record_id: str) -> dict[str, Any] | None:
        """Read what an id stands for ("Show Group", "Show a Brand", "Show Ticket Field", …).

        Args:
            kind: Of ``RECORDS``.
            record_id: The id.

        Returns:
            The record; ``None`` if there is none with this id.
        """
        path = f"/{kind}/{{}}"
        try:
            response = await self._call("GET", path, record_id)
        except NotFound:
            return None
        return read_value(f"GET {path}", response, RECORDS[kind], as_type=dict[str, Any])

    async def _change(self, ticket: SupportTicket, changes: Sequence[Change]) -> list[str]:
        """Make changes, all in one call; return the names of the fields that were refused.

        Zendesk takes all or none. Which it has refused is found by halves, since a ticket takes 30
        updates within ten minutes (page "Rate limits").
        """
        body: dict[str, Any] = {each.name: each.value for each in changes if not each.is_custom}
        custom = [{"id": int(each.name), "value": each.value} for each in changes if each.is_custom]
        if custom:
            body["custom_fields"] = custom
        try:
            await self._call("PUT", "/tickets/{}", str(ticket.id), json={"ticket": body})
        except ApiError as error:
            if error.status != _INVALID:
                raise
            if len(changes) == 1:
                return [changes[0].name]
            middle = len(changes) // 2
            first = await self._change(ticket, changes[:middle])
            return [*first, *await self._change(ticket, changes[middle:])]
        return []

    async def _references(self, ticket_id: int) -> AsyncIterator[str]:
        """Yield what the entries of a ticket's log refer to: `zen:sunco:conversation_message:…`."""
        log = self._transport.pages("/tickets/{}/conversation_log", str(ticket_id), most=_PAGES)
        async for response in log:
            events = response.get("events")
            for event in events if isinstance(events, list) else ():
                yield str(event.get("reference")) if isinstance(event, Mapping) else ""
