"""Introductions of agents: sent with the agent's first message, recorded in the tracker later."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog
from rasa.shared.core.events import BotUttered, Event, SlotSet

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)

#: Sessions of which is remembered which agent the tracker knows.
_MAX_SESSIONS = 10_000


class Introductions:
    """Records in the tracker that an agent has joined.

    The tracker of a long conversation takes seconds to load and save. So the message goes out
    first, and the tracker follows in a task of its own. Should the process die in between, the next
    message of the agent does it: the events have a key, and what this process has not recorded is
    looked for.

    Args:
        store: The store.
        bot: The bot, for the sender's lock and the tracker.
    """

    def __init__(self, store: Store, bot: Bot) -> None:
        """Start with nothing recorded."""
        self._store = store
        self._bot = bot
        self._recorded: OrderedDict[str, str | None] = OrderedDict()
        self._said: dict[tuple[str, str], BotUttered] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, session: Session, agent_id: str, said: BotUttered | None) -> None:
        """Remember what the user was told.

        Args:
            session: The session.
            agent_id: Zendesk's id of the agent.
            said: The event for the tracker.
        """
        if said is not None:
            self._said[session.id, agent_id] = said

    def record(self, session: Session) -> None:
        """Let the tracker know the session's agent, soon, unless it does.

        Args:
            session: As it is after the agent's message.
        """
        agent_id = session.agent_id
        if not session.is_open or not agent_id or self._recorded.get(session.id) == agent_id:
            return
        self._recorded[session.id] = agent_id
        if len(self._recorded) > _MAX_SESSIONS:
            self._recorded.popitem(last=False)
        said = self._said.pop((session.id, agent_id), None)
        task = asyncio.create_task(self._record(session, agent_id, said), name="handoff agent")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until everything is recorded."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _record(self, session: Session, agent_id: str, said: BotUttered | None) -> None:
        events: list[Event] = [said] if said is not None else []
        events.append(SlotSet("handoff_status", State.ACTIVE.value))
        try:
            async with self._bot.lock(session.sender_id):
                current = await self._store.sessions.get(session.id)
                if current is None or not current.is_open:
                    return  # the end has set the slot
                key = f"{session.id}:joined:{agent_id}"
                await self._bot.record(session.sender_id, events, key=key)
        except Exception as error:
            self._recorded.pop(session.id, None)
            log.warning(
                "handoff.introduction.not_recorded", session=session.id, **error_fields(error)
            )
