"""Native conversations: what users wrote, for the bot, and what the bot says, for Zendesk."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.native import Merger, NativeConversation, UserEvent
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import (
    bot_messages,
    is_undelivered,
    native_conversations,
    user_messages,
)
from zendesk_handoff.store.engine.statement import Statement, new_rows
from zendesk_handoff.store.leases import Leased, Leases
from zendesk_handoff.store.native_adding import Added, Addition, add_all
from zendesk_handoff.store.native_merge import merge_all
from zendesk_handoff.store.native_rows import OF_SENDER
from zendesk_handoff.store.outbox import marker_of
from zendesk_handoff.store.topics import bot_topic, user_topic

#: A native conversation, with what waits for the bot and for Zendesk.
NATIVE = Leased(
    native_conversations.c.sender_id, (user_messages.c.sender_id, bot_messages.c.sender_id)
)
#: Messages that are read at once: of a flood only the first ones.
_READ_AT_ONCE = 20
# Module constants, because building a statement costs more than running it.
_TO_HANDLE = Statement(
    sa.select(user_messages)
    .where(user_messages.c.sender_id == sa.bindparam("sender"), user_messages.c.state == "new")
    .order_by(user_messages.c.sent_at, user_messages.c.id)
    .limit(_READ_AT_ONCE)
)
_TO_POST = Statement(
    sa.select(bot_messages)
    .where(bot_messages.c.sender_id == sa.bindparam("sender"), bot_messages.c.state == "new")
    .order_by(bot_messages.c.id)
)
_NEW_ANSWER = new_rows(bot_messages, "sender_id", "key", "marker", "body", "created_at")
_MAX_KEY = 192


@dataclass(frozen=True)
class UserMessageRow:
    """Something a user has done that the bot has not handled yet.

    Args:
        id: The row's id.
        sender_id: Rasa's id of the user.
        kind: See ``UserEvent``, as is ``body``.
        message_id: Zendesk's id of the message, if it is one.
        event_id: Zendesk's id of the event.
        sent_at: The time by Zendesk's clock, ISO 8601.
        created_at: The time of storing, in seconds since the epoch.
    """

    id: int
    sender_id: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    message_id: str | None = None
    event_id: str = ""
    sent_at: str = ""
    created_at: float = 0.0


@dataclass(frozen=True)
class BotMessage:
    """Something the bot has said that Zendesk does not have yet.

    Args:
        id: The row's id, by which messages are ordered.
        sender_id: Rasa's id of the user.
        marker: The marker in the message's metadata at Zendesk.
        body: ``{"content": …}``, a content object of Zendesk's, perhaps with its ``schema``.
        created_at: The time of storing, in seconds since the epoch.
        key: Under which it was said.
    """

    id: int
    sender_id: str
    marker: str
    body: Mapping[str, Any] = field(repr=False)
    created_at: float = 0.0
    key: str = ""


class Native:
    """The tables of native conversations.

    Args:
        database: The database with the tables.
        owner: This process.
        lease: Seconds until a lease expires that is not renewed.
    """

    def __init__(self, database: Database, *, owner: str, lease: float) -> None:
        """Use a database, as the process ``owner``."""
        self._database = database
        self.leases = Leases(database, owner=owner, lease=lease, leased=NATIVE)

    # From Zendesk

    async def add(
        self, events: Sequence[UserEvent], *, max_waiting: int | None = None
    ) -> list[UserEvent]:
        """Store what users have done; it is committed when this returns.

        Args:
            events: An event, or a message, that is stored already is left alone.
            max_waiting: The number of messages of one conversation that may wait for the bot.

        Returns:
            The events; those over the limit as ``refused``.

        Raises:
            StoreUnavailable: Some or all of them are not stored.
        """
        if not events:
            return []
        added: list[Added] = await self._database.write_together(
            add_all,
            Addition(events, max_waiting),
            wake=lambda added: {user_topic(each.sender) for each in added},
        )
        return [each.event for each in added]

    async def merge(self, mergers: Sequence[Merger]) -> None:
        """Let conversations go on under the ones that they were merged into.

        The tracker and the session of the discarded one go on, unless the surviving one has its
        own and no session is open in the other.

        Args:
            mergers: A repeat changes nothing.

        Raises:
            StoreUnavailable: It is not recorded.
        """
        if mergers:
            await self._database.write(lambda connection: merge_all(connection, mergers))

    # For the bot

    async def conversation(self, sender_id: str) -> NativeConversation | None:
        """Read a conversation; ``None`` where there is none of that sender.

        Args:
            sender_id: Rasa's id of the user.
        """
        row = await self._database.read(
            lambda connection: OF_SENDER.first(connection, sender=sender_id)
        )
        return None if row is None else NativeConversation(*row)

    async def to_handle(self, sender_id: str) -> list[UserMessageRow]:
        """Read what the bot has not handled yet, by Zendesk's clock; of very much the first part.

        Args:
            sender_id: Rasa's id of the user.
        """
        rows = await self._database.read(
            lambda connection: _TO_HANDLE.rows(connection, sender=sender_id)
        )
        return [
            UserMessageRow(
                row.id,
                row.sender_id,
                row.kind,
                row.body,
                row.message_id,
                row.event_id,
                row.sent_at,
                row.created_at,
            )
            for row in rows
        ]

    async def begin_turn(self, message: UserMessageRow, *, fast_turns: int) -> None:
        """Record the message that the bot is given now.

        Args:
            message: The message.
            fast_turns: See ``NativeConversation``.
        """
        known = {"last_message_id": message.message_id} if message.message_id else {}
        await self._update(message.sender_id, fast_turns=fast_turns, **known)

    async def finish(self, message: UserMessageRow) -> None:
        """Record that nothing is left to do about a message.

        Args:
            message: The message.
        """
        now = time.time()
        done = sa.update(user_messages).where(user_messages.c.id == message.id)
        answered = sa.update(native_conversations).where(
            native_conversations.c.sender_id == message.sender_id
        )

        def work(connection: Connection) -> None:
            # The words are the tracker's now; the ids recognise a repetition.
            connection.execute(done.values(state="done", body={}, done_at=now))
            connection.execute(answered.values(answered_at=now))

        await self._database.write(work)

    async def mark_handed_over(self, sender_id: str) -> None:
        """Record that the agents have the conversation: what follows is another part of it.

        Args:
            sender_id: Rasa's id of the user.
        """
        now = time.time()
        await self._update(sender_id, first_message_id=None, fast_turns=0, control_moved_at=now)

    # To Zendesk

    async def say(self, sender_id: str, body: Mapping[str, Any], *, key: str = "") -> bool:
        """Store something the bot says; it is committed when this returns.

        Args:
            sender_id: Rasa's id of the user.
            body: See ``BotMessage``.
            key: Identifies the message, so that one said twice is stored once; if it is empty, the
                message is said only once.

        Returns:
            Whether there is such a conversation.

        Raises:
            StoreUnavailable: It is not stored.
        """
        key = (key or uuid.uuid4().hex)[-_MAX_KEY:]
        row = {
            "sender_id": sender_id,
            "key": key,
            "marker": marker_of(f"{sender_id}\n{key}", 0),
            "body": dict(body),
            "created_at": time.time(),
        }

        def work(connection: Connection) -> bool:
            if OF_SENDER.first(connection, sender=sender_id) is None:
                return False  # it was removed at Zendesk
            _NEW_ANSWER.run(connection, [row])
            return True

        return await self._database.write(work, wake=[bot_topic(sender_id)])

    async def has_said(
        self,
        sender_id: str,
        *,
        since: float,
        until: float = float("inf"),
        counts_dropped: bool = True,
    ) -> bool:
        """Tell whether the bot has said something since a time.

        Args:
            sender_id: Rasa's id of the user.
            since: In seconds since the epoch.
            until: Likewise.
            counts_dropped: Whether that counts what Zendesk will never have.
        """
        query = sa.select(bot_messages.c.id).where(
            bot_messages.c.sender_id == sender_id,
            bot_messages.c.created_at >= since,
            bot_messages.c.created_at <= until,
        )
        if not counts_dropped:
            query = query.where(bot_messages.c.state != "failed")
        return await self._database.row(query.limit(1)) is not None

    async def has_answered(self, sender_id: str, turn: str) -> bool:
        """Tell whether the bot has said something in a turn, which may have been interrupted.

        Args:
            sender_id: Rasa's id of the user.
            turn: What the keys of its messages begin with.
        """
        query = sa.select(bot_messages.c.id).where(
            bot_messages.c.sender_id == sender_id,
            bot_messages.c.key.startswith(f"{turn}:", autoescape=True),
        )
        return await self._database.row(query.limit(1)) is not None

    async def to_post(self, sender_id: str) -> list[BotMessage]:
        """Read what Zendesk does not have yet, oldest first.

        Args:
            sender_id: Rasa's id of the user.
        """
        rows = await self._database.read(
            lambda connection: _TO_POST.rows(connection, sender=sender_id)
        )
        return [
            BotMessage(row.id, row.sender_id, row.marker, row.body, row.created_at, row.key)
            for row in rows
        ]

    async def finish_post(self, message: BotMessage, *, error: str | None = None) -> None:
        """Record that Zendesk has a message, or never will.

        Args:
            message: The message.
            error: Why it never will: it was refused, or the bot is not in control any more.
        """
        outcome = "done" if error is None else "failed"
        statement = (
            sa.update(bot_messages)
            .where(bot_messages.c.id == message.id)
            .values(state=outcome, body={}, error=error, done_at=time.time())
        )
        await self._database.write(
            lambda connection: connection.execute(statement).rowcount,
            wake=[bot_topic(message.sender_id)],
        )

    # The work

    async def find(self) -> list[str]:
        """List the senders for whom something waits, and whose lease this process could have."""
        waiting = sa.union(
            *(
                sa.select(each.c.sender_id).where(is_undelivered, each.c.state == "new")
                for each in (user_messages, bot_messages)
            )
        ).subquery()
        query = sa.select(native_conversations.c.sender_id).where(
            native_conversations.c.sender_id.in_(sa.select(waiting.c[0])),
            self.leases.is_available(),
        )
        return [row.sender_id for row in await self._database.rows(query)]

    async def _update(self, sender_id: str, **values: Any) -> None:
        statement = (
            sa.update(native_conversations)
            .where(native_conversations.c.sender_id == sender_id)
            .values(**values)
        )
        await self._database.write(lambda connection: connection.execute(statement).rowcount)
