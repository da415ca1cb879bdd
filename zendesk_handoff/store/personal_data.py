"""Personal data of one user: export, deletion, and erasure of what Zendesk has removed.

Tables are recognised by their columns: one with ``sender_id`` holds a user's rows, one with
``session_id`` those of the user's sessions. A table that is added later is not forgotten.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.errors import HandoffError
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import (
    is_end_unnotified,
    is_open,
    metadata,
    native_conversations,
    sessions,
)
from zendesk_handoff.store.erasure import erase
from zendesk_handoff.store.topics import session_topic

#: Columns that say nothing about the user: which process works on a session, what opens a file, and
#: by what triggers name a session.
_NOT_EXPORTED = frozenset({"lease_owner", "lease_expires_at", "media_token", "reference"})


class PersonalData:
    """What the store holds of one user, in every table."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def export(self, sender_id: str) -> dict[str, list[dict[str, Any]]]:
        """Read everything of a user, as values of JSON: the rows of each table.

        Args:
            sender_id: Rasa's id of the user.

        Returns:
            The rows by table, those that have any; contents of files in base64.
        """

        def work(connection: Connection) -> dict[str, list[dict[str, Any]]]:
            found = {}
            for table, condition in _tables(sender_id):
                columns = [each for each in table.c if each.name not in _NOT_EXPORTED]
                query = sa.select(*columns).where(condition).order_by(*table.primary_key)
                rows = [dict(row._mapping) for row in connection.execute(query)]
                if rows:
                    found[table.name] = [_plain(row) for row in rows]
            return found

        return await self._database.read(work)

    async def zendesk_users(self, sender_id: str) -> set[tuple[str, str]]:
        """List the users at Zendesk of a user's sessions, and of their native conversation.

        Args:
            sender_id: Rasa's id of the user.

        Returns:
            The connectors' ids, each with Zendesk's id of the user.
        """
        queries = (
            sa.select(table.c.connector_id, table.c.user_id).where(
                table.c.sender_id == sender_id, table.c.user_id.is_not(None)
            )
            for table in (sessions, native_conversations)
        )
        rows = await self._database.rows(sa.union(*queries))
        return {(row.connector_id, row.user_id) for row in rows}

    async def check_may_forget(self, sender_id: str) -> None:
        """Make sure that no work on the user's sessions is left.

        Args:
            sender_id: Rasa's id of the user.

        Raises:
            HandoffError: A session is open, or its end is not notified yet.
        """
        await self._database.read(lambda connection: _check_is_over(connection, sender_id))

    async def forget(self, sender_id: str) -> dict[str, int]:
        """Delete everything of a user, undelivered messages included.

        Args:
            sender_id: Rasa's id of the user.

        Returns:
            The numbers of deleted rows by table.

        Raises:
            HandoffError: A session is open, or its end is not notified yet: its agent and its user
                would wait for each other for ever.
        """

        def work(connection: Connection) -> dict[str, int]:
            _check_is_over(connection, sender_id)
            return {
                table.name: int(connection.execute(sa.delete(table).where(condition)).rowcount)
                for table, condition in reversed(list(_tables(sender_id)))
            }

        return await self._database.write(work)

    async def erase_removed(
        self,
        connector_id: str,
        *,
        conversation_ids: Collection[str] = (),
        user_ids: Collection[str] = (),
    ) -> list[str]:
        """Erase what belongs to conversations or users that are removed at Zendesk.

        A session among them ends. Of one whose user is still to be told, only what that needs is
        left, until the user was told. Repeats find nothing.

        Args:
            connector_id: The connector whose account they were in.
            conversation_ids: Zendesk's ids of removed conversations.
            user_ids: Zendesk's ids of removed users: the chat page's history goes with them, too.

        Returns:
            The ids of the sessions.
        """
        if not conversation_ids and not user_ids:
            return []

        def found(connection: Connection, _items: Any) -> list[list[str]]:
            return [
                erase(
                    connection,
                    connector_id,
                    conversation_ids=conversation_ids,
                    user_ids=user_ids,
                )
            ]

        return await self._database.write_together(
            found, None, wake=lambda ids: [session_topic(each) for each in ids]
        )


def _check_is_over(connection: Connection, sender_id: str) -> None:
    of_sender = sessions.c.sender_id == sender_id
    working = sa.select(sessions.c.id).where(of_sender, is_open)
    session_id = connection.execute(working).scalar()
    if session_id is not None:
        raise HandoffError(
            f"The session {session_id[:12]} is still open. End it first: "
            f"zendesk-handoff end {session_id[:12]}"
        )
    ending = sa.select(sessions.c.id).where(of_sender, is_end_unnotified)
    session_id = connection.execute(ending).scalar()
    if session_id is not None:
        raise HandoffError(
            f"The user does not know yet that the session {session_id[:12]} has ended. A running "
            "Rasa server tells them within seconds: repeat the command then."
        )


def _tables(sender_id: str) -> Iterator[tuple[sa.Table, Any]]:
    """Yield the tables with the user's rows and the condition for these, parents first."""
    of_sender = sa.select(sessions.c.id).where(sessions.c.sender_id == sender_id)
    for table in metadata.sorted_tables:
        if "sender_id" in table.c:
            yield table, table.c.sender_id == sender_id
        elif "session_id" in table.c:
            yield table, table.c.session_id.in_(of_sender)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for name, value in row.items()
    }
