"""Ends of native handovers at which nobody had the conversation: the rest follows later.

After a release nobody is active, and only the active integration may speak. The bot is that again
with the user's next message.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog
from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.session import EndReason, Session
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.after_end import is_triggered, say_end, trigger_ended
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.foreign import call_foreign
from zendesk_handoff.rasa.ratings import ask_rating, is_asked
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)

#: Seconds after the end in which the user still knows what is spoken of.
_SAID_WITHIN = 24 * 3600.0


class LateEnds:
    """Says what is left to say of an end, around the bot's answer to the user's next message.

    What fails here is logged and left out: repeated, it would keep the user from the bot for ever.

    Args:
        store: The store.
        settings: The plugin's.
        bot: The bot, in a turn of which the caller is.
    """

    def __init__(self, store: Store, settings: Settings, bot: Bot) -> None:
        """Keep the collaborators."""
        self._store = store
        self._settings = settings
        self._bot = bot

    async def before_answer(
        self,
        message: UserMessage,
        *,
        stored_at: float,
        within: float,
        known: Session | None = None,
    ) -> Session | None:
        """Tell the user that the agents go on by e-mail, if they have not heard it.

        Args:
            message: The user's, before the bot is given it.
            stored_at: When it was stored, in seconds since the epoch. What the bot has said since
                then is of this turn, which is repeated after a crash.
            within: Seconds after which the answer waits no longer.
            known: What it has returned for the message before, if nothing has followed that one.

        Returns:
            The session of whose end the user has heard nothing; ``None`` without one.

        Raises:
            StoreUnavailable: It is done again.
        """
        session = await self._store.sessions.newest(message.sender_id)
        if session is None or not session.has_reached_agents or session.rating_asked_at is not None:
            return None
        if known is not None and known.id == session.id:
            return session
        ended_at = session.ended_at or 0.0
        if time.time() - ended_at > _SAID_WITHIN:
            return None
        told = self._store.native.has_said(
            message.sender_id, since=ended_at, until=stored_at, counts_dropped=False
        )
        if await told:
            return None  # it had the conversation at the end
        if session.end_reason == EndReason.MOVED_TO_EMAIL:
            await self._attempt(self._say_end, message, session, within=within)
        return session

    async def after_answer(self, message: UserMessage, session: Session, *, within: float) -> None:
        """Ask for a rating, and trigger the intent, where the settings want that.

        Both follow the answer: what the user has written is none to a question that they have not
        read. Neither follows a new handover, or the failure of one.

        Args:
            message: The user's, which the bot has answered.
            session: As ``before_answer`` has returned it.
            within: Seconds after which the user's next message waits no longer.

        Raises:
            StoreUnavailable: It is done again.
        """
        newest = await self._store.sessions.newest(message.sender_id)
        if newest is None or newest.id != session.id:
            return
        asks_rating = is_asked(self._settings, session)
        triggers = is_triggered(self._settings, self._bot, session)
        is_asked_now = asks_rating and await self._attempt(
            self._ask_rating, message, session, within=within
        )
        if triggers:
            await self._attempt(self._trigger, message, session, within=within)
        if is_asked_now:  # last: what follows a question that is recorded would not be repeated
            await self._store.sessions.mark_end_notified(session.id, asks_rating=True)

    async def _attempt(
        self,
        step: Callable[[UserMessage, Session], Awaitable[None]],
        message: UserMessage,
        session: Session,
        *,
        within: float,
    ) -> bool:
        """Do a step, of the bot's own code in part; return whether it has succeeded."""
        try:
            await call_foreign(step, message, session, timeout=within)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.error(
                "handoff.native.late_end_failed",
                connector=session.connector_id,
                session=session.id,
                **error_fields(error),
            )
            return False
        return True

    async def _say_end(self, message: UserMessage, session: Session) -> None:
        async with (
            self._bot.lock(message.sender_id),
            self._bot.open_tracker(message.sender_id) as tracker,
        ):
            output = self._bot.channels.output_of(message)
            await say_end(self._settings, self._bot, session, output, tracker=tracker)

    async def _ask_rating(self, message: UserMessage, session: Session) -> None:
        async with (
            self._bot.lock(message.sender_id),
            self._bot.open_tracker(message.sender_id) as tracker,
        ):
            output = self._bot.channels.output_of(message)
            await ask_rating(self._bot, session, output, tracker=tracker)

    async def _trigger(self, message: UserMessage, session: Session) -> None:
        async with self._bot.lock(message.sender_id):
            await trigger_ended(self._bot, session, self._bot.channels.output_of(message))
