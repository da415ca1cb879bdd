"""Work on a session's user side: start, agents' messages, inactivity and end."""

from __future__ import annotations

import time

import structlog
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import ConversationPaused, SlotSet

from zendesk_handoff.domain.responses import STARTED
from zendesk_handoff.domain.session import Session
from zendesk_handoff.handover.inactivity import InactivityAction, inactivity_action
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.inbox_delivery import InboxDelivery
from zendesk_handoff.rasa.session_end import notify_end
from zendesk_handoff.rasa.user_output import UserOutput
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)


class ToUser:
    """The worker of a session's user side.

    Args:
        store: The store.
        settings: The plugin's settings.
        bot: The bot, for the sender's lock and the tracker.
        clients: The Conversations API clients.
        leases: The session leases of this process.
    """

    def __init__(
        self, store: Store, settings: Settings, bot: Bot, clients: Clients, leases: ProcessLeases
    ) -> None:
        """Keep the collaborators."""
        self._store = store
        self._settings = settings
        self._bot = bot
        self._leases = leases
        self._output = UserOutput(store, bot)
        self._inbox = InboxDelivery(store, settings, bot, clients, leases, self._output)

    async def run(self, session_id: str) -> None:
        """Do all work that a session has now, if this process can acquire its lease.

        Args:
            session_id: The session.
        """
        session = await self._store.sessions.get(session_id)
        if session is None or not await self._has_work(session):
            return
        structlog.contextvars.bind_contextvars(connector=session.connector_id)
        if not await self._leases.acquire(session_id):
            return
        try:
            await self._work_on(session)
        finally:
            if session.connector_id not in self._settings.connectors:
                # A server whose settings have the connector must do the agents' side.
                await self._leases.release(session_id)

    async def _work_on(self, session: Session) -> None:
        session_id = session.id
        if _needs_start_notification(session):
            await self._notify_start(session)
        await self._inbox.run(session_id)
        session = await self._store.sessions.get(session_id) or session
        action = inactivity_action(session, self._settings.timeouts, now=time.time())
        if action is not None:
            session = await self._act_on_inactivity(session, action)
        if not session.state.is_open:
            await self._notify_end(session_id)

    async def _has_work(self, session: Session) -> bool:
        if _needs_start_notification(session):
            return True
        if not session.state.is_open and not session.end_notified:
            return True
        if inactivity_action(session, self._settings.timeouts, now=time.time()) is not None:
            return True
        if await self._store.inbox.waiting(session.id):
            return True
        if session.end_notified:
            await self._leases.release_if_done(session.id)
        return False

    async def _notify_start(self, session: Session) -> None:
        """Notify the user of the start and pause the tracker, unless the action has done both.

        If the action server dies after control is passed, or the Rasa server before it has the
        action's response, only the store has the start of the session.
        """
        async with self._bot.lock(session.sender_id):
            session = await self._store.sessions.get(session.id) or session
            if not session.state.is_open:
                return
            if self._bot.processor is None:
                return  # repeated once a model is loaded: there is no tracker without one
            if not await self._bot.is_paused(session.sender_id):
                await self._output.say(session, STARTED, key=f"{session.id}:started")
                status = SlotSet("handoff_status", session.state.value)
                await self._bot.record(session.sender_id, [status, ConversationPaused()])
            await self._store.sessions.mark_start_notified(session.id)

    async def _act_on_inactivity(self, session: Session, action: InactivityAction) -> Session:
        if action.end_reason is not None:
            return await self._store.sessions.end_by_us(session.id, action.end_reason)
        if action.response and (action.is_offer or await self._output.can_push(session)):
            # Reminders would pile up as pending messages. The offer is sent once, so it may wait.
            key = f"{session.id}:{action.response}:{session.reminded_at or 0:.3f}"
            async with self._bot.lock(session.sender_id):
                await self._output.say(session, action.response, key=key)
        return await self._store.sessions.record_reminder(session.id, offered=action.is_offer)

    async def _notify_end(self, session_id: str) -> None:
        session = await self._store.sessions.get(session_id)
        if session is None or session.state.is_open:
            return
        if not session.end_notified:
            async with self._bot.lock(session.sender_id):
                # The router may have notified the user while the worker waited for the lock.
                session = await self._store.sessions.get(session_id) or session
                if not session.end_notified:
                    ended = session

                    async def send(output: OutputChannel) -> None:
                        await notify_end(self._store, self._bot, ended, output)

                    await self._output.send(session, send, key=f"{session.id}:end")
                    session = await self._store.sessions.get(session_id) or session
        await self._leases.release_if_done(session.id)


def _needs_start_notification(session: Session) -> bool:
    connected = session.connected_at is not None
    return session.state.is_open and connected and not session.start_notified
