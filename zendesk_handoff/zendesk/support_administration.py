"""A client of the Support API for the webhook and the trigger that tell of tickets.

Operations are cited by their names in developer.zendesk.com's reference: Webhooks
(``/api-reference/webhooks/webhooks-api/webhooks/``) and Ticketing, Ticket Triggers
(``/api-reference/ticketing/business-rules/triggers/``). Both need an admin's token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import aiohttp
import msgspec

from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.api_responses import read_value
from zendesk_handoff.zendesk.retry import RetryPolicy
from zendesk_handoff.zendesk.support_transport import SupportTransport

Record = TypeVar("Record")
#: The subscription of a webhook that triggers may notify (Webhooks: "Create or Clone Webhook").
BY_TRIGGERS = "conditional_ticket_events"
#: The field of an action that notifies a webhook (Actions reference).
NOTIFY = "notification_webhook"
#: What creates something is not repeated: after a failure it may be there, and a repeated command
#: looks for it first.
_ONCE = RetryPolicy(max_elapsed=0)


class TicketWebhook(msgspec.Struct, frozen=True):
    """A webhook of Zendesk Support ("Webhooks API", JSON format)."""

    id: str
    name: str = ""
    endpoint: str = ""
    http_method: str = ""
    request_format: str = ""
    status: str = ""
    subscriptions: list[str] | None = None


class Condition(msgspec.Struct, frozen=True):
    """A condition of a trigger ("Conditions reference")."""

    field: str
    operator: str | None = None
    value: Any = None


class Conditions(msgspec.Struct, frozen=True):
    """The conditions of a trigger: every one of ``all``, and one of ``any``, if it has some."""

    all: list[Condition] = []
    any: list[Condition] = []


class Action(msgspec.Struct, frozen=True):
    """An action of a trigger ("Actions reference")."""

    field: str
    value: Any = None


class TicketTrigger(msgspec.Struct, frozen=True):
    """A ticket trigger ("Ticket Triggers", JSON format)."""

    id: int
    title: str = ""
    active: bool = True
    conditions: Conditions = Conditions()
    actions: list[Action] = []


class SupportAdministration:
    """Calls for webhooks and triggers of one connector's account.

    Every method raises a ``ConversationsError``. What reads or changes is retried for some seconds.

    Args:
        connector: The account and an admin's token.
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
            quotes_sent=True,  # names and addresses of the configuration, no user's words
            forbidden="Webhooks and triggers are for admins.",
        )
        self._call = self._transport.call

    async def list_webhooks(self) -> list[TicketWebhook]:
        """List the webhooks, all pages ("List Webhooks")."""
        return await self._list("webhooks", TicketWebhook)

    async def create_webhook(self, values: Mapping[str, Any]) -> TicketWebhook:
        """Create a webhook ("Create or Clone Webhook").

        Args:
            values: Its properties.
        """
        response = await self._call("POST", "/webhooks", json={"webhook": values}, retry=_ONCE)
        return read_value("POST /webhooks", response, "webhook", as_type=TicketWebhook)

    async def update_webhook(self, webhook_id: str, values: Mapping[str, Any]) -> None:
        """Change properties of a webhook ("Patch Webhook")."""
        await self._call("PATCH", "/webhooks/{}", webhook_id, json={"webhook": values})

    async def signing_secret(self, webhook_id: str) -> str:
        """Read the signing secret of a webhook ("Show Webhook Signing Secret")."""
        path = "/webhooks/{}/signing_secret"
        response = await self._call("GET", path, webhook_id)
        return read_value(f"GET {path}", response, "signing_secret", "secret", as_type=str)

    async def list_triggers(self) -> list[TicketTrigger]:
        """List the ticket triggers, all pages, with those that are not active ("List Triggers")."""
        return await self._list("triggers", TicketTrigger)

    async def create_trigger(self, values: Mapping[str, Any]) -> TicketTrigger:
        """Create a ticket trigger, in the last place ("Create Trigger").

        Args:
            values: Its properties.
        """
        response = await self._call("POST", "/triggers", json={"trigger": values}, retry=_ONCE)
        return read_value("POST /triggers", response, "trigger", as_type=TicketTrigger)

    async def update_trigger(self, trigger_id: int, values: Mapping[str, Any]) -> None:
        """Change properties of a trigger; a list of actions is replaced ("Update Trigger")."""
        await self._call("PUT", "/triggers/{}", str(trigger_id), json={"trigger": values})

    async def _list(self, kind: str, as_type: type[Record]) -> list[Record]:
        found: list[Record] = []
        async for response in self._transport.pages(f"/{kind}"):
            page = response.get(kind)
            found += read_value(f"GET /{kind}", page, as_type=list[as_type])  # type: ignore[valid-type]
        return found


def to_json(conditions: Conditions, actions: Sequence[Action]) -> dict[str, Any]:
    """Write conditions and actions as a trigger's properties."""
    written: dict[str, Any] = msgspec.to_builtins(
        {"conditions": conditions, "actions": list(actions)}
    )
    return written
