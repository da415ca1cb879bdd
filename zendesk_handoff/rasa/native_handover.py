"""A handover by the Rasa server itself, where the bot has failed in a native conversation."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.dialogue import Dialogue, dialogue_from_events
from zendesk_handoff.domain.language import LANGUAGE_KEY
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.handover.agent_notes import agent_note
from zendesk_handoff.handover.failure_case import FailureCase
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.start_words import start_words
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.engine.signals import is_set_within
from zendesk_handoff.store.topics import session_topic

log = structlog.get_logger(__name__)

_UNDECIDED = frozenset({State.REQUESTED, State.OPENING})
#: Seconds within which the conversation must be read for the summary.
_READ_WITHIN = 5.0
#: Seconds after ``open_timeout`` in which the opener still records the outcome.
_MARGIN = 5.0
#: Seconds between two looks at the session, should a signal be lost.
_LOOK_AGAIN = 1.0


class NativeHandover:
    """Requests sessions without the action server, which may be what has failed.

    Args:
        store: The store.
        settings: The plugin's.
        bot: The bot, in whose turn the session is opened.
    """

    def __init__(self, store: Store, settings: Settings, bot: Bot) -> None:
        """Keep the collaborators."""
        self._store = store
        self._settings = settings
        self._bot = bot

    async def hand_over(self, message: UserMessage, connector: Connector, problem: str) -> None:
        """Give the conversation of a message to the agents, and wait for the outcome.

        Where that fails, too, the user is told.

        Args:
            message: The user's message that the bot could not handle.
            connector: The conversation's connector.
            problem: Why, as a key of the notes to the agents.

        Raises:
            StoreUnavailable: It is done again.
        """
        reason = agent_note(problem, connector.agent_language)
        log.error("handoff.native.handed_over", connector=connector.id, problem=problem)
        dialogue, is_read = await self._dialogue(message)
        case = FailureCase(
            connector,
            self._settings,
            dialogue,
            sender_id=message.sender_id,
            metadata=message.metadata or {},
            user=getattr(message, "user", None),
            reason=reason,
        )
        identity = case.identity
        with self._bot.in_hand.turn(message.sender_id, message):
            session = await self._store.sessions.request(
                message.sender_id,
                connector.id,
                workspace=connector.workspaces[0],
                channel=str(message.input_channel),
                reason=reason,
                summary=await case.write_summary(message.text or ""),
                profile=identity.profile(),
                origins=identity.origins(),
                subject=identity.subject or None,
                ticket=(await case.fill_ticket()).to_json(),
            )
            session = await self.wait(session)
        is_connected = session.is_open and session.state not in _UNDECIDED
        if is_connected and (self._bot.processor is None or not is_read):
            # Else the worker tells the user, and pauses the tracker, which it needs for both.
            locale = identity.locale or self._bot.language
            response, values = start_words(connector, at=time.time(), locale=locale)
            await self._bot.tell(
                message.sender_id,
                response,
                message.output_channel,
                key=session.start_key,
                locale=locale,
                tracker=None,
                **values,
            )

    async def wait(self, session: Session) -> Session:
        """Wait until it is known what becomes of a session that is being opened.

        Args:
            session: An open one.

        Returns:
            The session as last read.
        """
        until = time.monotonic() + self._settings.open_timeout + _MARGIN
        with self._store.signals.watch(session_topic(session.id)) as changed:
            while True:
                changed.clear()
                session = await self._store.sessions.get(session.id) or session
                left = until - time.monotonic()
                if session.state not in _UNDECIDED or left <= 0:
                    return session
                await is_set_within(changed, min(left, _LOOK_AGAIN))

    async def _dialogue(self, message: UserMessage) -> tuple[Dialogue, bool]:
        """Read the conversation; where that fails, too, the user's last message is all of it.

        Returns:
            The conversation, and whether nothing has kept it from being read.
        """
        said = {
            **{"event": "user", "text": message.text, "timestamp": time.time(), "parse_data": {}},
            "metadata": {LANGUAGE_KEY: self._bot.language},
        }
        found: Dialogue | None = None
        is_read = False
        try:
            found = await asyncio.wait_for(self._read(message, said), _READ_WITHIN)
            is_read = True
        except Exception as error:
            log.warning("handoff.native.no_summary", **error_fields(error))
        return (dialogue_from_events([said]) if found is None else found), is_read

    async def _read(self, message: UserMessage, said: dict[str, Any]) -> Dialogue | None:
        async with self._bot.open_tracker(message.sender_id) as opened:
            if opened is None:
                return None

            def read() -> Dialogue:
                tracker = opened.tracker
                events = [each.as_dict() for each in tracker.events]
                if not any(each.get("message_id") == message.message_id for each in events):
                    events.append(said)  # the bot has failed before it was recorded
                return dialogue_from_events(events, slots=tracker.current_slot_values())

            return await asyncio.to_thread(read)
