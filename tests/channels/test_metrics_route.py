"""The metrics route: a store that is down, and one that takes long to read."""

from __future__ import annotations

import asyncio
import sqlite3
from types import SimpleNamespace

from zendesk_handoff.channels.metrics_route import Figures, read_figures
from zendesk_handoff.store import open_store


async def test_a_store_that_cannot_be_read_gives_no_figures(tmp_path):
    file = tmp_path / "store.db"
    async with await open_store(f"sqlite:///{file}") as store:
        assert (await read_figures(store)).sessions == {}
        with sqlite3.connect(file) as other:
            other.execute("DROP TABLE sessions")
        assert await read_figures(store) is None


async def test_a_store_that_takes_long_is_read_once_for_all_who_ask():
    reads = []

    async def counts():
        reads.append(None)
        await asyncio.sleep(0.05)
        return "figures"

    store = SimpleNamespace(reports=SimpleNamespace(counts=counts))
    figures = Figures()
    found = await asyncio.gather(*(figures.read(store) for _ in range(200)))
    assert set(found) == {"figures"}
    assert len(reads) == 1
