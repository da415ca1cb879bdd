"""The chat page: its history, user messages not handled yet, and uploaded files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.errors import LimitReached
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import chat, uploads
from zendesk_handoff.store.engine.statement import Statement

#: Instead of an item's id: raised inside, an error would roll back what shares the commit.
_FULL = -1
#: Ids that are read again: two processes may commit items in another order than that of the ids.
LOOK_BACK = 50

_IS_SENDERS = chat.c.sender_id == sa.bindparam("sender")
#: What each open page reads after each signal, and at each heartbeat. The id is a client's, and may
#: be larger than any of the column: PostgreSQL would refuse it as an integer.
_AFTER = Statement(
    sa.select(chat.c.id, chat.c.body, chat.c.created_at)
    .where(_IS_SENDERS, chat.c.id > sa.bindparam("last_id", type_=sa.BigInteger))
    .order_by(chat.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
#: What each request of a page reads.
_START = Statement(
    sa.select(chat.c.body).where(_IS_SENDERS, chat.c.starts).order_by(chat.c.id.desc()).limit(1)
)
_UNHANDLED = (
    sa.select(chat.c.id, chat.c.sender_id, chat.c.work)
    .where(
        chat.c.work.is_not(None),
        chat.c.created_at <= sa.bindparam("until", type_=chat.c.created_at.type),
    )
    .order_by(chat.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_UNHANDLED_OF_ALL = Statement(_UNHANDLED)
_UNHANDLED_OF_ONE = Statement(_UNHANDLED.where(_IS_SENDERS))


def chat_topic(sender_id: str) -> str:
    """Name the signal for a new history item of a chat page."""
    return f"chat:{sender_id}"


@dataclass(frozen=True)
class HistoryItem:
    """An item of a chat page's history.

    Args:
        id: The row's id, by which items are ordered; also the ``id:`` of its server-sent event.
        body: The item as the page renders it.
        created_at: Seconds since 1970.
    """

    id: int
    body: Mapping[str, Any] = field(repr=False)
    created_at: float = 0.0


@dataclass(frozen=True)
class ChatStart:
    """The first item of a conversation on the page.

    Args:
        profile: What the page's address has told of the user, and the workspace.
        user: What the site around the page has signed, as ``KnownUser`` writes it; may be empty.
    """

    profile: Mapping[str, str] = field(default_factory=dict, repr=False)
    user: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ChatWork:
    """A user's message that has been acknowledged and not handled yet.

    Args:
        id: The id of the history item.
        sender_id: The user's id.
        work: The data with which the chat page's channel passes the message to the bot.
    """

    id: int
    sender_id: str
    work: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Upload:
    """A file that a user sent.

    Args:
        id: 32 hexadecimal characters.
        name: The user's name for the file.
        media_type: For example ``image/png``.
        data: The file's content.
    """

    id: str
    name: str = field(repr=False)
    media_type: str = ""
    data: bytes = field(default=b"", repr=False)


class Chat:
    """The tables ``chat`` and ``uploads``."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database
        self._last_id: int | None = None
        database.signals.narrow(chat_topic(""), self._changed_topics)

    async def add(
        self,
        sender_id: str,
        body: Mapping[str, Any],
        *,
        request_id: str | None = None,
        work: Mapping[str, Any] | None = None,
        max_waiting: int | None = None,
    ) -> int | None:
        """Append an item to a page's history.

        Args:
            sender_id: The user's id.
            body: The item as the page renders it.
            request_id: The page's own id of a message, so that one sent twice is stored once.
            work: The data for passing the message to the bot, kept until ``finish_work``.
            max_waiting: The largest number of messages that may wait for the bot; not counted by
                default.

        Returns:
            The item's id, or ``None`` if the item is stored already.

        Raises:
            LimitReached: As many messages wait already.
        """
        row = {
            "sender_id": sender_id,
            "request_id": request_id,
            "body": dict(body),
            "starts": body.get("role") == "start",
            "work": None if work is None else dict(work),
            "created_at": time.time(),
        }
        insert = self._database.insert_new(chat).values(row)

        def append(connection: Connection) -> int | None:
            if max_waiting is not None and _is_full(connection, sender_id, max_waiting):
                is_known = request_id and connection.execute(message).first()
                return None if is_known else _FULL
            result = connection.execute(insert)
            return int(result.inserted_primary_key[0]) if result.rowcount else None

        message = sa.select(chat.c.id).where(
            chat.c.sender_id == sender_id, chat.c.request_id == request_id
        )
        added = await self._database.write(append, wake=[chat_topic(sender_id)])
        if added == _FULL:
            raise LimitReached("waiting_messages")
        return added

    async def take_back(self, sender_id: str, *, request_id: str) -> bool:
        """Remove the content of an item, and tell the page; return whether there was such an item.

        Args:
            sender_id: The user's id.
            request_id: The id with which the item was added.
        """

        def work(connection: Connection) -> bool:
            query = sa.select(chat.c.id, chat.c.body).where(
                chat.c.sender_id == sender_id, chat.c.request_id == request_id
            )
            row = connection.execute(query).first()
            if row is None:
                return False
            kept = {key: value for key, value in row.body.items() if key in {"role", "name"}}
            connection.execute(
                sa.update(chat).where(chat.c.id == row.id).values(body={**kept, "is_deleted": True})
            )
            # An item of its own: an open page has the other one already.
            deletion = {
                "sender_id": sender_id,
                "request_id": f"deleted:{request_id}"[-128:],
                "body": {"role": "deletion", "deletes": row.id},
                "created_at": time.time(),
            }
            connection.execute(self._database.insert_new(chat).values(deletion))
            return True

        return await self._database.write(work, wake=[chat_topic(sender_id)])

    async def unhandled(
        self, sender_id: str | None = None, *, older_than: float = 0.0, limit: int = 500
    ) -> list[ChatWork]:
        """Read the user messages that are not handled yet, oldest first.

        Args:
            sender_id: The user's id; all users by default.
            older_than: Least age in seconds.
            limit: Largest number of messages.
        """
        values: dict[str, Any] = {"until": time.time() - older_than, "limit": limit}
        statement = _UNHANDLED_OF_ALL
        if sender_id is not None:
            statement = _UNHANDLED_OF_ONE
            values["sender"] = sender_id
        rows = await self._database.read(lambda connection: statement.rows(connection, **values))
        return [ChatWork(row.id, row.sender_id, row.work) for row in rows]

    async def finish_work(self, item_id: int) -> None:
        """Record that a user message has been handled."""

        def finish(connection: Connection) -> None:
            connection.execute(sa.update(chat).where(chat.c.id == item_id).values(work=sa.null()))

        await self._database.write(finish)

    async def after(self, sender_id: str, last_id: int, *, limit: int = 500) -> list[HistoryItem]:
        """Read the items after a given one.

        Args:
            sender_id: The user's id.
            last_id: The id of the last item that the page has; 0 for all.
            limit: Largest number of items.
        """
        values = {"sender": sender_id, "last_id": last_id, "limit": limit}
        rows = await self._database.read(lambda connection: _AFTER.rows(connection, **values))
        return [HistoryItem(*row) for row in rows]

    async def start_of(self, sender_id: str) -> ChatStart | None:
        """Read how a conversation has begun; ``None`` if it has not.

        Of several such items the latest counts: the site may have signed newer values since.

        Args:
            sender_id: The user's id.
        """
        row = await self._database.read(
            lambda connection: _START.first(connection, sender=sender_id)
        )
        if row is None:
            return None
        return ChatStart(dict(row.body.get("profile") or {}), dict(row.body.get("user") or {}))

    async def has_words_of_user(self, sender_id: str) -> bool:
        """Tell whether a user has written anything on the page.

        Args:
            sender_id: The user's id.
        """
        query = (
            sa.select(chat.c.id)
            .where(chat.c.sender_id == sender_id, chat.c.body["role"].as_string() == "user")
            .limit(1)
        )
        return await self._database.row(query) is not None

    async def last_items(
        self, sender_id: str, *, item_id: int | None = None, limit: int = 500
    ) -> list[HistoryItem]:
        """Read the newest items of a conversation, the newest first.

        Args:
            sender_id: The user's id.
            item_id: The id of the only item that is asked for.
            limit: Largest number of items.
        """
        query = (
            sa.select(chat.c.id, chat.c.body)
            .where(chat.c.sender_id == sender_id)
            .order_by(chat.c.id.desc())
            .limit(limit)
        )
        if item_id is not None:
            query = query.where(chat.c.id == item_id)
        return [HistoryItem(row.id, row.body) for row in await self._database.rows(query)]

    async def _changed_topics(self) -> list[str] | None:
        """Find the conversations with items that another process has added.

        Some ids are looked at again: two processes may commit items in another order than that of
        the ids.
        """
        last = self._last_id
        newest = sa.select(sa.func.max(chat.c.id))
        self._last_id = (await self._database.row(newest))[0] or 0
        if last is None:
            return None
        since = sa.select(chat.c.sender_id).where(chat.c.id > last - LOOK_BACK).distinct()
        return [chat_topic(row.sender_id) for row in await self._database.rows(since)]

    def signals(self, sender_id: str) -> Any:
        """Watch for new items; return a context manager with an ``asyncio.Event``."""
        return self._database.signals.watch(chat_topic(sender_id))

    async def upload(self, upload_id: str, *, sender_id: str | None = None) -> Upload | None:
        """Read a file.

        Args:
            upload_id: The upload's id.
            sender_id: The id of the user who must have sent it; any user by default.
        """
        query = sa.select(uploads).where(uploads.c.id == upload_id)
        if sender_id is not None:
            query = query.where(uploads.c.sender_id == sender_id)
        row = await self._database.row(query)
        return Upload(row.id, row.name, row.media_type, row.data) if row else None


def _is_full(connection: Connection, sender_id: str, limit: int) -> bool:
    waiting = (
        sa.select(chat.c.id)
        .where(chat.c.sender_id == sender_id, chat.c.work.is_not(None))
        .limit(limit)
    )
    return len(connection.execute(waiting).all()) >= limit
