"""The metrics route while the store is down."""

from __future__ import annotations

import sqlite3

from zendesk_handoff.channels.metrics_route import read_figures
from zendesk_handoff.store import open_store


async def test_a_store_that_cannot_be_read_gives_no_figures(tmp_path):
    file = tmp_path / "store.db"
    async with await open_store(f"sqlite:///{file}") as store:
        assert (await read_figures(store)).sessions == {}
        with sqlite3.connect(file) as other:
            other.execute("DROP TABLE sessions")
        assert await read_figures(store) is None
