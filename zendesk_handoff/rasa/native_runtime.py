"""The background work of native conversations in a Rasa server."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from zendesk_handoff.domain.native import (
    NATIVE_CHANNEL,
    NativeConversation,
    UserEvent,
)
from zendesk_handoff.handover.classify import is_own
from zendesk_handoff.handover.native_control import NativeControl
from zendesk_handoff.handover.native_events import (
    classify_user_events,
    control_moves,
    mergers,
)
from zendesk_handoff.handover.native_missed import MissedMessages
from zendesk_handoff.handover.native_poster import NativePoster
from zendesk_handoff.handover.native_workers import NativeWorkers, Side
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.native_feeder import NativeFeeder
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients
from zendesk_handoff.zendesk.events import ActionFailed, ControlMoved, ControlRefused, Event
from zendesk_handoff.zendesk.models import storable_id

log = structlog.get_logger(__name__)

#: What follows from a failure that an event alone tells of, by the event's type.
_MEANINGS = {
    "switchboard:passControl:failure": "a handover ends, and its user is told; a conversation that "
    "the bot does not serve goes to the agents",
    "switchboard:offerControl:failure": "the agents' messages and the end are read every "
    "`reconcile_every` seconds",
    "switchboard:acceptControl:failure": "the agents keep the conversation that they have offered",
}


class NativeRuntime:
    """Stores what users do in native conversations, and lets the bot answer.

    Args:
        store: The store, open.
        settings: The plugin's.
        bot: Access to the Rasa server's bot.
        clients: The Conversations API clients.
        quotas: The limits of this process.
    """

    def __init__(
        self, store: Store, settings: Settings, bot: Bot, clients: Clients, quotas: Quotas
    ) -> None:
        """Prepare the workers."""
        self._store = store
        self._quotas = quotas
        self.control = NativeControl(clients)
        self._poster = NativePoster(store, clients, self.control)
        self._missed = MissedMessages(store, settings, clients)
        self._feeder = NativeFeeder(store, settings, bot, clients, self.control, self._missed)
        #: Whether there is a connector that needs any of this.
        self.is_used = any(each.is_native for each in settings.connectors.values())
        self._workers = NativeWorkers(
            store, {Side.BOT: self._feeder.feed, Side.ZENDESK: self._post}
        )

    def start(self) -> None:
        """Start the workers."""
        if self.is_used:
            self._store.signals.on_any(self._workers.on_signal)

    async def hear(self, events: Sequence[Event], connector: Connector) -> list[UserEvent]:
        """Store what the events of a call of a connector's webhook bring for the bot.

        Args:
            events: Parsed events, with our own.
            connector: The connector.

        Returns:
            What is stored; it is committed then.

        Raises:
            StoreUnavailable: It is not stored.
        """
        if not connector.is_native:
            return []
        for each in events:
            if isinstance(each, ControlMoved) and not (each.to and is_own(each.to, connector)):
                self.control.forget(storable_id(each.conversation.id))
            if isinstance(each, (ControlRefused, ActionFailed)):
                _log_failure(each, connector)
        self._missed.hear(connector.id)
        await self._store.native_missed.note_control(connector.id, control_moves(events))
        await self._store.native.merge(mergers(events, connector))
        found = [self._admit(each) for each in classify_user_events(events, connector)]
        stored = await self._store.native.add(
            found, max_waiting=self._quotas.limits.waiting_messages
        )
        for given, kept in zip(found, stored, strict=True):
            if kept.kind != given.kind:
                self._quotas.count("waiting_messages")
        return stored

    async def poll(self) -> None:
        """Look for what waits, in whichever process it was stored.

        Raises:
            StoreUnavailable: It is done with the next poll.
        """
        if self.is_used:
            await self._workers.poll()

    async def read_missed(self) -> None:
        """Read what users have written of which no call of the webhook has told.

        Raises:
            StoreUnavailable: It is done with the next poll.
        """
        await self._missed.look()

    async def renew(self) -> None:
        """Extend the leases.

        Raises:
            StoreUnavailable: None could be extended.
        """
        await self._store.native.leases.renew()

    async def stop(self) -> None:
        """Finish the work in progress; other servers, or the next start, do the rest."""
        await self._workers.stop()
        await self._feeder.stop()

    def _admit(self, event: UserEvent) -> UserEvent:
        """Count what a user has done; a user of Zendesk counts as an address does elsewhere."""
        if event.kind == "foreign":
            return event  # it is passed on, without any work of the bot's
        user = f"{event.connector_id}:{event.user_id or event.sender_id}"
        self._quotas.note_address(NATIVE_CHANNEL, event.sender_id, user)
        return event.refused() if self._quotas.send_message(event.sender_id, user) else event

    async def _post(self, conversation: NativeConversation, outcome_unknown: bool) -> None:
        await self._poster.post(conversation, outcome_unknown=outcome_unknown)


def _log_failure(event: ControlRefused | ActionFailed, connector: Connector) -> None:
    """Log a call of which Zendesk says afterwards that it has failed."""
    action = getattr(event, "action", "switchboard:passControl:failure")
    log.warning(
        "handoff.native.action_failed",
        connector=connector.id,
        action=action,
        error=event.code,
        meaning=_MEANINGS[action],
    )
