"""The store's schema comes from migrations, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import importlib.resources
import re
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from zendesk_handoff.errors import IncompatibleSchema
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine import migrate
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import metadata

FOREIGN = sa.Table("events", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture
def database(url):
    """Where the database is that `run` connects to without opening a store."""
    return url


async def run(database, work):
    """Do work in a transaction, without bringing the schema up to date first."""
    backend = Database(database).backend
    found = []

    def within(connection):
        with connection.begin():
            return work(connection)

    async def prepare(run_on_connection):
        found.append(await run_on_connection(within))

    await backend.open(prepare)
    await backend.close()
    return found[0]


async def opened(url):
    async with await open_store(url) as store:
        assert await store.sessions.recent() == []


def index_definitions(connection):
    """Every index as the database has it, its WHERE included, which Alembic does not compare."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    rows = connection.execute(sa.text(query)).all()
    return {
        name: re.sub(r"\s+", " ", definition)
        for name, definition in rows
        if not name.startswith(migrate.VERSION_TABLE)
    }


async def test_the_migrations_make_what_schema_py_says(url, database):
    await run(database, FOREIGN.create)  # of Rasa's tracker store, say
    await opened(url)

    def differences(connection):
        return compare_metadata(
            MigrationContext.configure(connection, opts=migrate.OPTIONS), metadata
        )

    assert await run(database, differences) == []
    made = await run(database, index_definitions)

    def create_all(connection):
        metadata.drop_all(connection)
        metadata.create_all(connection)
        return index_definitions(connection)

    assert made == await run(database, create_all)


async def test_a_missing_migration_is_noticed(url, database):
    """The comparison above is not blind: an additional column and an additional index are seen."""
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

    kinds = {difference[0] for difference in await run(database, differences)}
    assert kinds == {"add_column", "add_index"}


def test_the_newest_revision_is_alembics_head():
    script = ScriptDirectory(migrate.FOLDER)
    assert script.get_heads() == [migrate.newest()]


async def test_a_store_without_a_version_is_taken_on(url, database):
    def before_versions(connection):
        _upgrade_to(connection, "0001")
        connection.execute(sa.text(f"DROP TABLE {migrate.VERSION_TABLE}"))

    await run(database, before_versions)
    await opened(url)
    assert await run(database, migrate._version) == migrate.newest()


def _upgrade_to(connection, revision):
    script = ScriptDirectory(migrate.FOLDER)
    context = MigrationContext.configure(
        connection,
        opts={**migrate.OPTIONS, "fn": lambda now, _: script._upgrade_revs(revision, now)},
    )
    with Operations.context(context):
        context.run_migrations()


async def test_the_way_back_is_there_too(url, database):
    await opened(url)
    script = ScriptDirectory(migrate.FOLDER)

    def back(connection):
        context = MigrationContext.configure(
            connection,
            opts={**migrate.OPTIONS, "fn": lambda now, _: script._downgrade_revs("base", now)},
        )
        with Operations.context(context):
            context.run_migrations()
        return sa.inspect(connection).get_table_names()

    assert await run(database, back) == [migrate.VERSION_TABLE]
    await opened(url)


async def test_a_newer_store_is_left_alone(url, database):
    await opened(url)

    def from_the_future(connection):
        connection.execute(sa.text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9000'"))

    await run(database, from_the_future)
    with pytest.raises(IncompatibleSchema, match="9000, which is newer"):
        await open_store(url)


async def test_another_programs_tables_are_left_alone(url, database):
    sessions = sa.Table("sessions", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    await run(database, sessions.create)
    with pytest.raises(IncompatibleSchema, match=r"another program, .*sessions"):
        await open_store(url)
    names = await run(database, lambda connection: sa.inspect(connection).get_table_names())
    assert names == ["sessions"]


OPEN_ONE = """
import asyncio, sys
from zendesk_handoff.store import open_store

async def main():
    sys.stdin.readline()
    async with await open_store(sys.argv[1]) as store:
        await store.pending.add("user", {"text": "hello"})

asyncio.run(main())
"""


async def test_processes_that_start_at_once_all_get_their_store(url):
    """They load everything, wait for the word, and open the fresh database together."""
    command = (sys.executable, "-c", OPEN_ONE, url)
    together = [
        await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE) for _ in range(4)
    ]
    await asyncio.gather(*(process.communicate(b"go\n") for process in together))
    assert [process.returncode for process in together] == [0, 0, 0, 0]
    async with await open_store(url) as store:
        assert len(await store.pending.claim("user")) == 4


async def test_stores_are_opened_side_by_side_in_one_process(tmp_path):
    """In one loop and in several threads: Alembic's globals are not theirs to share."""
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
        session = await store.sessions.request(
            "user",
            "support",
            workspace="default",
            channel="rest",
            reason="",
            summary="",
            profile={},
        )
        await store.outbox.add(session.id, [{"type": "text", "text": "hello"}])

    def copy(connection):
        with migrate._foreign_keys_off(connection), connection.begin():
            context = MigrationContext.configure(connection, opts=migrate.OPTIONS)
            with Operations.context(context) as op, op.batch_alter_table("sessions") as batch:
                batch.alter_column("workspace", type_=sa.String(64))

    database = Database(url)

    async def prepare(run_on_connection):
        await run_on_connection(copy)

    await database.backend.open(prepare)
    await database.backend.close()
    async with await open_store(url) as store:
        assert len(await store.outbox.all(session.id)) == 1
        with pytest.raises(sa.exc.IntegrityError):
            await store.outbox.add("nobody's", [{"type": "text"}])


def test_the_migrations_are_part_of_the_package():
    files = importlib.resources.files("zendesk_handoff.store.engine") / "migrations"
    assert (files / "env.py").is_file()
    assert (files / "script.py.mako").is_file()
