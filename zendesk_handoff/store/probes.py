"""Test conversations of ``zendesk-handoff check --round-trip``, and whether their event has come.

The command and the server that Zendesk posts to may be on different machines: the store is what
they share.
"""

from __future__ import annotations

import time
from collections.abc import Collection

import sqlalchemy as sa

from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import probes

#: Seconds after which a test conversation is forgotten whose command was killed.
_FORGOTTEN_AFTER = 3600.0
#: Ids that one call of the webhook may name; a foreign one could name any number.
_MOST = 100


class Probes:
    """The table ``probes``."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def expect(self, probe_id: str) -> None:
        """Await the event of a test conversation, and forget old ones.

        Args:
            probe_id: The conversation's own id of ours.
        """
        now = time.time()
        old = sa.delete(probes).where(probes.c.created_at < now - _FORGOTTEN_AFTER)
        new = sa.insert(probes).values(id=probe_id, created_at=now)
        await self._database.write(
            lambda connection: [connection.execute(each) for each in (old, new)]
        )

    async def hear(self, probe_ids: Collection[str]) -> None:
        """Record that an event has come; what nobody awaits is not recorded.

        Args:
            probe_ids: Ids of test conversations, as events have them.
        """
        heard = (
            sa.update(probes)
            .where(probes.c.id.in_(list(probe_ids)[:_MOST]))
            .values(heard_at=time.time())
        )
        await self._database.write(lambda connection: connection.execute(heard).rowcount)

    async def is_heard(self, probe_id: str) -> bool:
        """Tell whether the event has come."""
        query = sa.select(probes.c.heard_at).where(probes.c.id == probe_id)
        row = await self._database.row(query)
        return row is not None and row.heard_at is not None

    async def end(self, probe_id: str) -> None:
        """Forget a test conversation."""
        done = sa.delete(probes).where(probes.c.id == probe_id)
        await self._database.write(lambda connection: connection.execute(done).rowcount)
