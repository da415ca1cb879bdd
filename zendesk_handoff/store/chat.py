"""What the chat page shows, and what it has sent that the bot has yet to handle."""

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
    """Name the signal that a chat page has something new to show."""
    return f"chat:{sender_id}"


@dataclass(frozen=True)
class ChatEntry:
    """One entry of what a chat page shows.

    Args:
        id: Its place; also the ``id:`` of its server-sent event.
        body: What the page renders.
    """

    id: int
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ChatWork:
    """A user's message that has been acknowledged and not handled yet.

    Args:
        id: The entry's place.
        sender_id: Whose.
        work: What the chat page's channel needs to hand it to the bot.
    """

    id: int
    sender_id: str
    work: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Upload:
    """A file that a user sent.

    Args:
        id: 32 hexadecimal characters.
        name: As the user called it.
        media_type: For example ``image/png``.
        data: The file.
    """

    id: str
    name: str = field(repr=False)
    media_type: str = ""
    data: bytes = field(default=b"", repr=False)


class Chat:
    """The tables ``chat`` and ``uploads``: the chat page's side."""

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
        """Append an entry.

        Args:
            sender_id: Whose page.
            body: What the page renders.
            request_id: The page's own id of a message, so that one sent twice counts once.
            work: What is to be done about it, until ``finish_work``.

        Returns:
            The entry's id, or ``None`` where it was there already.
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

        def keep(connection: Connection) -> int | None:
            result = connection.execute(insert)
            return int(result.inserted_primary_key[0]) if result.rowcount else None

        return await self._database.write(keep, wake=[chat_topic(sender_id)])

    async def unhandled(
        self, sender_id: str | None = None, *, older_than: float = 0.0, limit: int = 500
    ) -> list[ChatWork]:
        """Read the messages that wait to be handled, oldest first.

        Args:
            sender_id: Whose; everybody's by default.
            older_than: Seconds they must have waited at least.
            limit: How many at the most.
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

    async def finish_work(self, entry_id: int) -> None:
        """Note that a message has been handled."""

        def finish(connection: Connection) -> None:
            connection.execute(sa.update(chat).where(chat.c.id == entry_id).values(work=sa.null()))

        await self._database.write(finish)

    async def after(self, sender_id: str, last_id: int, *, limit: int = 500) -> list[ChatEntry]:
        """Read the entries after a place.

        Args:
            sender_id: Whose page.
            last_id: The last entry that the page has; 0 for all.
            limit: How many at the most.
        """
        query = (
            sa.select(chat.c.id, chat.c.body)
            .where(chat.c.sender_id == sender_id, chat.c.id > last_id)
            .order_by(chat.c.id)
            .limit(limit)
        )
        return [ChatEntry(row.id, row.body) for row in await self._database.rows(query)]

    async def profile(self, sender_id: str) -> dict[str, str] | None:
        """Read what a page has told of its user, at the beginning or later.

        Args:
            sender_id: Whose page.

        Returns:
            The profile, or ``None`` where no conversation has begun.
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
        """Watch for new entries; gives a context manager with an ``asyncio.Event``."""
        return self._database.signals.watch(chat_topic(sender_id))

    async def keep_upload(self, sender_id: str, *, name: str, media_type: str, data: bytes) -> str:
        """Keep a file until an agent has it, and after, for the page to show.

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
            upload_id: Which one.
            sender_id: When given, whose it must be.
        """
        query = sa.select(uploads).where(uploads.c.id == upload_id)
        if sender_id is not None:
            query = query.where(uploads.c.sender_id == sender_id)
        row = await self._database.row(query)
        return Upload(row.id, row.name, row.media_type, row.data) if row else None
