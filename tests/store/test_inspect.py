"""A look at a store from outside: its version, its identity, and that nothing is changed."""

from __future__ import annotations

import asyncio
import os
import shutil

import pytest
import sqlalchemy as sa

from tests.support.databases import is_sqlite
from tests.support.other_user import as_nobody, open_folder
from zendesk_handoff.checks import Outcome
from zendesk_handoff.checks.store import check_store
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.identity import identity_of
from zendesk_handoff.store.engine.inspect import inspect_postgresql, inspect_sqlite
from zendesk_handoff.store.engine.migrate import newest
from zendesk_handoff.store.engine.read_only import sqlite_file, store_name


async def look(url):
    file = sqlite_file(url)
    return await inspect_postgresql(url) if file is None else inspect_sqlite(file)


async def test_a_store_is_described_as_its_servers_see_it(store, url):
    seen = await store.database.read(identity_of)
    state = await look(url)
    assert state.identity == seen
    assert state.name == store.database.name == store_name(url)
    assert state.version == state.newest == newest()
    assert not state.problem


async def test_two_stores_have_two_identities(store, url, tmp_path):
    async with await open_store(f"sqlite:///{tmp_path / 'other.db'}") as other:
        assert await other.database.read(identity_of) != await store.database.read(identity_of)
    if is_sqlite(store.database):
        copy = tmp_path / "copy.db"
        shutil.copy(sqlite_file(url), copy)
        assert inspect_sqlite(copy).identity != (await look(url)).identity
        for link in (os.symlink, os.link):
            path = tmp_path / f"{link.__name__}.db"
            link(sqlite_file(url), path)
            assert inspect_sqlite(path).identity == (await look(url)).identity


async def test_nothing_is_made_and_nothing_changed(tmp_path):
    file = tmp_path / "handoff.db"
    async with await open_store(f"sqlite:///{file}"):
        pass

    def state():
        # A folder's time changes with each file that is made and deleted in it.
        every = [each for each in tmp_path.iterdir() if each.is_file()]
        return [(each, each.read_bytes(), each.stat().st_mtime_ns) for each in every], (
            tmp_path.stat().st_mtime_ns
        )

    before = state()
    await check_store(f"sqlite:///{file}")
    await check_store(f"sqlite:///{tmp_path / 'missing.db'}")
    assert state() == before


async def test_an_open_store_is_seen_as_it_is_now(store, url):
    """On SQLite the last commits are in a file beside the database."""
    await store.database.write(
        lambda connection: (
            connection.execute(
                sa.text("UPDATE zendesk_handoff_version SET version_num = '9999'")
            ).rowcount
        )
    )
    assert (await look(url)).is_newer


async def test_an_empty_database(empty_url):
    file = sqlite_file(empty_url)
    if file is not None:
        file.touch()
    findings, state = await check_store(empty_url)
    assert state is not None
    assert state.version is None
    assert [each.outcome for each in findings] == [Outcome.FINE, Outcome.SKIPPED]


async def test_another_programs_tables(empty_url):
    engine = sa.create_engine(empty_url)
    with engine.connect() as connection, connection.begin():
        connection.execute(sa.text("CREATE TABLE sessions (id INTEGER)"))
    engine.dispose()
    [finding], state = await check_store(empty_url)
    assert state is None
    assert "another program" in finding.cause


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_store_that_this_user_cannot_write(what):
    with open_folder() as folder:
        file = folder / "handoff.db"
        if what == "file":
            file.touch(mode=0o444)
            folder.chmod(0o777)
        else:
            folder.chmod(0o555)
        cause = as_nobody(lambda: asyncio.run(check_store(f"sqlite:///{file}"))[0][0].cause)
        assert "cannot be written" in cause
        assert str(file) in cause


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://127.0.0.1/no_such_database_of_ours", "no database of that name"),
        ("postgresql://nobody-of-ours:the-password@127.0.0.1/postgres", "refuses the user"),
        ("postgresql://user:the-password@no-such-host.invalid/x", "has no address"),
        ("postgresql://user:the-password@127.0.0.1:9/x", "Nothing answers"),
        ("postgresql://user:the-password@127.0.0.1/x?colour=red", "after the question mark"),
    ],
)
async def test_a_postgresql_that_refuses(url, words):
    from tests.support.databases import postgresql_answers

    if not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")
    [finding], state = await check_store(url)
    assert state is None
    assert finding.outcome is Outcome.ERROR
    assert words in finding.cause
    assert finding.cure
    assert "the-password" not in f"{finding.cause}{finding.cure}"


async def test_a_postgresql_without_rights(tmp_path):
    from tests.support.databases import postgresql_answers, run_on_postgresql

    if not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")
    name = f"check_{os.getpid()}"
    await run_on_postgresql(f"CREATE ROLE {name} LOGIN PASSWORD 'x'", f"CREATE DATABASE {name}")
    try:
        url = f"postgresql://127.0.0.1/{name}"
        async with await open_store(url):
            pass
        [finding], state = await check_store(f"postgresql://{name}:x@127.0.0.1/{name}")
        assert state is not None
        assert "may not INSERT" in finding.cause
    finally:
        await run_on_postgresql(f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}")
