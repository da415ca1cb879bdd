"""PostgreSQL when it lets nobody in, and how its URL asks for TLS."""

from __future__ import annotations

import asyncio
import struct
import traceback
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from tests.support.databases import HOST, PORT
from zendesk_handoff.errors import SettingsError, StoreUnavailable
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.postgresql import postgres_address
from zendesk_handoff.store.engine.signals import PostgresWatch, Signals

only_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)

#: PostgreSQL's manual, Message Formats: the first bytes of a client that would like TLS.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
#: More than the pool has: a connection that was refused takes nobody's place.
OFTEN = 20


@asynccontextmanager
async def refusing(url):
    """Let nobody into the database, and throw out who is in it."""
    import asyncpg

    name = url.rpartition("/")[2]
    admin = await asyncpg.connect(host=HOST, port=PORT, database="postgres")
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name
    )
    try:
        yield
    finally:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await admin.close()


async def open_database(url):
    database = Database(url)
    await database.open()
    return database


def one(connection):
    return connection.execute(sa.text("SELECT 1")).scalar()


@only_postgresql
async def test_a_store_that_is_refused_is_down_and_comes_back(url):
    database = await open_database(url)
    try:
        async with refusing(url):
            for _ in range(OFTEN):
                with pytest.raises(StoreUnavailable):
                    await database.read(one)
                with pytest.raises(StoreUnavailable):
                    await database.write(one)
        assert await database.read(one) == 1
        assert await database.write(one) == 1
    finally:
        await database.close()


@only_postgresql
async def test_many_at_once_are_told_that_the_store_is_down(url):
    """Each finds a connection in the pool that was cut under it."""
    database = await open_database(url)
    try:
        await asyncio.gather(*(database.read(one) for _ in range(OFTEN)))
        async with refusing(url):
            reads = [database.read(one) for _ in range(OFTEN)]
            writes = [database.write(one) for _ in range(OFTEN)]
            told = await asyncio.gather(*reads, *writes, return_exceptions=True)
            assert {type(each) for each in told} == {StoreUnavailable}
        both = await asyncio.gather(*(database.read(one) for _ in range(OFTEN)))
        assert both == [1] * OFTEN
    finally:
        await database.close()


@only_postgresql
async def test_a_store_cannot_be_opened_while_it_is_refused(url):
    async with refusing(url):
        with pytest.raises(StoreUnavailable, match="ObjectNotInPrerequisiteStateError"):
            await open_store(url)
    async with await open_store(url):
        pass


@only_postgresql
async def test_a_refusal_tells_its_kind_and_no_password(url):
    """Nobody has this role, which is refused as a wrong password is."""
    stranger = url.replace("://", "://nobody_here:s3cret@")
    with pytest.raises(StoreUnavailable, match="InvalidAuthorizationSpecificationError") as refused:
        await open_store(stranger)
    told = "".join(traceback.format_exception(refused.value))
    assert "s3cret" not in told
    assert "nobody_here" not in told


@only_postgresql
@pytest.mark.parametrize("query", ["sslmode=disable", "sslmode=prefer", "ssl=prefer"])
async def test_a_commit_wakes_another_store_however_tls_is_spelt(url, query):
    first, second = await open_database(f"{url}?{query}"), await open_database(f"{url}?{query}")
    try:
        heard = asyncio.Queue()
        second.signals.on_any(heard.put_nowait)
        # It begins with ANYTHING, once it listens. The topic itself comes with a commit alone.
        await asyncio.wait_for(heard.get(), 10)
        await first.write(one, wake=["chat:jo"])
        assert await asyncio.wait_for(heard.get(), 10) == "chat:jo"
    finally:
        await first.close()
        await second.close()


@asynccontextmanager
async def without_tls(answer=b""):
    """A server that has no TLS; give its URL, and what each client sent before and after.

    Args:
        answer: What it says to who goes on without.
    """
    sent = asyncio.Queue()

    async def serve(reader, writer):
        first = await reader.readexactly(8)
        writer.write(b"N")
        sent.put_nowait((first, await reader.read(8)))
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://bot:s3cret@{HOST}:{port}/bot", sent


@pytest.mark.parametrize("query", ["sslmode=require", "ssl=require"])
async def test_who_insists_on_tls_tells_nothing_without_it(query):
    async with without_tls() as (url, sent):
        with pytest.raises(StoreUnavailable, match="ConnectionError"):
            await open_store(f"{url}?{query}")
        assert await sent.get() == (SSL_REQUEST, b"")
        watch = PostgresWatch(Signals(), postgres_address(sa.engine.make_url(f"{url}?{query}")))
        await watch.start()
        assert await asyncio.wait_for(sent.get(), 10) == (SSL_REQUEST, b"")
        await watch.stop()


async def test_a_server_that_makes_no_sense_is_down():
    """Of that asyncpg says `InternalClientError`, as it does of some connections that were cut."""
    half_a_request_to_authenticate = b"R" + struct.pack("!i", 4)
    async with without_tls(half_a_request_to_authenticate) as (url, _sent):
        with pytest.raises(StoreUnavailable, match="InternalClientError"):
            await open_store(url)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sslmode=on", "verify-full"),
        ("ssl=true&sslmode=require", "verify-full"),
        ("sslmode=require&sslmode=disable", "verify-full"),
        ("s3cret=1", "target_session_attrs"),
    ],
)
async def test_what_a_url_may_not_ask_for_is_said_at_once(query, words):
    with pytest.raises(SettingsError, match=words) as unfit:
        await open_store(f"postgresql://bot:s3cret@{HOST}/bot?{query}")
    assert [fault.key for fault in unfit.value.problems] == ["store_url"]
    assert "s3cret" not in str(unfit.value)


def test_what_a_url_holds_is_what_both_connect_with():
    url = sa.engine.make_url("postgresql://bot:p%40ss@/bot?host=/run/postgresql&sslmode=disable")
    assert postgres_address(url) == {
        "user": "bot",
        "password": "p@ss",
        "database": "bot",
        "host": "/run/postgresql",
        "ssl": "disable",
    }
