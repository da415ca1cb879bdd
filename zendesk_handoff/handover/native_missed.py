"""Users' messages in native conversations of which no webhook call has told: they are read.

Zendesk repeats a call for 15 minutes. What users write to a server that is down for longer would
never be answered.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import msgspec
import structlog

from zendesk_handoff.domain.inbox import epoch
from zendesk_handoff.domain.native import LISTED, NativeConversation, UserEvent
from zendesk_handoff.errors import NotFound, StoreUnavailable
from zendesk_handoff.handover.classify import is_for_user, is_own
from zendesk_handoff.handover.native_events import classify_user_events
from zendesk_handoff.handover.reconcile import CONTROL_DELAY
from zendesk_handoff.logs import describe_error
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import Conversation, ConversationsClient, Message
from zendesk_handoff.zendesk.clients import Clients
from zendesk_handoff.zendesk.events import MessagePosted
from zendesk_handoff.zendesk.models import storable_id

log = structlog.get_logger(__name__)

#: Seconds after which ids of messages are forgotten: nothing older can be told to be missed.
_LOOK_BACK = 24 * 3600.0
#: Seconds for which the event of a new message is waited for, which has more of it.
_SETTLED = 5.0
#: Seconds without any call of a connector's webhook, after which calls may have been lost.
_NO_CALLS = 60.0
#: Seconds after a start in which another server has just read the conversations.
_JUST_READ = 5.0
#: Conversations that are read at once, and with each poll; at the start so many are, one batch
#: after the other.
_AT_ONCE = 8
_AT_START = 500
_MAX_SENDERS = 10_000


class MissedMessages:
    """Reads the newest page of recent conversations, and stores what no event has told.

    Args:
        store: The store.
        settings: The plugin's.
        clients: The Conversations API clients.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clients: Clients,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take calls as lost that have come before now."""
        self._store = store
        self._settings = settings
        self._clients = clients
        self._clock = clock
        self._connectors = {
            each.id
            for each in settings.connectors.values()
            if each.is_native and each.bot.missed_within is not None
        }
        self._heard_at: dict[str, float] = {}
        self._gap_ended_at = dict.fromkeys(self._connectors, clock())
        self._read_at: OrderedDict[str, float] = OrderedDict()
        self._is_first_look = True

    def hear(self, connector_id: str) -> None:
        """Note a call of a connector's webhook.

        Args:
            connector_id: The connector.
        """
        now = self._clock()
        heard_at = self._heard_at.get(connector_id)
        if heard_at is not None and now - heard_at > _NO_CALLS:
            self._gap_ended_at[connector_id] = now
        self._heard_at[connector_id] = now

    async def look(self) -> None:
        """Read conversations that are overdue: at the start many, then a few with each poll.

        Raises:
            StoreUnavailable: It is done with the next poll.
        """
        if not self._connectors:
            return
        now = self._clock()
        within = _JUST_READ if self._is_first_look else self._settings.reconcile_every
        left = _AT_START if self._is_first_look else _AT_ONCE
        while left > 0:
            senders = await self._store.native_missed.claim(
                self._connectors,
                now=now,
                active_after=now - _LOOK_BACK,
                before=now - within,
                limit=min(_AT_ONCE, left),
            )
            left -= len(senders)
            # Where Zendesk answers none of them, it is left in peace until the next poll.
            if not senders or not any(await asyncio.gather(*map(self._attempt, senders))):
                break
        self._is_first_look = False

    async def before_turn(self, conversation: NativeConversation, *, until: str) -> None:
        """Read a conversation before the bot answers in it, if calls may have been lost before.

        Otherwise the bot would answer the second message before the first.

        Args:
            conversation: It has something that waits for the bot.
            until: When the newest of this was sent, by Zendesk's clock.

        Raises:
            StoreUnavailable: What was missed is not stored.
        """
        gap_ended_at = self._gap_ended_at.get(conversation.connector_id)
        if gap_ended_at is None or conversation.answered_at is None:
            return
        within = self._settings.connectors[conversation.connector_id].bot.missed_within
        if within is None or self._clock() - gap_ended_at > within:
            return  # what was lost then is too old to be answered now
        if self._read_at.get(conversation.sender_id, 0.0) > gap_ended_at:
            return
        await self._attempt(conversation.sender_id, until=epoch(until))

    async def _attempt(self, sender_id: str, *, until: float | None = None) -> bool:
        """Read a conversation; return whether Zendesk has answered."""
        conversation = await self._store.native.conversation(sender_id)
        client = self._clients.interactive(conversation.connector_id) if conversation else None
        if conversation is None or client is None:
            return True
        read_at = self._clock()
        if until is None:
            until = read_at = read_at - _SETTLED
        try:
            await self._read(conversation, client, until)
        except StoreUnavailable:
            raise
        except NotFound:
            return True  # the conversation is gone, and nobody waits in it
        except Exception as error:
            log.warning(
                "handoff.native.not_read",
                connector=conversation.connector_id,
                error=describe_error(error),
            )
            return False
        self._read_at[sender_id] = read_at
        self._read_at.move_to_end(sender_id)
        if len(self._read_at) > _MAX_SENDERS:
            self._read_at.popitem(last=False)
        return True

    async def _read(
        self, conversation: NativeConversation, client: ConversationsClient, until: float
    ) -> None:
        now, native = self._clock(), self._store.native
        session = await self._store.sessions.current(conversation.sender_id)
        if session is not None and session.is_open:
            connected_at = session.connected_at
            if connected_at is None or now - connected_at < CONTROL_DELAY:
                return
        page = await _newest_page(client, conversation)
        since = max(now - _LOOK_BACK, conversation.control_moved_at or 0.0)
        written = unanswered(page, since=since, until=until)
        ids = [storable_id(each.id) for each in written]
        known = await self._store.native_missed.known(conversation.connector_id, ids)
        missed = [each for each in written if storable_id(each.id) not in known]
        if not missed:
            return
        found = await client.get_conversation(conversation.conversation_id)
        active = found.active_switchboard_integration
        if active is None or not is_own(active, client.connector):
            return
        within = client.connector.bot.missed_within or 0.0
        late = [each for each in missed if (epoch(each.received) or 0.0) < now - within]
        if late:
            log.warning(
                "handoff.native.too_old",
                connector=conversation.connector_id,
                conversation=conversation.conversation_id,
                messages=len(late),
            )
            await self._store.native_missed.skip(_events(late, found, conversation, client))
        in_time = await _with_users(missed[len(late) :], client)
        events = _events(in_time, found, conversation, client)
        if events:
            log.info(
                "handoff.native.missed_read",
                connector=conversation.connector_id,
                messages=len(events),
            )
        await native.add(events, max_waiting=self._settings.limits.waiting_messages)


def unanswered(page: Sequence[Message], *, since: float, until: float) -> list[Message]:
    """List what a user has written that nobody else has answered; the bot may have.

    An agent or another integration that has spoken has read what stands before.

    Args:
        page: Sorted by time.
        since: When control last moved, in seconds since the epoch.
        until: Seconds since the epoch.
    """
    answers = [at for at, each in enumerate(page, 1) if is_for_user(each) and not each.activity]
    return [
        each
        for each in page[answers[-1] if answers else 0 :]
        if each.author.type == "user"
        and each.marker is None
        and not each.is_deleted
        and not each.activity
        and since < (epoch(each.received) or 0.0) < until
    ]


async def _newest_page(
    client: ConversationsClient, conversation: NativeConversation
) -> list[Message]:
    async for page in client.message_pages(conversation.conversation_id):
        return page
    return []


def _events(
    messages: Sequence[Message],
    found: Conversation,
    conversation: NativeConversation,
    client: ConversationsClient,
) -> list[UserEvent]:
    """Make the events that Zendesk would have sent."""
    events = [
        MessagePosted(
            id=f"{LISTED}{each.id}",
            created_at=each.received,
            conversation=found,
            message=each,
        )
        for each in messages
    ]
    # The brand need not be told here; where the bot has been given a message, it serves it.
    is_served = conversation.last_message_id is not None
    return classify_user_events(events, client.connector, is_served=is_served)


async def _with_users(messages: Sequence[Message], client: ConversationsClient) -> list[Message]:
    """Add to messages what an event with ``includeFullUser`` tells of their users."""
    users = {
        each: await client.get_user(each)
        for each in sorted({each.author.user_id or "" for each in messages} - {""})
    }
    return [
        msgspec.structs.replace(
            each,
            author=msgspec.structs.replace(
                each.author, user=users.get(each.author.user_id or "", each.author.user)
            ),
        )
        for each in messages
    ]
