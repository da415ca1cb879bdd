"""The Support API, as far as a bridge changes tickets by it (developer.zendesk.com, Ticketing API).

Pages "Tickets" (List Tickets, Update Ticket), "Ticket Comments", "Tags" (Add Tags), "Conversation
log" and "Security and authentication" (Basic with `{email}/token` and an API token).
"""

from __future__ import annotations

import base64
import binascii
import functools
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ..errors import ApiError
from ..records import App, Conversation, Json, Ticket
from ..state import State
from .call import STATE

BASE = "/api/v2"

#: Ids, each with the kind of record that it must be the id of, where the account has that kind.
_IDS = {
    "group_id": "groups",
    "assignee_id": "users",
    "brand_id": "brands",
    "organization_id": "organizations",
}
_PRIORITIES = ("low", "normal", "high", "urgent")
_PAGE = 100


class SupportError(ApiError):
    """A refusal in the Support API's form: `{"error": "…", "description": "…"}`."""

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return {"error": self.code, "description": self.title}


def find_app(state: State, header: str | None) -> App | None:
    """Return the app whose token a header has."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    for app in state.apps.values():
        if app.support_token is not None and user == f"{app.support_email}/token":
            if hmac.compare_digest(token.encode(), app.support_token.encode()):
                return app
    return None


Endpoint = Callable[[web.Request, App], Awaitable[Json | web.Response]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def endpoint(function: Endpoint) -> Handler:
    """Let the token's agent in, and answer with the JSON, or the response, of a function."""

    @functools.wraps(function)
    async def handler(request: web.Request) -> web.StreamResponse:
        app = find_app(request.app[STATE], request.headers.get("Authorization"))
        if app is None:
            raise SupportError(401, "Couldn't authenticate you", "")
        answer = await function(request, app)
        return answer if isinstance(answer, web.Response) else web.json_response(answer)

    return handler


def by_cursor(request: web.Request, records: list[Any]) -> tuple[list[Any], Json]:
    """Return the page of records that a request asks for, and `meta`; the cursor is a position."""
    start = int(request.query.get("page[after]") or 0)
    end = start + min(int(request.query.get("page[size]") or _PAGE), _PAGE)
    more = end < len(records)
    return records[start:end], {"has_more": more, "after_cursor": str(end) if more else None}


@endpoint
async def requested(request: web.Request, app: App) -> Json:
    """List the tickets that a user has requested, newest first where that is asked for."""
    user_id = request.match_info["user"]
    user = next((one for one in app.users.values() if one.zendesk_id == user_id), None)
    if user is None:
        raise SupportError(404, "RecordNotFound", "Not found")
    found = [
        ticket_json(ticket, requester=user_id)
        for conversation in app.conversations_of(user.id)
        for ticket in conversation.tickets
    ]
    found.sort(key=lambda one: int(one["id"]), reverse=request.query.get("sort_order") == "desc")
    size = int(request.query.get("per_page", "100"))
    return {"tickets": found[:size], "next_page": None, "previous_page": None, "count": len(found)}


@endpoint
async def conversation_log(request: web.Request, app: App) -> Json:
    """List the messages that a ticket includes, by cursor."""
    conversation, ticket = _find(request, app)
    first = ticket.first_message_id or ""
    events = [
        {
            "id": message.id,
            "type": "Messaging::ConversationMessage",
            "reference": f"zen:sunco:conversation_message:{message.id}",
            "created_at": message.received,
            "content": {"type": message.content.get("type")},
        }
        for message in conversation.messages
        if message.id >= first
    ]
    shown, meta = by_cursor(request, events)
    return {"events": shown, "meta": meta}


