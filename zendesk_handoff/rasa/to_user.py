"""The tasks towards the user: start, agents' messages, reminders and end."""

from __future__ import annotations

import time
from collections.abc import Mapping

import structlog
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import ConversationPaused, SlotSet

from zendesk_handoff.domain.end_phrases import phrase_for
from zendesk_handoff.domain.responses import (
    BACK_OFFER,
    DELAYED,
    HOW_TO_LEAVE,
    QUEUE,
    STILL_WAITING,
)
from zendesk_handoff.domain.session import Session
from zendesk_handoff.domain.times import say_duration
from zendesk_handoff.handover.due import Task, inactivity_reason
from zendesk_handoff.handover.native_control import NativeControl
from zendesk_handoff.handover.workers import Do
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.delivery import UserOutput
from zendesk_handoff.rasa.inbox_delivery import InboxDelivery
from zendesk_handoff.rasa.session_end import notify_end
from zendesk_handoff.rasa.start_words import start_words
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)


def tasks_to_user(
    store: Store,
    settings: Settings,
    bot: Bot,
    clients: Clients,
    *,
    output: UserOutput | None = None,
    control: NativeControl | None = None,
) -> Mapping[Task, Do]:
    """Make the tasks towards the user.

    Args:
        store: The store.
        settings: The plugin's settings.
        bot: The bot, for the sender's lock and the tracker.
        clients: The Conversations API clients.
        output: The users' output channels.
        control: Tells who has control of native conversations.
    """
    output = output or UserOutput(store, bot)
    control = control or NativeControl(clients)
    notifications = Notifications(store, settings, bot, output, control)
    return {
        Task.NOTIFY_START: notifications.notify_start,
        Task.NOTIFY_DELAY: notifications.notify_delay,
        Task.DELIVER: InboxDelivery(store, settings, bot, clients, output).run,
        Task.REMIND: notifications.remind,
        Task.OFFER: notifications.offer,
        Task.END: notifications.end,
        Task.NOTIFY_END: notifications.notify_end,
    }


class Notifications:
    """Tells the user, and the tracker, what happens to a session.

    Args:
        store: The store.
        settings: The plugin's settings.
        bot: The bot, for the sender's lock and the tracker.
        output: The users' output channels.
        control: Tells who has control of native conversations.
    """

    def __init__(
        self, store: Store, settings: Settings, bot: Bot, output: UserOutput, control: NativeControl
    ) -> None:
        """Keep the collaborators."""
        self._control = control
        self._settings = settings
        self._store = store
        self._bot = bot
        self._output = output

    async def notify_start(self, session: Session) -> None:
        """Notify the user of the start and pause the tracker, unless the action has done both.

        If the action server dies after control is passed, or the Rasa server before it has the
        action's response, only the store has the start of the session.

        Args:
            session: The session.
        """
        async with self._bot.lock(session.sender_id):
            session = await self._store.sessions.get(session.id) or session
            if not session.is_open or self._bot.processor is None:
                return
            if not await self._bot.is_paused(session.sender_id):
                if not await self._was_told(session):
                    await self._say_start(session)
                adapter = self._bot.channels.adapter(session.channel)
                if not adapter.is_own_page and not adapter.shows_agents:
                    await self._say_how_to_leave(session)
                status = SlotSet("handoff_status", session.state.value)
                await self._bot.record(session.sender_id, [status, ConversationPaused()])
            await self._store.sessions.mark_start_notified(session.id)

    async def _say_start(self, session: Session) -> None:
        response, values = start_words(
            self._settings.connectors.get(session.connector_id),
            at=session.connected_at or time.time(),
            locale=session.profile.get("locale") or self._bot.language,
        )
        await self._output.say(session, response, key=session.start_key, **values)

    async def _was_told(self, session: Session) -> bool:
        """Tell whether the user has heard of the start, of a bot that died before it knew.

        In a native conversation what the action says is stored like everything else.
        """
        since = session.connected_at or 0.0
        return session.is_native and await self._store.native.has_said(
            session.sender_id, since=since
        )

    async def _say_how_to_leave(self, session: Session) -> None:
        key = f"{session.id}:how_to_leave"
        phrase = self._end_phrase(session)
        await self._output.say(session, HOW_TO_LEAVE, key=key, end_phrase=phrase)

    def _end_phrase(self, session: Session) -> str:
        language = session.profile.get("locale") or self._bot.language
        return phrase_for(language, self._settings.end_phrases)

    async def notify_delay(self, session: Session) -> None:
        """Add a notice, among the agents' messages, that the user's have not arrived.

        Args:
            session: The session.
        """
        if await self._store.outbox.notify_delay(session, notice=DELAYED):
            log.error("handoff.messages.overdue", session=session.id)

    async def remind(self, session: Session) -> None:
        """Remind the user that the wait goes on, where the channel can push.

        How long it usually takes is said again as long as it has not taken that long.

        Reminders would pile up as pending messages.

        Args:
            session: The session.
        """
        if await self._output.can_push(session):
            wait = await self._usual_wait(session)
            if wait is None:
                await self._say_in_turn(session, STILL_WAITING)
            else:
                locale = session.profile.get("locale") or self._bot.language
                await self._say_in_turn(session, QUEUE, wait=say_duration(wait, locale))
        await self._store.sessions.record_reminder(session.id, offered=False)

    async def _usual_wait(self, session: Session) -> float | None:
        """Return the seconds that users usually wait, if this one has not waited as long."""
        connector = self._settings.connectors.get(session.connector_id)
        if connector is None or not connector.tell_wait:
            return None
        now = time.time()
        wait = await self._store.waits.usual(session, now=now)
        return wait if wait is not None and now < (session.connected_at or now) + wait else None

    async def offer(self, session: Session) -> None:
        """Offer the user to return to the bot; it is done once, so it may become pending.

        Args:
            session: The session.
        """
        await self._say_in_turn(session, BACK_OFFER, end_phrase=self._end_phrase(session))
        await self._store.sessions.record_reminder(session.id, offered=True)

    async def end(self, session: Session) -> None:
        """End a session for inactivity.

        Args:
            session: The session.
        """
        await self._store.sessions.end_by_us(session.id, inactivity_reason(session))

    async def notify_end(self, session: Session) -> None:
        """Notify the user of the end, unless the router has done so while this waited for the lock.

        In a native conversation nothing is said where the bot does not have it, or answers anyway.

        Args:
            session: The session.
        """
        is_silent = session.has_reached_agents and (
            not await self._control.may_speak(session)
            or bool(session.is_native and await self._store.native.to_handle(session.sender_id))
        )
        async with self._bot.lock(session.sender_id):
            ended = await self._store.sessions.get(session.id) or session
            if ended.end_notified:
                return

            async def send(output: OutputChannel) -> None:
                await notify_end(
                    self._store, self._settings, self._bot, ended, output, is_silent=is_silent
                )

            await self._output.send(ended, send, key=f"{ended.id}:end")

    async def _say_in_turn(self, session: Session, response: str, **values: str) -> None:
        key = f"{session.id}:{response}:{session.reminded_at or 0:.3f}"
        async with self._bot.lock(session.sender_id):
            await self._output.say(session, response, key=key, **values)
