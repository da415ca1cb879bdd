"""Checks of what an account's set-up keeps a handover from setting in a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_handoff.checks.finding import Finding, fine, listed, problem, skipped, warning
from zendesk_handoff.checks.refusal import refusal
from zendesk_handoff.errors import ConversationsError
from zendesk_handoff.settings import Connector
from zendesk_handoff.settings.ticket import TicketSettings
from zendesk_handoff.zendesk.support_client import RECORDS, SupportClient
from zendesk_handoff.zendesk.transport import open_http

#: Where the Support API has what a field's id stands for.
_KINDS = {
    "group_id": "groups",
    "assignee_id": "users",
    "brand_id": "brands",
    "organization_id": "organizations",
    "fields": "ticket_fields",
}
#: Settings of a connector that are the number of a ticket field with text.
_TEXT_FIELDS = ("session_field", "summary_to")
_WITH_APP_KEY = "Run the check once with an `app_` key in its place."
_TEXT = frozenset({"text", "textarea"})


def check_existing_tickets(connector: Connector, *, multi: bool) -> Iterator[Finding]:
    """Tell whether handovers go into tickets that exist, whose fields Zendesk leaves as they are.

    Args:
        connector: The connector.
        multi: Whether the account has multi-conversations.
    """
    if not _has_fields(connector):
        return
    if connector.is_native:
        cause = "A handover goes into the ticket of the conversation, where one is still open: "
        if connector.support_token is not None:
            yield fine(_name(connector), f"{cause}its fields are set through the Support API.")
            return
        cause += "Zendesk leaves its fields and tags as they are."
        yield warning(_name(connector), cause, "Write a `support_token`.")
    elif multi:
        yield fine(_name(connector), "Each handover makes a ticket, which gets its fields.")
    elif connector.support_token is not None:
        cause = "A user's second handover goes into the ticket that is still open: its fields are "
        yield fine(_name(connector), f"{cause}set through the Support API.")
    else:
        cause = "A user's second handover goes into the ticket that is still open: Zendesk leaves "
        cure = "Turn multi-conversations on, or write a `support_token`."
        yield warning(_name(connector), f"{cause}its fields and tags as they are.", cure)


def skip_account(connector: Connector) -> Iterator[Finding]:
    """Tell that it is not known what the account keeps a handover from setting in a ticket.

    Args:
        connector: Its key may not read the account.
    """
    if _has_fields(connector):
        cause = (
            "An `int_` key may not read what the account keeps from a ticket: multi-conversations, "
            "and who answers first."
        )
        yield skipped(_name(connector), cause, _WITH_APP_KEY)


def check_who_answers_first(connector: Connector, *, is_agents: bool) -> Iterator[Finding]:
    """Tell whether the summary opens the ticket before control is passed with its fields.

    Args:
        connector: The connector.
        is_agents: Whether the agents have control of new conversations.
    """
    outside = connector.switchboard_integration is None
    if not _has_fields(connector) or not is_agents or not outside:
        return
    cause = (
        "The agents have control of new conversations: the summary opens the ticket, whose fields "
        "are taken from the conversation, if at all."
    )
    if connector.support_token is not None:
        yield fine(_name(connector), f"{cause} What is missing is set through the Support API.")
        return
    cure = (
        f"Run: zendesk-handoff setup {connector.id} --switchboard; or write a `support_token`; or "
        "let another integration answer first."
    )
    yield warning(_name(connector), cause, cure)


async def check_support_api(connector: Connector) -> list[Finding]:
    """Check the token of the Support API, and by it the ids that are written.

    Args:
        connector: The connector.
    """
    name, wanted = f"Support API ({connector.id})", dict.fromkeys(_written_ids(connector))
    if connector.support_token is None:
        if not wanted:
            return []
        cause = "Without a `support_token` it is not known whether the ids of the ticket are there."
        return [skipped(_name(connector), cause)]
    found: list[Finding] = []
    async with open_http() as http:
        client = SupportClient(connector, session=http)
        try:
            me = await client.read_record("users", "me")
            # Whether it refuses every wrong token, or answers as to a visitor, is not documented.
            if me is None or not me.get("id"):
                cause = "`support_token` opens nothing: Zendesk answers as to a visitor."
                return [problem(name, cause, "Copy it again, with its agent's `support_email`.")]
            for field, record_id in wanted:
                record = await client.read_record(_kind(field), record_id)
                found += _check_record(connector, field, record_id, record)
        except ConversationsError as error:
            return [*found, refusal(name, error)]
    if not found:
        ids = listed(f"{field} {record_id}" for field, record_id in wanted)
        return [fine(name, f"support_token opens it{f', and has {ids}' if ids else ''}.")]
    return found


def _check_record(
    connector: Connector, field: str, record_id: str, record: dict[str, object] | None
) -> Iterator[Finding]:
    name = _name(connector)
    if record is None:
        cure = f"Correct `{field}`: Admin Center shows the id in the address of its page."
        kind = RECORDS[_kind(field)].replace("_", " ")
        yield problem(name, f"The account has no {kind} with the id {record_id}.", cure)
        return
    if _kind(field) != "ticket_fields":
        return
    if record.get("active") is False:
        yield problem(name, f"The ticket field {record_id} is not active.", "Activate it.")
    elif field in _TEXT_FIELDS and record.get("type") not in {None, *_TEXT}:
        cause = f"The ticket field {record_id} of `{field}` has no text: {record['type']}."
        yield problem(name, cause, "Name a field of the type `text` or `textarea`.")
    elif record.get("editable_in_portal") is False:
        cause = (
            f"The ticket field {record_id} cannot be edited by end users: Zendesk may not take it "
        )
        cure = "Allow that in Admin Center > Objects and rules > Tickets > Fields."
        yield warning(name, f"{cause}from a conversation.", cure)


def _written_ids(connector: Connector) -> Iterator[tuple[str, str]]:
    """Yield the ids without placeholders, each with its field."""
    for ticket in (connector.ticket, *(route.ticket for route in connector.routes)):
        for field in _KINDS:
            value = getattr(ticket, field)
            if field == "fields":
                yield from ((field, field_id) for field_id in value or ())
            elif value is not None and not value.names:
                yield field, value.text
    if connector.session_field is not None:
        yield "session_field", connector.session_field
    if connector.is_native and connector.summary_field is not None:
        yield "summary_to", connector.summary_field


def _kind(field: str) -> str:
    return _KINDS.get(field, "ticket_fields")


def _has_fields(connector: Connector) -> bool:
    return connector.ticket != TicketSettings() or bool(connector.routes)


def _name(connector: Connector) -> str:
    return f"ticket fields ({connector.id})"
