"""Reading a store from outside: as it is, of this version alone, and with no trace."""

from __future__ import annotations

import asyncio
from threading import Thread

import pytest
import sqlalchemy as sa

from tests.support import previous_store as before
from tests.support.migrations import run
from tests.support.store import request_session
from zendesk_handoff.errors import HandoffError, IncompatibleSchema, StoreMissing, StoreUnavailable
from zendesk_handoff.store import open_store, read_only
from zendesk_handoff.store.engine.migrate import VERSION_TABLE, newest, version
from zendesk_handoff.store.engine.schema import sessions


def count(connection):
    return connection.execute(sa.select(sa.func.count()).select_from(sessions)).scalar()


async def test_it_reads_beside_a_server(store, url):
    assert await read_only(url, count) == 0
    await request_session(store)
    assert await read_only(url, count) == 1


async def test_what_is_written_meanwhile_is_not_seen(store, url):
    """All statements of a piece of work see the same state."""

    async def write_elsewhere():
        async with await open_store(url) as other:
            await request_session(other)

    def work(connection):
        first = count(connection)
        # The work holds this loop up, so the other store is another thread's.
        writer = Thread(target=asyncio.run, args=(write_elsewhere(),))
        writer.start()
        writer.join()
        return first, count(connection)

    assert await read_only(url, work) == (0, 0)
    assert await read_only(url, count) == 1


def write(connection):
    connection.execute(sa.delete(sessions))


async def test_nothing_can_be_written(url):
    with pytest.raises(StoreUnavailable):
        await read_only(url, write)


async def test_nothing_can_be_written_beside_a_server(store, url):
    with pytest.raises(StoreUnavailable):
        await read_only(url, write)


async def test_no_file_is_made_or_changed(tmp_path):
    url = f"sqlite:///{tmp_path / 'handoff.db'}"
    async with await open_store(url) as store:
        await request_session(store)

    def state():
        files = [(each.name, each.read_bytes()) for each in sorted(tmp_path.iterdir())]
        return files, tmp_path.stat().st_mtime_ns

    found = state()
    assert await read_only(url, count) == 1
    assert state() == found
    with pytest.raises(StoreMissing, match=r"none\.db does not exist; `store_url` in some\.yml"):
        await read_only(f"sqlite:///{tmp_path / 'none.db'}", count, source="some.yml")
    assert state() == found


async def test_a_database_without_tables_is_no_store(empty_url, tmp_path):
    if empty_url.startswith("sqlite"):
        await run(empty_url, sa.Table("events", sa.MetaData(), sa.Column("id", sa.Integer)).create)
    with pytest.raises(StoreMissing, match="has no tables of the plugin's"):
        await read_only(empty_url, count)


async def test_older_tables_are_left_as_they_are(empty_url):
    await run(empty_url, before.fill)
    found = await run(empty_url, version)
    assert found != newest()
    with pytest.raises(IncompatibleSchema, match="The Rasa server brings older tables up to date"):
        await read_only(empty_url, count)
    assert await run(empty_url, version) == found


async def test_newer_tables_are_named(url):
    newer = sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    await run(url, lambda connection: connection.execute(newer).rowcount)
    with pytest.raises(IncompatibleSchema, match="the version 9999"):
        await read_only(url, count)


async def test_a_server_that_does_not_answer_is_named_without_its_password():
    with pytest.raises(HandoffError) as caught:
        await read_only("postgresql://bot:hunter2@127.0.0.1:1/bot", count)
    assert "127.0.0.1:1/bot" in str(caught.value)
    assert "hunter2" not in str(caught.value)
