"""The simulator's state: apps, files, faults, log; and the events that its changes emit."""

from __future__ import annotations

import contextvars
import fnmatch
from collections.abc import Callable

from . import serializers
from .clock import Clock
from .dispatcher import Delivery, Dispatcher
from .event_log import EventLog
from .faults import Faults
from .ids import new_id
from .records import App, Attachment, Conversation, Integration, Json

_outbox: contextvars.ContextVar[list[Delivery] | None] = contextvars.ContextVar(
    "outbox", default=None
)

Control = tuple[str | None, str | None]
"""The ids of the active and the pending switchboard integration."""


class State:
    """Apps and attachments, with the clock, the event log, the faults and the dispatcher."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        """Start without apps."""
        self.clock = clock or Clock()
        self.event_log = EventLog(self.clock)
        self.faults = Faults()
        self.dispatcher = Dispatcher(clock=self.clock, event_log=self.event_log, faults=self.faults)
        self.apps: dict[str, App] = {}
        self.attachments: dict[str, Attachment] = {}
        self.next_ticket = 1001
        self.next_support_user = 30045042291606

    def find_conversation(self, conversation_id: str) -> tuple[App, Conversation] | None:
        """Return a conversation and its app by the conversation's id alone."""
        for app in self.apps.values():
            if conversation_id in app.conversations:
                return app, app.conversations[conversation_id]
        return None

    def record_change(self, kind: str, app: App, conversation: Conversation | None = None) -> None:
        """Record a change in the event log and wake its readers."""
        self.event_log.record_change(
            kind, app.id, conversation=conversation.id if conversation else None
        )

    def emit(
        self,
        app: App,
        type_: str,
        make: Callable[[str], Json],
        *,
        conversation: Conversation | None = None,
        before: Control | None = None,
    ) -> None:
        """Send an event to every webhook that receives it.

        Args:
            app: The app of the event.
            type_: The event's type, a trigger name.
            make: Builds the payload; takes `short` or `full`, the size of its users.
            conversation: Its conversation; decides the receivers and is part of the payload.
            before: The integrations in control before an action, which receive it as well.
        """
        event = {"id": new_id(), "type": type_, "createdAt": self.clock.stamp()}
        payloads: dict[tuple[str, bool], Json] = {}
        deliveries: list[Delivery] = []
        for integration in app.integrations.values():
            if not receives(app, integration, type_, conversation, before=before):
                continue
            for webhook in integration.webhooks.values():
                if type_ not in webhook.triggers:
                    continue
                users = "full" if webhook.include_full_user else "short"
                form = (users, webhook.include_full_source)
                if form not in payloads:
                    payload = self._payload(app, conversation, make(users))
                    if webhook.include_full_source and conversation is not None:
                        serializers.add_client(app, conversation, payload)
                    payloads[form] = payload
                deliveries.append(
                    Delivery(
                        app,
                        webhook,
                        [event | {"payload": payloads[form]}],
                        conversation.id if conversation else None,
                    )
                )
        waiting = _outbox.get()
        if waiting is None:
            self.dispatch(deliveries)
        else:
            waiting.extend(deliveries)

    def dispatch(self, deliveries: list[Delivery]) -> None:
        """Start deliveries."""
        for delivery in deliveries:
            self.dispatcher.send(delivery)

    @staticmethod
    def _payload(app: App, conversation: Conversation | None, rest: Json) -> Json:
        if conversation is None:
            return rest
        brand_id = app.switches.brand_id
        shown = serializers.conversation_short(app, conversation, brand_id=brand_id)
        return {"conversation": shown} | rest


class Outbox:
    """Collects the events of an API call, so that they are sent after its answer or before it."""

    def __enter__(self) -> list[Delivery]:
        """Start to collect."""
        deliveries: list[Delivery] = []
        self._token = _outbox.set(deliveries)
        return deliveries

    def __exit__(self, *_: object) -> None:
        """Stop collecting; the caller dispatches."""
        _outbox.reset(self._token)


def receives(
    app: App,
    integration: Integration,
    type_: str,
    conversation: Conversation | None,
    *,
    before: Control | None = None,
) -> bool:
    """Return whether an integration receives an event.

    Conversations API, Switchboards: the active integration receives events, standby ones only with
    `deliverStandbyEvents`. An integration that is not linked to the switchboard receives all
    events, as does every integration while the switchboard is off.
    """
    switchboard = app.switchboard
    if conversation is None or switchboard is None or not switchboard.enabled:
        return True
    switchboard_integration = switchboard.of_integration(integration.id)
    if switchboard_integration is None or switchboard_integration.deliver_standby_events:
        return True
    switches = app.switches
    if any(fnmatch.fnmatchcase(type_, pattern) for pattern in switches.always_delivered):
        return True
    for active_id, pending_id in filter(
        None, [(conversation.active_id, conversation.pending_id), before]
    ):
        if switchboard_integration.id == active_id or (
            switchboard_integration.id == pending_id and switches.deliver_to_pending
        ):
            return True
    return conversation.active_id is None and switches.deliver_when_nobody_active
