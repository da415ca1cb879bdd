"""A store that cannot be opened: at once, with path, cause and what to do."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
import traceback
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.databases import HOST, PORT
from zendesk_handoff import bounds
from zendesk_handoff.errors import MissingDependency, StoreUnavailable
from zendesk_handoff.store import check_openable, open_store
from zendesk_handoff.store.engine import sqlite
from zendesk_handoff.store.engine.private_files import keep_private
from zendesk_handoff.store.engine.problems import (
    file_problem,
    postgresql_problem,
    sqlite_problem,
)

only_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
PASSWORD = "hunter2-and-more"


async def opened(url):
    """Open a store that must fail; return the error's text."""
    with pytest.raises(StoreUnavailable) as caught:
        await open_store(url)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def checked(url):
    with pytest.raises(StoreUnavailable) as caught:
        check_openable(url)
    return str(caught.value)


def make_file(path, content=b""):
    path.write_bytes(content)
    return path


BROKEN = {
    "folder missing": (
        lambda folder: folder / "no" / "such" / "store.db",
        "The folder {folder}/no/such of the store does not exist. Make it (mkdir -p ",
    ),
    "folder is a file": (
        lambda folder: make_file(folder / "notes.txt") / "store.db",
        "{folder}/notes.txt is not a folder.",
    ),
    "file is a folder": (lambda folder: folder, "{folder} is a folder."),
    "Jörg's 王 folder": (
        lambda folder: folder / "Jörg O'Neil 王" / "store.db",
        "The folder {folder}/Jörg O'Neil 王 of the store does not exist.",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_the_path_the_cause_and_the_cure_are_named(tmp_path, case):
    make, text = BROKEN[case]
    url = f"sqlite:///{make(tmp_path)}"
    expected = text.format(folder=tmp_path)
    assert expected in await opened(url)
    assert expected in checked(url), "known before anything is opened"
    assert "store_url" in await opened(url)


async def test_a_folder_in_which_nobody_may_write():
    """Not the superuser either: the kernel's own."""
    said = await opened("sqlite:////sys/handoff.db")
    assert "The store /sys/handoff.db cannot be written: " in said
    assert "Give the servers' user the right to write in /sys" in said


@pytest.mark.parametrize(
    "content", [b"orders: [10234]\n" * 200, b"SQLite format 3\x00" + b"\xff" * 4096]
)
async def test_a_file_that_is_no_database_is_left_alone(tmp_path, content):
    file = make_file(tmp_path / "store.db", content)
    said = await opened(f"sqlite:///{file}")
    assert f"{file} is no SQLite database, or is damaged." in said
    assert file.read_bytes() == content


async def test_a_file_beside_it_that_cannot_be_written_is_not_waited_for(tmp_path, monkeypatch):
    file = tmp_path / "store.db"
    async with await open_store(f"sqlite:///{file}"):
        pass
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"store.db{suffix}").unlink(missing_ok=True)
        (tmp_path / f"store.db{suffix}").mkdir()
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT", 3600.0)
    said = await asyncio.wait_for(opened(f"sqlite:///{file}"), 30)
    assert f"The store {file} cannot be written by this user; SQLite also writes" in said


#: What a command does: connects, reads, and is the last to close, for all that it can see.
LOOK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT * FROM sessions").fetchall()
connection.close()
"""


@pytest.mark.parametrize("look", [file_problem, keep_private, check_openable])
async def test_a_look_at_an_open_store_drops_no_lock_of_it(tmp_path, look):
    """Another process would take the log away that is in use, which destroys the database."""
    file = tmp_path / "store.db"
    url = f"sqlite:///{file}"
    log = file.with_name("store.db-wal")
    async with await open_store(url) as store:
        await store.pending.add("user", {"text": "before"})
        look(url if look is check_openable else file)
        run = partial(subprocess.run, [sys.executable, "-c", LOOK, file], check=True)
        await asyncio.to_thread(run)
        assert log.exists(), "the other process has taken the log for its own"
        await store.pending.add("user", {"text": "after"})
        assert len(await store.pending.claim("user", "rest")) == 2


async def test_a_locked_database_is_waited_for_and_named(tmp_path, monkeypatch):
    file = tmp_path / "store.db"
    async with await open_store(f"sqlite:///{file}"):
        pass
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT", 0.0)
    monkeypatch.setattr(sqlite, "_MIGRATION_TIMEOUT", 0.0)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert f"The store {file} is locked by another process." in await opened(
            f"sqlite:///{file}"
        )
    finally:
        other.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EACCES, "x"), "permission denied"),
        (OSError(errno.EROFS, "x"), "read-only file system"),
        (OSError(errno.ENOSPC, "x"), "The disk of /data is full."),
        (sqlite3.OperationalError("attempt to write a readonly database"), "cannot be written"),
        (sqlite3.OperationalError("unable to open database file"), "right to write in /data"),
        (sqlite3.OperationalError("database or disk is full"), "Make room"),
        (sqlite3.OperationalError("database is locked"), "locked by another process"),
        (sqlite3.InterfaceError("what Mara wrote"), "did not answer (InterfaceError)"),
    ],
)
def test_errors_of_the_driver_in_words(tmp_path, error, words):
    for each in (error, sa.exc.OperationalError("INSERT", {"text": "what Mara wrote"}, error)):
        if isinstance(error, OSError) and each is not error:
            continue
        said = str(sqlite_problem(each, Path("/data/store.db")))
        assert words in said and "Mara" not in said


def test_looking_makes_nothing(tmp_path):
    assert file_problem(tmp_path / "store.db") is None
    assert os.listdir(tmp_path) == []


async def test_postgresql_that_does_not_run_or_has_no_address():
    said = await opened(f"postgresql://mara:{PASSWORD}@127.0.0.1:1/chats")
    assert said == (
        "Nothing answers at postgresql://127.0.0.1:1/chats. "
        "Start PostgreSQL, or correct `store_url`."
    )
    said = await opened(f"postgresql://mara:{PASSWORD}@no-such-host.invalid/chats")
    assert said.startswith("The host of postgresql://no-such-host.invalid:5432/chats has no addr")


@only_postgresql
async def test_postgresql_without_the_database_or_the_user(url):
    said = await opened(f"postgresql://root:{PASSWORD}@{HOST}:{PORT}/no_such_database")
    assert f"PostgreSQL at postgresql://{HOST}:{PORT}/no_such_database has no database" in said
    assert "createdb" in said
    stranger = f"postgresql://no_such_user:{PASSWORD}@{HOST}:{PORT}/postgres"
    assert "refuses the user" in await opened(stranger)


@only_postgresql
async def test_postgresql_whose_user_may_make_no_tables(url):
    """The schema `public` belongs to the database's owner since PostgreSQL 15."""
    import asyncpg

    admin = await asyncpg.connect(host=HOST, port=PORT, database="postgres")
    role = f"reader_{url.rpartition('/')[2][-12:]}"
    await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    try:
        said = await opened(url.replace("://", f"://{role}:{PASSWORD}@"))
        assert "does not let the user do that. Grant it: GRANT CREATE" in said
    finally:
        await admin.execute(f"DROP ROLE {role}")
        await admin.close()


@pytest.mark.parametrize(
    "kind", ["InvalidPasswordError", "CannotConnectNowError", "TooManyConnectionsError"]
)
def test_errors_of_postgresql_in_words(kind):
    import asyncpg

    said = str(postgresql_problem(getattr(asyncpg, kind)("for user mara"), "postgresql://h:5432/d"))
    assert said.startswith("PostgreSQL at postgresql://h:5432/d ")
    assert "mara" not in said and kind not in said


async def test_a_server_without_tls_is_not_one_that_does_not_answer():
    error = ConnectionError('PostgreSQL server at "h" rejected SSL upgrade')
    assert "sslmode" in str(postgresql_problem(error, "postgresql://h:5432/d"))


def test_a_missing_driver_names_what_to_install(monkeypatch):
    def no_driver(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(bounds, "import_module", no_driver)
    with pytest.raises(MissingDependency) as caught:
        check_openable(f"postgresql://mara:{PASSWORD}@h/d")
    assert "pip install 'zendesk-handoff[postgresql]'" in str(caught.value)
    assert PASSWORD not in str(caught.value)
