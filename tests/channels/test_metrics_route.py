"""The metrics route's view of a store in trouble."""

from __future__ import annotations

import sqlite3

from zendesk_handoff.channels.metrics_route import _count
from zendesk_handoff.store import open_store


async def test_a_store_that_cannot_be_read_gives_no_figures(tmp_path):
    file = tmp_path / "store.db"
    async with await open_store(f"sqlite:///{file}") as store:
        assert (await _count(store)).sessions == {}
        with sqlite3.connect(file) as other:
            other.execute("DROP TABLE sessions")
        assert await _count(store) is None
