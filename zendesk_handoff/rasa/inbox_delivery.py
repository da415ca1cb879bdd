"""Delivery of a session's inbox: agents' messages, notices and the end, in order."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import quote

import structlog
from rasa.shared.core.events import BotUttered

from zendesk_handoff import metrics
from zendesk_handoff.domain.media import AGENT_MEDIA_PATH
from zendesk_handoff.domain.messages import AgentMessage, read_agent_message
from zendesk_handoff.domain.responses import AGENT_CHANGED, AGENT_JOINED
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.errors import NotDelivered, NotFound, StoreUnavailable
from zendesk_handoff.handover.ends_by_zendesk import EndsByZendesk
from zendesk_handoff.handover.reconcile import fetch_missed
from zendesk_handoff.logs import describe_error
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.delivery import UserChannel, UserOutput
from zendesk_handoff.rasa.introductions import Introductions
from zendesk_handoff.rasa.pending import pending_parts, with_keys
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.inbox import Incoming
from zendesk_handoff.zendesk.avatars import avatar_path
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
        self._ends = EndsByZendesk(store, clients)
        self._introductions = Introductions(store, bot)
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
            event = _next(waiting)
            if event.id not in complete and event.kind != "notice":
                await self._fetch_missed(session)
                waiting = await self._store.inbox.waiting(session.id)
                if not waiting:
                    return  # the router has sent them meanwhile, before the end's notice
                complete.update(each.id for each in waiting)
                event = _next(waiting)
            # After the messages: a session that is open now is one of which the router has not
            # begun to send them.
            session = await self._store.sessions.get(session.id) or session
            if not self._store.leases.is_held(session.id):
                return  # another process may have delivered it
            await self._process(session, event)

    async def _process(self, session: Session, event: Incoming) -> None:
        if event.kind == "message":
            await self._deliver_message(session, event)
        elif event.kind == "deletion":
            await self._take_back(session, event)
        elif event.kind == "notice":
            response = str(event.body["response"])
            async with self._bot.lock(session.sender_id):
                if not await self._store.inbox.is_waiting(event):
                    return  # the router has sent it, before the end's notice
                await self._output.say(session, response, key=f"{session.id}:{event.id}")
                await self._store.inbox.finish(event)
        else:
            await self._ends.process(session, event)

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
        message = message_for_user(event, connector)
        if message.is_deleted:
            await self._store.inbox.finish(event)
            return
        try:
            is_confirmed = await self._send_and_record(session, event, message)
        except NotDelivered as refusal:
            if refusal.may_repeat:
                raise
            await self._store.inbox.refuse(
                event,
                reason=refusal.reason,
                sender_id=session.sender_id,
                pending=with_keys(
                    refusal.undelivered
                    or pending_parts(_with_public_addresses(message, self._settings.public_url)),
                    key=_key(message.id),
                ),
            )
            metrics.count_refused(session.connector_id)
            return
        if is_confirmed:
            stored_at = event.created_at
            metrics.count_delivery(metrics.TO_USER, session.connector_id, stored_at=stored_at)

    async def _send_and_record(
        self, session: Session, event: Incoming, message: AgentMessage
    ) -> bool:
        """Send a message, once; return whether its delivery is confirmed."""
        choices = [{"title": each.title, "payload": each.payload} for each in message.choices]
        sending = partial(self._bot.in_delivery.sending, event.id, session.id, choices)

        async def record(session: Session, is_confirmed: bool) -> bool:
            is_confirmed = await self._store.inbox.finish(
                event, by_agent=message.is_agent, is_confirmed=is_confirmed, choices=choices
            )
            self._introductions.record(session)
            return is_confirmed

        if session.state is State.ACTIVE and message.agent_id in (None, session.agent_id):
            with sending():
                return await record(session, await self._send(session, event, message))
        # The lock keeps an agent's first message behind the bot's about the handover.
        async with self._bot.lock(session.sender_id):
            if not await self._store.inbox.is_waiting(event):
                return False  # the router has sent it, before the end's notice
            with sending():
                if message.agent_id and message.agent_id != session.agent_id:
                    session = await self._introduce(session, message.agent_id, message)
                return await record(session, await self._send(session, event, message))

    async def _take_back(self, session: Session, event: Incoming) -> None:
        message_id = str(event.body["message_id"])
        if await self._store.inbox.was_shown(session, message_id):
            async with self._bot.lock(session.sender_id):
                await self._output.take_back(session, key=_key(message_id))
        await self._store.inbox.withdraw(event, session)

    async def _send(self, session: Session, event: Incoming, message: AgentMessage) -> bool:
        connector = self._settings.connectors.get(session.connector_id)

        async def send(output: UserChannel) -> None:
            shown = message_for_output(message, output, self._settings, connector=connector)
            await output.send_agent_message(session.sender_id, shown, key=_key(message.id))

        return await self._output.push(session, send, key=_key(message.id), event_id=event.id)

    async def _introduce(self, session: Session, agent_id: str, message: AgentMessage) -> Session:
        """Tell the user who writes from now on, and record it."""
        if not session.state.is_open:
            return session  # the message arrived after the end, when no agent joins any more
        if message.author:
            former = session.agent_name if session.agent_id else None
            said = await self._tell_of_agent(session, agent_id, message, former)
            self._introductions.keep(session, agent_id, said)
        return await self._store.sessions.record_agent(
            session.id, agent_id=agent_id, agent_name=message.author or None
        )

    async def _tell_of_agent(
        self, session: Session, agent_id: str, message: AgentMessage, former: str | None
    ) -> BotUttered | None:
        if self._bot.channels.adapter(session.channel).shows_agents:
            return None
        key, values = f"{session.id}:joined:{agent_id}", {"agent_name": message.author}
        if session.agent_id:
            key = f"{key}:{message.id}"  # an agent may come back: each change is told once
        if former is None:
            return await self._output.tell(session, AGENT_JOINED, key=key, **values)
        response = self._bot.choose((AGENT_CHANGED, AGENT_JOINED), channel=session.channel)
        if response == AGENT_CHANGED:
            values["former_agent"] = former
        return await self._output.tell(session, response, key=key, **values)


def _next(waiting: Sequence[Incoming]) -> Incoming:
    """Return the event to process next: a deletion comes before the message that it deletes."""
    return next((event for event in waiting if event.kind == "deletion"), waiting[0])


async def send_waiting(
    store: Store, settings: Settings, bot: Bot, session: Session, output: UserChannel
) -> None:
    """Send what still waits in the inbox of a session that is over; the caller holds the lock.

    It comes before the notice of the end, and is not lost where the user was away.

    Args:
        store: The store.
        settings: The plugin's settings.
        bot: The bot.
        session: The session.
        output: A channel that takes each message once, by its key.
    """
    for event in await store.inbox.waiting(session.id):
        if event.kind == "deletion":
            await store.inbox.withdraw(event, session)
    for event in await store.inbox.waiting(session.id):
        if event.id in bot.in_delivery:
            continue  # the worker is sending it
        if event.kind == "message":
            connector = settings.connectors.get(session.connector_id)
            message = message_for_user(event, connector)
            shown = message_for_output(message, output, settings, connector=connector)
            is_confirmed = shown.is_deleted  # nothing is to be shown
            if not shown.is_deleted:
                await output.send_agent_message(session.sender_id, shown, key=_key(shown.id))
                is_confirmed = isinstance(output, ChannelOutput) and output.is_confirmed
            is_done = await store.inbox.finish(
                event, by_agent=shown.is_agent, is_confirmed=is_confirmed
            )
            if is_done and not shown.is_deleted:
                stored_at = event.created_at
                metrics.count_delivery(metrics.TO_USER, session.connector_id, stored_at=stored_at)
        elif event.kind == "notice":
            await bot.say(
                session.sender_id,
                str(event.body["response"]),
                output,
                key=f"{session.id}:{event.id}",
                locale=session.profile.get("locale"),
            )
            await store.inbox.finish(event)
        else:
            await store.inbox.finish(event)  # it has ended already


def message_for_output(
    message: AgentMessage, output: UserChannel, settings: Settings, *, connector: Connector | None
) -> AgentMessage:
    """Give a message the addresses that the user of a channel can open.

    Args:
        message: Of ``message_for_user``.
        output: The user's channel.
        settings: The plugin's.
        connector: The session's; ``None`` where it is no longer in the settings.
    """
    if isinstance(output, ChannelOutput) and output.is_own_page:
        picture = connector and avatar_path(message.avatar_url, connector)
        return replace(message, avatar_url=picture or message.avatar_url)
    return _with_public_addresses(message, settings.public_url)


def message_for_user(event: Incoming, connector: Connector | None) -> AgentMessage:
    """Read a stored message; the address of a file hosted by Zendesk becomes a path of ours.

    Args:
        event: An event of the kind ``message``.
        connector: The session's connector; ``None`` where it is no longer in the settings.
    """
    message = read_agent_message(event.body)
    if connector is None or not event.media_token:
        return message
    path = f"{AGENT_MEDIA_PATH}/{event.media_token}"
    if message.media_url and is_zendesk_media(message.media_url, connector):
        name = quote(message.media_name or "file", safe="")
        message = replace(message, media_url=f"{path}/{name}")
    cards = [
        replace(card, image_url=f"{path}/{number}/image")
        if is_zendesk_media(card.image_url, connector)
        else card
        for number, card in enumerate(message.cards)
    ]
    return replace(message, cards=cards)


def _key(message_id: str) -> str:
    return f"zendesk:{message_id}"


def _with_public_addresses(message: AgentMessage, public_url: str) -> AgentMessage:
    """Make paths of ours addresses, for channels that live elsewhere."""

    def public(url: str) -> str:
        return f"{public_url}{url}" if url.startswith("/") else url

    url = None if message.media_url is None else public(message.media_url)
    cards = [replace(card, image_url=public(card.image_url)) for card in message.cards]
    return replace(message, media_url=url, cards=cards)
