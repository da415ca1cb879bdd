"""The migrations of the store's schema, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import importlib.resources
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from tests.support.migrations import downgrade_to, index_definitions, run, upgrade_to
from tests.support.store import request_session
from zendesk_handoff.errors import IncompatibleSchema
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine import migrate
from zendesk_handoff.store.engine.schema import metadata

FOREIGN = sa.Table("events", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture
def url(empty_url):
    return empty_url


async def opened(url):
    async with await open_store(url) as store:
        assert await store.sessions.recent() == []


async def test_the_migrations_result_in_schema_py(url):
    await run(url, FOREIGN.create)  # such as Rasa's tracker store has
    await opened(url)

    def differences(connection):
        return compare_metadata(
            MigrationContext.configure(connection, opts=migrate.OPTIONS), metadata
        )

    assert await run(url, differences) == []
    migrated = await run(url, index_definitions)

    def create_all(connection):
        metadata.drop_all(connection)
        metadata.create_all(connection)
        return index_definitions(connection)

    assert migrated == await run(url, create_all)


async def test_a_missing_migration_is_noticed(url):
    """The comparison of the test above reports an additional column and an additional index."""
    await opened(url)
    changed = sa.MetaData()
    for table in metadata.tables.values():
        table.to_metadata(changed)
    changed.tables["sessions"].append_column(sa.Column("novel", sa.Text))
    sa.Index("novel_index", changed.tables["outbox"].c.marker)

    def differences(connection):
        context = MigrationContext.configure(
            connection, opts={**migrate.OPTIONS, "target_metadata": changed}
        )
        return compare_metadata(context, changed)

    kinds = {difference[0] for difference in await run(url, differences)}
    assert kinds == {"add_column", "add_index"}


def test_the_newest_revision_is_alembics_head():
    script = ScriptDirectory(migrate.FOLDER)
    assert script.get_heads() == [migrate.newest()]


async def test_a_store_without_a_version_is_upgraded(url):
    def before_versions(connection):
        upgrade_to(connection, "0001")
        connection.execute(sa.text(f"DROP TABLE {migrate.VERSION_TABLE}"))

    await run(url, before_versions)
    await opened(url)
    assert await run(url, migrate.version) == migrate.newest()


async def test_downgrades_remove_all_tables(url):
    await opened(url)

    def back(connection):
        downgrade_to(connection, "base")
        return sa.inspect(connection).get_table_names()

    assert await run(url, back) == [migrate.VERSION_TABLE]
    await opened(url)


async def test_a_newer_store_is_left_alone(url):
    await opened(url)

    def as_of_a_newer_version(connection):
        connection.execute(sa.text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9000'"))

    await run(url, as_of_a_newer_version)
    with pytest.raises(IncompatibleSchema, match="9000, which is newer"):
        await open_store(url)


async def test_another_programs_tables_are_left_alone(url):
    sessions = sa.Table("sessions", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    await run(url, sessions.create)
    with pytest.raises(IncompatibleSchema, match=r"another program, .*sessions"):
        await open_store(url)
    names = await run(url, lambda connection: sa.inspect(connection).get_table_names())
    assert names == ["sessions"]


OPEN_STORE = """
import asyncio, sys
from zendesk_handoff.store import open_store

async def main():
    sys.stdin.readline()
    async with await open_store(sys.argv[1]) as store:
        await store.pending.add("user", {"text": "hello"})

asyncio.run(main())
"""


async def test_processes_that_start_at_once_create_the_tables_once(url):
    """They load all modules, wait for a line of input, and open the new database together."""
    command = (sys.executable, "-c", OPEN_STORE, url)
    together = [
        await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE) for _ in range(4)
    ]
    await asyncio.gather(*(process.communicate(b"go\n") for process in together))
    assert [process.returncode for process in together] == [0, 0, 0, 0]
    async with await open_store(url) as store:
        assert len(await store.pending.claim("user", "rest")) == 4


async def test_stores_can_be_opened_concurrently_in_one_process(tmp_path):
    """In one event loop and in several threads, which share Alembic's globals."""
    urls = [f"sqlite:///{tmp_path / f'{number}.db'}" for number in range(6)]
    problems = []

    def in_a_thread(url):
        try:
            asyncio.run(opened(url))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=in_a_thread, args=(url,)) for url in urls[3:]]
    for thread in threads:
        thread.start()
    await asyncio.gather(*(opened(url) for url in urls[:3]))
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert problems == []


async def test_a_table_that_others_refer_to_can_be_copied(tmp_path):
    """SQLite changes a column by copying the table; the rows that refer to it stay."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    async with await open_store(url) as store:
        session = await request_session(store)
        await store.outbox.add(session.id, [{"type": "text", "text": "hello"}])

    def copy(connection):
        with migrate.foreign_keys_off(connection), connection.begin():
            context = MigrationContext.configure(connection, opts=migrate.OPTIONS)
            with Operations.context(context) as op, op.batch_alter_table("sessions") as batch:
                batch.alter_column("workspace", type_=sa.String(64))

    await run(url, copy, in_transaction=False)
    async with await open_store(url) as store:
        assert len(await store.outbox.all(session.id)) == 1
        with pytest.raises(sa.exc.IntegrityError):
            await store.outbox.add("nobody's", [{"type": "text"}])


def test_the_migrations_are_part_of_the_package():
    files = importlib.resources.files("zendesk_handoff.store.engine") / "migrations"
    assert (files / "env.py").is_file()
    assert (files / "script.py.mako").is_file()
