"""Ends of native handovers at which nobody had the conversation: the rest follows later.

After a release nobody is active, and only the active integration may speak. The bot is that again
with the user's next message.
"""

from __future__ import annotations

import time

from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.session import EndReason, Session
from zendesk_handoff.rasa.after_end import say_end
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.ratings import ask_rating, is_asked
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store

#: Seconds after the end in which the user still knows what is spoken of.
_SAID_WITHIN = 24 * 3600.0


class LateEnds:
    """Says what is left to say of an end, around the bot's answer to the user's next message.

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

    async def before_answer(self, message: UserMessage) -> Session | None:
        """Tell the user that the agents go on by e-mail, if they have not heard it.

        Args:
            message: The user's, before the bot is given it.

        Returns:
            The session of whose end the user has heard nothing; ``None`` without one.
        """
        session = await self._store.sessions.current(message.sender_id)
        if session is None or not session.has_reached_agents or session.rating_asked_at is not None:
            return None
        ended_at = session.ended_at or 0.0
        if time.time() - ended_at > _SAID_WITHIN:
            return None
        if await self._store.native.has_said(message.sender_id, since=ended_at):
            return None  # it had the conversation at the end
        if session.end_reason == EndReason.MOVED_TO_EMAIL:
            async with (
                self._bot.lock(message.sender_id),
                self._bot.open_tracker(message.sender_id) as tracker,
            ):
                output = self._bot.channels.output_of(message)
                await say_end(self._settings, self._bot, session, output, tracker=tracker)
        return session

    async def after_answer(self, message: UserMessage, session: Session) -> None:
        """Ask for a rating, where the settings want one and the bot has not handed over again.

        Args:
            message: The user's, which the bot has answered.
            session: As ``before_answer`` has returned it.
        """
        newer = await self._store.sessions.current(message.sender_id)
        if (newer is not None and newer.is_open) or not is_asked(self._settings, session):
            return
        async with (
            self._bot.lock(message.sender_id),
            self._bot.open_tracker(message.sender_id) as tracker,
        ):
            output = self._bot.channels.output_of(message)
            await ask_rating(self._bot, session, output, tracker=tracker)
        await self._store.sessions.mark_end_notified(session.id, asks_rating=True)
