"""All apps of the simulator, and how their events reach the webhooks."""

from __future__ import annotations

import contextvars
import fnmatch
from collections.abc import Callable

from . import shapes
from .clock import Clock
from .courier import Courier, Parcel
from .faults import Faults
from .ids import new_id
from .journal import Journal
from .records import App, Attachment, Conversation, Integration, Json

_outbox: contextvars.ContextVar[list[Parcel] | None] = contextvars.ContextVar(
    "outbox", default=None
)

Control = tuple[str | None, str | None]
"""The ids of the active and the pending switchboard integration."""


class World:
    """Everything that the simulator holds."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        """Begin without apps."""
        self.clock = clock or Clock()
        self.journal = Journal(self.clock)
        self.faults = Faults()
        self.courier = Courier(clock=self.clock, journal=self.journal, faults=self.faults)
        self.apps: dict[str, App] = {}
        self.attachments: dict[str, Attachment] = {}
        self.next_ticket = 1001

    def find_conversation(self, conversation_id: str) -> tuple[App, Conversation] | None:
        """Return a conversation and its app by the conversation's id alone."""
        for app in self.apps.values():
            if conversation_id in app.conversations:
                return app, app.conversations[conversation_id]
        return None

    def note(self, kind: str, app: App, conversation: Conversation | None = None) -> None:
        """Tell readers of the journal that something has changed."""
        self.journal.note(kind, app.id, conversation=conversation.id if conversation else None)

    def emit(
        self,
        app: App,
        type_: str,
        make: Callable[[str], Json],
        *,
        conversation: Conversation | None = None,
        before: Control | None = None,
    ) -> None:
        """Send an event to every webhook that is to hear it.

        Args:
            app: The app that it happens in.
            type_: The event's type, a trigger name.
            make: Builds the payload; takes `short` or `full`, the size of its users.
            conversation: What it is about; decides who hears it and comes with the payload.
            before: Who was in control before an action: they hear of it as well.
        """
        event = {"id": new_id(), "type": type_, "createdAt": self.clock.stamp()}
        payloads: dict[str, Json] = {}
        parcels: list[Parcel] = []
        for integration in app.integrations.values():
            if not hears(app, integration, type_, conversation, before=before):
                continue
            for webhook in integration.webhooks.values():
                if type_ not in webhook.triggers:
                    continue
                users = "full" if webhook.include_full_user else "short"
                if users not in payloads:
                    payloads[users] = self._payload(app, conversation, make(users))
                parcels.append(
                    Parcel(
                        app,
                        webhook,
                        [event | {"payload": payloads[users]}],
                        conversation.id if conversation else None,
                    )
                )
        waiting = _outbox.get()
        if waiting is None:
            self.dispatch(parcels)
        else:
            waiting.extend(parcels)

    def dispatch(self, parcels: list[Parcel]) -> None:
        """Send parcels off."""
        for parcel in parcels:
            self.courier.send(parcel)

    @staticmethod
    def _payload(app: App, conversation: Conversation | None, rest: Json) -> Json:
        if conversation is None:
            return rest
        brand_id = app.switches.brand_id
        shown = shapes.conversation_short(app, conversation, brand_id=brand_id)
        return {"conversation": shown} | rest


class Outbox:
    """Keep the events of an API call back until its answer is out (or goes out after them)."""

    def __enter__(self) -> list[Parcel]:
        """Begin to collect."""
        parcels: list[Parcel] = []
        self._token = _outbox.set(parcels)
        return parcels

    def __exit__(self, *_: object) -> None:
        """Stop collecting; the caller dispatches."""
        _outbox.reset(self._token)


def hears(
    app: App,
    integration: Integration,
    type_: str,
    conversation: Conversation | None,
    *,
    before: Control | None = None,
) -> bool:
    """Tell whether an integration is to hear an event, by the rule of the switchboard.

    SPEC, Switchboards: active receives, standby only with `deliverStandbyEvents`; an integration
    that is not linked, or a switchboard that is off, means that everything is heard.
    """
    switchboard = app.switchboard
    if conversation is None or switchboard is None or not switchboard.enabled:
        return True
    seat = switchboard.of_integration(integration.id)
    if seat is None or seat.deliver_standby_events:
        return True
    switches = app.switches
    if any(fnmatch.fnmatchcase(type_, pattern) for pattern in switches.always_delivered):
        return True
    for active_id, pending_id in filter(
        None, [(conversation.active_id, conversation.pending_id), before]
    ):
        if seat.id == active_id or (seat.id == pending_id and switches.deliver_to_pending):
            return True
    return conversation.active_id is None and switches.deliver_when_nobody_active
