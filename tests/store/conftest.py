"""A store whose statements are recorded."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from zendesk_handoff.store import Store
from zendesk_handoff.store.engine.database import Database


@pytest.fixture
async def traced(tmp_path):
    """A store on SQLite, and a list that gets each statement which is executed."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    statements = []
    sa.event.listen(
        database.backend.engine,
        "connect",
        lambda connection, _record: connection.set_trace_callback(statements.append),
    )
    await database.open()
    async with Store(database) as store:
        yield store, statements
