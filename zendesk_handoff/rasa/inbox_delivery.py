"""Delivery of a session's inbox: agents' messages, notices and the end, in order."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import structlog
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import SlotSet

from zendesk_handoff import metrics
from zendesk_handoff.domain.inbox import epoch
from zendesk_handoff.domain.media import AGENT_MEDIA_PATH
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.responses import AGENT_JOINED
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.errors import NotFound, StoreUnavailable
from zendesk_handoff.handover.reconcile import fetch_missed, has_agents
from zendesk_handoff.logs import describe_error
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.delivery import AgentAwareOutput, UserOutput, send_once
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.inbox import Incoming
from zendesk_handoff.zendesk.clients import Clients
from zendesk_handoff.zendesk.media import is_zendesk_media

log = structlog.get_logger(__name__)

#: Seconds for which Zendesk is not asked for missed messages after it has failed to answer.
_LISTING_BACKOFF = 30.0


class InboxDelivery:
    """Delivers inbox events to users.

    Args:
        store: The store.
        settings: The plugin's settings.
        bot: The bot, for the sender's lock and the tracker.
        clients: The Conversations API clients.
        output: The users' output channels.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        bot: Bot,
        clients: Clients,
        output: UserOutput,
    ) -> None:
        """Keep the collaborators."""
        self._store = store
        self._settings = settings
        self._bot = bot
        self._clients = clients
        self._output = output
        self._backoff_until: dict[str, float] = {}  # by connector, on the monotonic clock

    async def run(self, session: Session) -> None:
        """Deliver everything in a session's inbox, in order.

        Events arrive late, out of order or never: before a message is shown, Zendesk is asked for
        those that were posted before it.

        Args:
            session: The session; this process has its lease.
        """
        complete: set[int] = set()
        while waiting := await self._store.inbox.waiting(session.id):
            session = await self._store.sessions.get(session.id) or session
            event = waiting[0]
            if event.id not in complete and event.kind != "notice":
                await self._fetch_missed(session)
                waiting = await self._store.inbox.waiting(session.id)
                complete.update(each.id for each in waiting)
                event = waiting[0]
            if not self._store.leases.is_held(session.id):
                return  # another process may have delivered it
            await self._process(session, event)

    async def _process(self, session: Session, event: Incoming) -> None:
        if event.kind == "message":
            await self._deliver_message(session, event)
        elif event.kind == "notice":
            response = str(event.body["response"])
            async with self._bot.lock(session.sender_id):
                await self._output.say(session, response, key=f"{session.id}:{event.id}")
            await self._store.inbox.finish(event)
        else:
            if session.state.is_open and not await self._is_stale(session, event):
                session = await self._store.sessions.end(
                    session.id, EndReason(event.body["reason"])
                )
            await self._store.inbox.finish(event)

    async def _fetch_missed(self, session: Session) -> None:
        client = self._clients.interactive(session.connector_id)
        now = time.monotonic()
        if client is None or self._backoff_until.get(session.connector_id, 0.0) > now:
            return
        try:
            await fetch_missed(self._store, client, session)
        except StoreUnavailable:
            raise
        except NotFound as error:  # it concerns this conversation only, so no backoff
            log.warning("handoff.listing.failed", session=session.id, error=describe_error(error))
        except Exception as error:
            # What has arrived is shown all the same; missed messages are asked for again.
            self._backoff_until[session.connector_id] = now + _LISTING_BACKOFF
            log.warning("handoff.listing.failed", session=session.id, error=describe_error(error))

    async def _deliver_message(self, session: Session, event: Incoming) -> None:
        connector = self._settings.connectors.get(session.connector_id)
        message = _message_for_user(event, connector)
        public_url = self._settings.public_url

        async def send(output: OutputChannel) -> None:
            await _deliver(message, session.sender_id, output, public_url=public_url)

        if session.state is State.ACTIVE and message.agent_id in (None, session.agent_id):
            await self._output.send(session, send, key=f"zendesk:{message.id}")
        else:
            # The lock keeps an agent's first message behind the bot's messages about the handover.
            async with self._bot.lock(session.sender_id):
                if message.agent_id and message.agent_id != session.agent_id:
                    await self._introduce(session, message.agent_id, message.author)
                await self._output.send(session, send, key=f"zendesk:{message.id}")
        await self._store.inbox.finish(event, by_agent=message.is_agent)
        metrics.count_delivery(metrics.TO_USER, session.connector_id, stored_at=event.created_at)

    async def _introduce(self, session: Session, agent_id: str, agent_name: str) -> None:
        if not session.state.is_open:
            return  # the message arrived after the end, when no agent joins any more
        if agent_name:
            key = f"{session.id}:joined:{agent_id}"
            await self._output.say(session, AGENT_JOINED, key=key, agent_name=agent_name)
        await self._bot.record(session.sender_id, [SlotSet("handoff_status", State.ACTIVE.value)])
        await self._store.sessions.record_agent(
            session.id, agent_id=agent_id, agent_name=agent_name or None
        )

    async def _is_stale(self, session: Session, event: Incoming) -> bool:
        """Tell whether an end is older than the session: a conversation may have several."""
        sent_at = epoch(event.sent_at)
        client = self._clients.interactive(session.connector_id)
        if sent_at is None or sent_at >= (session.connected_at or 0.0) or client is None:
            return False
        # Where Zendesk does not answer, the event stays in the inbox until the next poll.
        try:
            conversation = await client.get_conversation(str(session.conversation_id))
        except NotFound:
            return False  # a removed conversation has no agents
        return has_agents(conversation, client)


def _message_for_user(event: Incoming, connector: Connector | None) -> AgentMessage:
    """Read a stored message; the address of a file hosted by Zendesk becomes a path of ours.

    Args:
        event: An event of the kind ``message``.
        connector: The session's connector; ``None`` where it is no longer in the settings.
    """
    message = AgentMessage(**event.body)
    if connector is None:
        return message
    if event.media_token and message.media_url and is_zendesk_media(message.media_url, connector):
        name = quote(message.media_name or "file")
        return replace(message, media_url=f"{AGENT_MEDIA_PATH}/{event.media_token}/{name}")
    return message


async def _deliver(
    message: AgentMessage, sender_id: str, output: OutputChannel, *, public_url: str
) -> None:
    """Send an agent's message to the user.

    Args:
        message: Its file's address may be a path of ours.
        sender_id: The user.
        output: The user's output channel.
        public_url: Put before a path of ours, for channels that live elsewhere.
    """
    if isinstance(output, AgentAwareOutput):
        await output.send_agent_message(sender_id, message)
        return
    response: dict[str, Any] = {}
    text = message.text
    url = message.media_url
    if url is not None:
        url = f"{public_url}{url}" if url.startswith("/") else url
        text = text or message.media_name or ""
        response["image" if message.kind == "image" else "attachment"] = url
    response["text"] = f"{message.author}: {text}" if message.author else text
    await send_once(output, sender_id, response, key=f"zendesk:{message.id}")
