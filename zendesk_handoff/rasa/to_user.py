"""The lane from Zendesk to the user: the handover, what the agents say, the silence, the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import ConversationPaused, SlotSet

from zendesk_handoff import metrics
from zendesk_handoff.domain.responses import AGENT_JOINED, STARTED
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.errors import NotFound, StoreUnavailable
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.handover.classify import epoch
from zendesk_handoff.handover.inactivity import Reminder, reminder_due
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.handover.reconcile import fetch_missed, has_agents
from zendesk_handoff.logs import describe_error
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.delivery import deliver, message_for_user
from zendesk_handoff.rasa.outputs import contained
from zendesk_handoff.rasa.pending import PullOutput, deliver_pending
from zendesk_handoff.rasa.session_end import notify_end
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.inbox import Incoming
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

#: How often a channel may fail to take a message before it waits for the user's next request.
_PUSH_ATTEMPTS = 5
#: Seconds for which Zendesk is not asked again for what is missing, after it has not answered.
_LISTING_REST = 30.0

Send = Callable[[OutputChannel], Awaitable[None]]


class ToUser:
    """What there is to do for a session on the user's side.

    Args:
        store: Where it stands.
        settings: The plugin's.
        bot: The Rasa side.
        clients: To Zendesk.
        ownership: Decides whether it is this process's to do.
    """

    def __init__(
        self, store: Store, settings: Settings, bot: Bot, clients: Clients, leases: ProcessLeases
    ) -> None:
        """Remember the parts."""
        self._store = store
        self._settings = settings
        self._bot = bot
        self._clients = clients
        self._leases = leases
        self._failures: Counter[str] = Counter()
        self._resting: dict[str, float] = {}

    async def run(self, session_id: str) -> None:
        """Do what there is to do for a session now.

        Args:
            session_id: Which session.
        """
        session = await self._store.sessions.get(session_id)
        if session is None or not await self._has_work(session):
            return
        structlog.contextvars.bind_contextvars(connector=session.connector_id)
        if not await self._leases.acquire(session_id):
            return
        try:
            await self._see_to(session)
        finally:
            if session.connector_id not in self._settings.connectors:
                # A server with other settings, a newer one perhaps, has the agents' side.
                await self._leases.release(session_id)

    async def _see_to(self, session: Session) -> None:
        session_id = session.id
        if (
            session.connected_at is not None
            and not session.start_notified
            and session.state.is_open
        ):
            await self._notify_start(session)
        await self._deliver(session_id)
        session = await self._store.sessions.get(session_id) or session
        reminder = reminder_due(session, self._settings.timeouts, now=time.time())
        if reminder is not None:
            session = await self._act_on_inactivity(session, reminder)
        if not session.state.is_open:
            await self._notify_end(session_id)

    async def _has_work(self, session: Session) -> bool:
        connected = session.connected_at is not None
        if session.state.is_open and connected and not session.start_notified:
            return True
        if not session.state.is_open and not session.end_notified:
            return True
        if reminder_due(session, self._settings.timeouts, now=time.time()) is not None:
            return True
        if await self._store.inbox.waiting(session.id):
            return True
        if session.end_notified:
            await self._leases.release_if_done(session.id)
        return False

    # The handover

    async def _notify_start(self, session: Session) -> None:
        """Make sure that user and tracker know of the agents, whoever has brought them.

        The action does it as a rule, and this finds the tracker paused. Where the action server
        died after the connection, or the Rasa server before it had the action's answer, the store
        alone knows that the agents are there.
        """
        async with self._bot.lock(session.sender_id):
            session = await self._store.sessions.get(session.id) or session
            if not session.state.is_open:
                return
            if self._bot.processor is None:
                return  # nobody can tell, or write it down: once a model is loaded
            if not await self._bot.is_paused(session.sender_id):
                await self._say(session, STARTED, key=f"{session.id}:started")
                failpoint("start.sent")
                status = SlotSet("handoff_status", session.state.value)
                await self._bot.record(session.sender_id, [status, ConversationPaused()])
                failpoint("start.recorded")
            await self._store.sessions.mark_start_notified(session.id)

    # What the agents say

    async def _deliver(self, session_id: str) -> None:
        """Act on everything in the inbox, in order.

        Events come late and out of order, and some never: before anything is shown, Zendesk is
        asked for what was said before it.
        """
        complete: set[int] = set()
        while waiting := await self._store.inbox.waiting(session_id):
            session = await self._store.sessions.get(session_id)
            if session is None:
                return
            event = waiting[0]
            if event.id not in complete and event.kind != "notice":
                await self._fetch_missed(session)
                waiting = await self._store.inbox.waiting(session_id)
                complete.update(each.id for each in waiting)
                event = waiting[0]
            if not await self._leases.acquire(session_id):
                return
            await self._act_on(session, event)

    async def _act_on(self, session: Session, event: Incoming) -> None:
        if event.kind == "message":
            await self._show(session, event)
        elif event.kind == "notice":
            response = str(event.body["response"])
            async with self._bot.lock(session.sender_id):
                await self._say(session, response, key=f"{session.id}:{event.id}")
            await self._store.inbox.finish(event)
        else:
            if session.state.is_open and not await self._is_stale(session, event):
                session = await self._store.sessions.end(
                    session.id, EndReason(event.body["reason"])
                )
                log.info("handoff.session.ended", session=session.id, reason=session.end_reason)
                failpoint("end.stored")
            await self._store.inbox.finish(event)

    async def _fetch_missed(self, session: Session) -> None:
        client = self._clients.interactive(session.connector_id)
        now = time.monotonic()
        if client is None or self._resting.get(session.connector_id, 0.0) > now:
            return
        try:
            await fetch_missed(self._store, client, session)
        except StoreUnavailable:
            raise
        except NotFound as error:  # this conversation's own affair
            log.warning("handoff.listing.failed", session=session.id, error=str(error))
        except Exception as error:
            # What has come is shown all the same; what is missing is asked for again.
            self._resting[session.connector_id] = now + _LISTING_REST
            log.warning("handoff.listing.failed", session=session.id, error=describe_error(error))

    async def _show(self, session: Session, event: Incoming) -> None:
        connector = self._settings.connectors.get(session.connector_id)
        message = message_for_user(event, connector)
        public_url = self._settings.public_url

        async def send(output: OutputChannel) -> None:
            await deliver(message, session.sender_id, output, public_url=public_url)

        if session.state is State.ACTIVE and message.agent_id in (None, session.agent_id):
            await self._send(session, send, key=f"zendesk:{message.id}")
        else:
            # The first words wait for what the bot has yet to say of the handover.
            async with self._bot.lock(session.sender_id):
                if message.agent_id and message.agent_id != session.agent_id:
                    await self._introduce(session, message.agent_id, message.author)
                await self._send(session, send, key=f"zendesk:{message.id}")
        failpoint("deliver.sent")
        await self._store.inbox.finish(event, by_agent=message.is_agent)
        metrics.count_delivery(metrics.TO_USER, session.connector_id, stored_at=event.created_at)
        failpoint("deliver.recorded")

    async def _introduce(self, session: Session, agent_id: str, agent_name: str) -> None:
        if not session.state.is_open:
            return  # words that came after the end: nobody joins any more
        if agent_name:
            key = f"{session.id}:joined:{agent_id}"
            await self._say(session, AGENT_JOINED, key=key, agent_name=agent_name)
        await self._bot.record(session.sender_id, [SlotSet("handoff_status", State.ACTIVE.value)])
        failpoint("deliver.introduced")
        await self._store.sessions.record_agent(
            session.id, agent_id=agent_id, agent_name=agent_name or None
        )

    # The silence

    async def _act_on_inactivity(self, session: Session, reminder: Reminder) -> Session:
        if reminder.end_reason is not None:
            log.info("handoff.session.ended", session=session.id, reason=reminder.end_reason.value)
            return await self._store.sessions.end_by_us(session.id, reminder.end_reason)
        if reminder.response and (reminder.is_offer or await self._can_push(session)):
            # Reminders would pile up where a user cannot be reached; the offer counts once.
            key = f"{session.id}:{reminder.response}:{session.reminded_at or 0:.3f}"
            async with self._bot.lock(session.sender_id):
                await self._say(session, reminder.response, key=key)
        return await self._store.sessions.record_reminder(session.id, offered=reminder.is_offer)

    # The end

    async def _is_stale(self, session: Session, event: Incoming) -> bool:
        """Tell whether an end is older than the session: a conversation may serve several."""
        sent = epoch(event.sent_at)
        client = self._clients.interactive(session.connector_id)
        if sent is None or sent >= (session.connected_at or 0.0) or client is None:
            return False
        # Where Zendesk does not answer the event stays, and is judged with the next look round.
        try:
            conversation = await client.get_conversation(str(session.conversation_id))
        except NotFound:
            return False  # nobody has a conversation that is gone
        return has_agents(conversation, client)

    async def _notify_end(self, session_id: str) -> None:
        session = await self._store.sessions.get(session_id)
        if session is None or session.state.is_open:
            return
        if not session.end_notified:
            async with self._bot.lock(session.sender_id):
                # The gate may have told the user while we waited for the lock.
                session = await self._store.sessions.get(session_id) or session
                if not session.end_notified:
                    over = session

                    async def send(output: OutputChannel) -> None:
                        await notify_end(self._store, self._bot, over, output)

                    await self._send(session, send, key=f"{session.id}:farewell")
                    session = await self._store.sessions.get(session_id) or session
        await self._leases.release_if_done(session.id)

    # How the user is reached

    async def _say(
        self, session: Session, response: str, *, key: str | None = None, **values: str
    ) -> None:
        async def send(output: OutputChannel) -> None:
            await self._bot.say(
                session.sender_id,
                response,
                output,
                key=key,
                locale=session.profile.get("locale"),
                **values,
            )

        await self._send(session, send, key=key or f"{session.id}:{response}")

    async def _send(self, session: Session, send: Send, *, key: str) -> None:
        """Send through the user's channel; after some failures the message waits for the user.

        What waits already comes first: it is given before, or what follows waits with it.
        """
        output = await self._output(session)
        if not isinstance(output, PullOutput) and await self._store.pending.has(session.sender_id):
            await deliver_pending(self._store, session.sender_id, output)
            if await self._store.pending.has(session.sender_id):
                output = PullOutput(self._store)
        try:
            with contained():
                await send(output)
        except StoreUnavailable:
            raise
        except Exception as error:
            self._failures[key] += 1
            if self._failures[key] < _PUSH_ATTEMPTS:
                raise
            log.error(
                "handoff.push.given_up",
                session=session.id,
                channel=session.channel,
                error=type(error).__name__,
                meaning="the message goes with the user's next one",
            )
            self._bot.outputs.forget(session.channel)
            await send(PullOutput(self._store))
        self._failures.pop(key, None)

    async def _can_push(self, session: Session) -> bool:
        return await self._bot.outputs.find(session.channel) is not None

    async def _output(self, session: Session) -> OutputChannel:
        found = await self._bot.outputs.find(session.channel)
        return PullOutput(self._store) if found is None else found
