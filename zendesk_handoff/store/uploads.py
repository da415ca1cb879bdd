"""Files that users of the chat page send: stored with their messages, within a quota."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.errors import LimitReached
from zendesk_handoff.settings import LimitSettings
from zendesk_handoff.store.chat import chat_topic
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import chat, uploads

_MEGABYTE = 1024 * 1024
#: Any number; the key of the lock that PostgreSQL keeps until the end of the transaction.
_LOCK = 0x66696C65
_USAGE = sa.select(
    sa.func.count().label("files"),
    sa.func.coalesce(sa.func.sum(sa.func.length(uploads.c.data)), 0).label("size"),
).select_from(uploads)


@dataclass(frozen=True)
class NewUpload:
    """A file to store, and the message that shows it.

    Args:
        id: As ``upload_id`` makes it.
        name: The user's name for the file.
        media_type: For example ``image/png``.
        content: The file's content, from its beginning.
        request_id: The page's id of the message.
        body: The history item of the page.
        work: The data for passing the message to the bot.
    """

    id: str
    name: str = field(repr=False)
    media_type: str
    content: IO[bytes] = field(repr=False)
    request_id: str
    body: Mapping[str, Any] = field(repr=False)
    work: Mapping[str, Any] = field(repr=False)


def upload_id(sender_id: str, request_id: str) -> str:
    """Make the id of an upload: the same for the same message, and for no other sender's.

    Args:
        sender_id: The user's id.
        request_id: The page's id of the message.
    """
    return hashlib.sha256(f"{sender_id}\n{request_id}".encode()).hexdigest()[:32]


class Uploads:
    """The table ``uploads``, and the messages with which files are sent."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def is_known(self, sender_id: str, request_id: str) -> bool:
        """Tell whether the files of a message are stored already.

        Args:
            sender_id: The user's id.
            request_id: The page's id of the message.
        """
        return await self._database.row(_message(sender_id, request_id)) is not None

    async def check(self, sender_id: str, limits: LimitSettings, *, files: int, size: int) -> None:
        """Check that files would be within the quota.

        Args:
            sender_id: The user's id.
            limits: The settings.
            files: The number of files.
            size: Their size in bytes.

        Raises:
            LimitReached: They would not.
        """
        await self._database.read(
            lambda connection: _check(connection, sender_id, limits, files=files, size=size)
        )

    async def add(
        self, sender_id: str, files: Sequence[NewUpload], limits: LimitSettings
    ) -> list[int]:
        """Store the files of a message, all of them or none.

        Args:
            sender_id: The user's id.
            files: The files, none of them empty.
            limits: The settings.

        Returns:
            The ids of the history items; none if the message is stored already.

        Raises:
            LimitReached: They are not within the quota.
        """
        now = time.time()

        def work(connection: Connection) -> list[int] | LimitReached:
            if connection.dialect.name == "postgresql":
                # Files that are stored at the same time would each find room for themselves alone.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            if connection.execute(_message(sender_id, files[0].request_id)).first():
                return []
            sizes = [each.content.seek(0, 2) for each in files]
            try:
                _check(connection, sender_id, limits, files=len(files), size=sum(sizes))
            except LimitReached as error:
                return error  # raised, it would roll back what other users share the commit for
            return [self._insert(connection, sender_id, each, now) for each in files]

        result = await self._database.write(work, wake=[chat_topic(sender_id)], in_thread=True)
        if isinstance(result, LimitReached):
            raise result
        return result

    def _insert(self, connection: Connection, sender_id: str, file: NewUpload, now: float) -> int:
        file.content.seek(0)
        row = {
            "id": file.id,
            "sender_id": sender_id,
            "name": file.name,
            "media_type": file.media_type,
            "data": file.content.read(),
            "created_at": now,
        }
        connection.execute(self._database.insert_new(uploads).values(row))
        item = {
            "sender_id": sender_id,
            "request_id": file.request_id,
            "body": dict(file.body),
            "work": dict(file.work),
            "created_at": now,
        }
        result = connection.execute(sa.insert(chat).values(item))
        return int(result.inserted_primary_key[0])


def _message(sender_id: str, request_id: str) -> Any:
    return sa.select(chat.c.id).where(
        chat.c.sender_id == sender_id, chat.c.request_id == request_id
    )


def _check(
    connection: Connection, sender_id: str, limits: LimitSettings, *, files: int, size: int
) -> None:
    own = connection.execute(_USAGE.where(uploads.c.sender_id == sender_id)).one()
    every = connection.execute(_USAGE).one()
    for name, used, limit in (
        ("upload_files", own.files + files, limits.upload_files),
        ("upload_megabytes", (own.size + size) / _MEGABYTE, limits.upload_megabytes),
        ("stored_files", every.files + files, limits.stored_files),
        ("stored_megabytes", (every.size + size) / _MEGABYTE, limits.stored_megabytes),
    ):
        if limit is not None and used > limit:
            raise LimitReached(name)