@endpoint
async def update(request: web.Request, app: App) -> Json:
    """Update a ticket: subject, priority, ids and custom fields; all of them or none."""
    conversation, ticket = _find(request, app)
    changes = (await request.json()).get("ticket") or {}
    given = {name: str(changes[name]) for name in _IDS if name in changes}
    records = app.support_records
    unknown = any(
        _IDS[name] in records and value not in records[_IDS[name]] for name, value in given.items()
    )
    if changes.get("priority") not in (None, *_PRIORITIES) or unknown:
        raise SupportError(422, "RecordInvalid", "Record validation errors")
    comment = changes.get("comment")
    if comment is not None:
        if comment.get("public", True):
            raise SupportError(422, "RecordInvalid", "Only internal notes are imitated")
        ticket.notes.append(str(comment.get("body", "")))
    for name in ("subject", "priority", *_IDS):
        if name in changes:
            ticket.fields[name] = str(changes[name])
    if "subject" in changes:
        ticket.subject = str(changes["subject"])
    custom = {str(one["id"]): one["value"] for one in changes.get("custom_fields") or []}
    if custom:
        ticket.fields["custom"] = {**ticket.fields.get("custom", {}), **custom}
    request.app[STATE].record_change("ticket", app, conversation)
    return {"ticket": ticket_json(ticket, requester=None)}


@endpoint
async def comments(request: web.Request, app: App) -> Json:
    """List the comments of a ticket, of which there are only internal notes."""
    _, ticket = _find(request, app)
    found = [
        {"id": number, "type": "Comment", "body": note, "plain_body": note, "public": False}
        for number, note in enumerate(ticket.notes, start=1)
    ]
    if request.query.get("sort_order") == "desc":
        found.reverse()
    return {"comments": found, "count": len(found), "next_page": None, "previous_page": None}


@endpoint
async def add_tags(request: web.Request, app: App) -> Json:
    """Add tags to a ticket."""
    conversation, ticket = _find(request, app)
    given = (await request.json()).get("tags") or []
    tags = list(dict.fromkeys([*ticket.fields.get("tags", []), *map(str, given)]))
    ticket.fields["tags"] = tags
    request.app[STATE].record_change("ticket", app, conversation)
    return {"tags": tags}


@endpoint
async def show(request: web.Request, app: App) -> Json:
    """Show a group, a brand, a ticket field and the like; `users/me` is the token's agent."""
    kind, record_id = request.match_info["kind"], request.match_info["id"]
    if (kind, record_id) == ("users", "me"):
        return {"user": {"id": 1, "email": app.support_email, "role": app.support_role}}
    record = app.support_records.get(kind, {}).get(record_id)
    if record is None:
        raise SupportError(404, "RecordNotFound", "Not found")
    return {kind.removesuffix("s"): {"id": int(record_id), **record}}


def ticket_json(ticket: Ticket, *, requester: str | None) -> Json:
    """Return a ticket as the page "Tickets" describes it."""
    fields = ticket.fields
    ids = {name: _number(fields.get(name)) for name in _IDS}
    return {
        "id": ticket.id,
        "created_at": ticket.created_at,
        "status": ticket.status,
        "subject": ticket.subject,
        "priority": fields.get("priority"),
        **ids,
        "requester_id": _number(requester),
        "tags": list(fields.get("tags", [])),
        "custom_fields": [
            {"id": _number(field_id), "value": value}
            for field_id, value in fields.get("custom", {}).items()
        ],
    }


def _number(value: Any) -> int | None:
    return int(value) if value is not None and str(value).isdecimal() else None


def _find(request: web.Request, app: App) -> tuple[Conversation, Ticket]:
    wanted = request.match_info["ticket"]
    for conversation in app.conversations.values():
        for ticket in conversation.tickets:
            if str(ticket.id) == wanted:
                return conversation, ticket
    raise SupportError(404, "RecordNotFound", "Not found")


def routes() -> list[web.RouteDef]:
    """Return the routes."""
    return [
        web.get(BASE + "/users/{user}/tickets/requested", requested),
        web.get(BASE + "/tickets/{ticket}/conversation_log", conversation_log),
        web.put(BASE + "/tickets/{ticket}", update),
        web.get(BASE + "/tickets/{ticket}/comments", comments),
        web.put(BASE + "/tickets/{ticket}/tags", add_tags),
        web.get(BASE + "/{kind:groups|users|brands|organizations|ticket_fields}/{id}", show),
    ]
