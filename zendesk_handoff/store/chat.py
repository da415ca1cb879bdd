"""The chat page: its history, user messages not handled yet, and uploaded files."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import chat, uploads


def chat_topic(sender_id: str) -> str:
    """Name the signal for a new history item of a chat page."""
    return f"chat:{sender_id}"


@dataclass(frozen=True)
class HistoryItem:
    """An item of a chat page's history.

    Args:
        id: The row's id, by which items are ordered; also the ``id:`` of its server-sent event.
        body: The item as the page renders it.
    """

    id: int
    body: Mapping[str, Any] = field(repr=False)


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

    async def add(
        self,
        sender_id: str,
        body: Mapping[str, Any],
        *,
        request_id: str | None = None,
        work: Mapping[str, Any] | None = None,
    ) -> int | None:
        """Append an item to a page's history.

        Args:
            sender_id: The user's id.
            body: The item as the page renders it.
            request_id: The page's own id of a message, so that one sent twice is stored once.
            work: The data for passing the message to the bot, kept until ``finish_work``.

        Returns:
            The item's id, or ``None`` if the item is stored already.
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
            result = connection.execute(insert)
            return int(result.inserted_primary_key[0]) if result.rowcount else None

        return await self._database.write(append, wake=[chat_topic(sender_id)])

    async def unhandled(
        self, sender_id: str | None = None, *, older_than: float = 0.0, limit: int = 500
    ) -> list[ChatWork]:
        """Read the user messages that are not handled yet, oldest first.

        Args:
            sender_id: The user's id; all users by default.
            older_than: Least age in seconds.
            limit: Largest number of messages.
        """
        query = (
            sa.select(chat.c.id, chat.c.sender_id, chat.c.work)
            .where(chat.c.work.is_not(None), chat.c.created_at <= time.time() - older_than)
            .order_by(chat.c.id)
            .limit(limit)
        )
        if sender_id is not None:
            query = query.where(chat.c.sender_id == sender_id)
        rows = await self._database.rows(query)
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
        query = (
            sa.select(chat.c.id, chat.c.body)
            .where(chat.c.sender_id == sender_id, chat.c.id > last_id)
            .order_by(chat.c.id)
            .limit(limit)
        )
        return [HistoryItem(row.id, row.body) for row in await self._database.rows(query)]

    async def profile(self, sender_id: str) -> dict[str, str] | None:
        """Read the latest profile that a page has given of its user.

        Args:
            sender_id: The user's id.

        Returns:
            The profile, or ``None`` if no conversation has begun.
        """
        query = (
            sa.select(chat.c.body)
            .where(chat.c.sender_id == sender_id, chat.c.starts)
            .order_by(chat.c.id.desc())
            .limit(1)
        )
        row = await self._database.row(query)
        return None if row is None else dict(row.body.get("profile") or {})

    def signals(self, sender_id: str) -> Any:
        """Watch for new items; return a context manager with an ``asyncio.Event``."""
        return self._database.signals.watch(chat_topic(sender_id))

    async def keep_upload(self, sender_id: str, *, name: str, media_type: str, data: bytes) -> str:
        """Store a file, for the agent and for the page's history.

        Args:
            sender_id: The user's id.
            name: The user's name for the file.
            media_type: For example ``image/png``.
            data: The file's content.

        Returns:
            The upload's id.
        """
        row = {
            "id": uuid.uuid4().hex,
            "sender_id": sender_id,
            "name": name,
            "media_type": media_type,
            "data": data,
            "created_at": time.time(),
        }

        def work(connection: Connection) -> None:
            connection.execute(sa.insert(uploads).values(row))

        await self._database.write(work)
        return str(row["id"])

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
