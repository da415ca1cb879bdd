"""A client of the Support API: a ticket is found by a message of its conversation, and changed.

The Conversations API tells no ticket's id. Operations are cited by their names in
developer.zendesk.com's reference of the Ticketing API; docs/ticket.md says how sure each is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import aiohttp
import msgspec

from zendesk_handoff import metrics
from zendesk_handoff.domain.ticket import ID_FIELDS, SYSTEM_FIELDS, Ticket
from zendesk_handoff.domain.untrusted_text import harmless
from zendesk_handoff.errors import ApiError, ConnectionFailed, NotFound
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.api_responses import api_error_for_status, read_value
from zendesk_handoff.zendesk.hints import failure_of
from zendesk_handoff.zendesk.retry import RetryPolicy

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
#: Pages of 100 entries of a ticket's log that are read, at most.
_PAGES = 10
#: The status of an update with a value that its field cannot have.
_INVALID = 422
_TOKEN_HINT = (
    "Zendesk does not accept `support_token`: an API token needs `support_email`, the address of "
    "an agent, and token access must be on in Admin Center > Apps and integrations > APIs."
)


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
        self._connector = connector
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._retry = retry or RetryPolicy(max_elapsed=5.0)

    async def find_ticket(self, requester_id: str, message_id: str) -> SupportTicket | None:
        """Find the ticket of a conversation ("List Tickets", "List Conversation log for Ticket").

        Args:
            requester_id: The Support API's id of the user, the ``zendeskId``.
            message_id: The Conversations API's id of a message in the ticket.

        Returns:
            One of the requester's newest tickets; ``None`` while none of them has the message.
        """
        call = "/users/{}/tickets/requested"
        query = {"sort_by": "created_at", "sort_order": "desc", "per_page": str(_NEWEST)}
        response = await self._call("GET", call, requester_id, params=query)
        found = read_value(f"GET {call}", response, "tickets", as_type=list[SupportTicket])
        for ticket in sorted(found, key=lambda each: each.id, reverse=True)[:_NEWEST]:
            if ticket.status == "closed":
                continue
            async for reference in self._references(ticket.id):
                if reference.endswith(f":{message_id}"):
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
        call, query = "/tickets/{}/conversation_log", {"page[size]": "100"}
        for _ in range(_PAGES):
            response = await self._call("GET", call, str(ticket_id), params=query)
            events = response.get("events")
            for event in events if isinstance(events, list) else ():
                yield str(event.get("reference")) if isinstance(event, Mapping) else ""
            meta = response.get("meta")
            page = meta if isinstance(meta, Mapping) else {}
            cursor = page.get("after_cursor")
            if not isinstance(cursor, str) or not page.get("has_more"):
                return
            query = {"page[size]": "100", "page[after]": cursor}

    async def _call(
        self,
        method: str,
        path: str,
        *ids: str,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        retry: RetryPolicy | None = None,
    ) -> dict[str, Any]:
        call = f"{method} /api/v2{path.replace('{}', '{id}')}"
        url = self._connector.support_url + path.format(*(quote(each, safe="") for each in ids))
        async for attempt in (retry or self._retry).attempts():
            with attempt, metrics.api_call(self._connector.id, call):
                try:
                    async with self._session.request(
                        method,
                        url,
                        params=params,
                        json=None if json is None else harmless(json),
                        headers={"Authorization": self._authorization()},
                        timeout=self._timeout,
                        allow_redirects=False,
                    ) as response:
                        return _read(call, response, await response.read())
                except asyncio.TimeoutError:
                    raise ConnectionFailed(
                        call, "TimeoutError", timed_out=True, failure="timeout"
                    ) from None
                except aiohttp.ClientError as error:
                    name = type(error).__name__
                    raise ConnectionFailed(call, name, failure=failure_of(error)) from None
        raise AssertionError("the policy re-raises")  # pragma: no cover

    def _authorization(self) -> str:
        """Write the header ("Security and authentication": API token, OAuth access token)."""
        token, email = str(self._connector.support_token), self._connector.support_email
        if email is None:
            return f"Bearer {token}"
        return aiohttp.BasicAuth(f"{email}/token", token, "utf-8").encode()


def _read(call: str, response: aiohttp.ClientResponse, body: bytes) -> dict[str, Any]:
    """Decode a response; of an error the code alone, as its text may repeat what was sent."""
    try:
        content = msgspec.json.decode(body) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        content = None
    if 200 <= response.status < 300 and isinstance(content, dict):
        return content
    error = content.get("error") if isinstance(content, dict) else None
    status = response.status if response.status >= 400 else 502
    # Without a code, a 404 counts as a proxy's, which may be another the next time.
    code = error if isinstance(error, str) and error.isalnum() else ""
    code = code or ("not_found" if status == 404 and isinstance(content, dict) else "")
    refusal: ApiError = api_error_for_status(call, status, code=code[:80])
    if status in {401, 403}:
        refusal.hint = _TOKEN_HINT
    raise refusal
