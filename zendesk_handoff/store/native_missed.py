"""Native conversations that are read at Zendesk, in case no event has told what users wrote."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.native import UserEvent
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import native_conversations, user_messages
from zendesk_handoff.store.engine.statement import Statement
from zendesk_handoff.store.native_adding import NEW_MESSAGE, row_of
from zendesk_handoff.store.native_rows import BY_CONVERSATION

# Module constants, because building a statement costs more than running it.
_NOTE_CONTROL = Statement(
    sa.update(native_conversations)
    .where(
        native_conversations.c.connector_id == sa.bindparam("connector"),
        native_conversations.c.conversation_id == sa.bindparam("conversation"),
        sa.func.coalesce(native_conversations.c.control_moved_at, 0.0) < sa.bindparam("moved"),
    )
    .values(control_moved_at=sa.bindparam("moved"))
)


class NativeMissed:
    """What of the tables of native conversations tells where messages may have been missed."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def note_control(self, connector_id: str, moved: Mapping[str, float]) -> None:
        """Record when control of conversations has moved: what users wrote before is not missed.

        Args:
            connector_id: The conversations' connector.
            moved: By Zendesk's id of the conversation, in seconds since the epoch. Unknown
                conversations, and times before the recorded ones, change nothing.

        Raises:
            StoreUnavailable: It is not recorded.
        """
        rows = [
            {"connector": connector_id, "conversation": conversation_id, "moved": at}
            for conversation_id, at in sorted(moved.items())
        ]
        if rows:
            await self._database.write(lambda connection: _NOTE_CONTROL.run(connection, rows))

    async def claim(
        self,
        connector_ids: Collection[str],
        *,
        now: float,
        active_after: float,
        before: float,
        limit: int,
    ) -> Sequence[str]:
        """Claim conversations to be read, the longest overdue first, of these the most recent.

        They count as read from now on, so that several processes claim different ones.

        Args:
            connector_ids: The connectors that this process can call.
            now: Seconds since the epoch.
            active_after: Seconds since the epoch; conversations in which the bot has not handled
                anything since are left out.
            before: Seconds since the epoch; those that were read later are left out.
            limit: Largest number of conversations.

        Returns:
            Rasa's ids of the users.
        """
        table = native_conversations
        overdue = (
            sa.select(table.c.sender_id)
            .where(
                table.c.answered_at > active_after,
                table.c.connector_id.in_(list(connector_ids)),
                table.c.reconciled_at < before,
            )
            .order_by(table.c.reconciled_at, table.c.answered_at.desc())
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        def work(connection: Connection) -> Sequence[str]:
            senders = [row.sender_id for row in connection.execute(overdue)]
            if senders:
                connection.execute(
                    sa.update(table).where(table.c.sender_id.in_(senders)).values(reconciled_at=now)
                )
            return senders

        return await self._database.write(work)

    async def known(self, connector_id: str, message_ids: Collection[str]) -> set[str]:
        """Tell which of users' messages are stored, handled or not.

        Args:
            connector_id: The messages' connector.
            message_ids: Zendesk's ids.
        """
        if not message_ids:
            return set()
        query = sa.select(user_messages.c.message_id).where(
            user_messages.c.connector_id == connector_id,
            user_messages.c.message_id.in_(list(message_ids)),
        )
        return {row.message_id for row in await self._database.rows(query)}

    async def skip(self, events: Sequence[UserEvent]) -> None:
        """Record messages as done that the bot is not to be given; their words are not stored.

        Args:
            events: Of conversations that are stored.

        Raises:
            StoreUnavailable: They are not recorded.
        """
        if not events:
            return
        now = time.time()

        def work(connection: Connection) -> None:
            for event in events:
                found = BY_CONVERSATION.first(
                    connection, connector=event.connector_id, conversation=event.conversation_id
                )
                if found is None:
                    continue
                row = row_of(event, str(found.sender_id), now, is_done=True)
                NEW_MESSAGE.run(connection, [row])

        await self._database.write(work)
