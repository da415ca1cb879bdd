"""PostgreSQL: refused connections, and TLS in its URL."""

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

#: The first bytes of a client that asks for TLS (PostgreSQL's manual, Message Formats).
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
#: More than the pool's size, to show that a refused connection does not occupy the pool.
TIMES = 20


@asynccontextmanager
async def refusing(url):
    """Refuse connections to the database, and close the existing ones."""
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


def select_one(connection):
    return connection.execute(sa.text("SELECT 1")).scalar()


@only_postgresql
async def test_a_refused_store_is_unavailable_until_it_accepts_connections(url):
    database = await open_database(url)
    try:
        async with refusing(url):
            for _ in range(TIMES):
                with pytest.raises(StoreUnavailable):
                    await database.read(select_one)
                with pytest.raises(StoreUnavailable):
                    await database.write(select_one)
        assert await database.read(select_one) == 1
        assert await database.write(select_one) == 1
    finally:
        await database.close()


@only_postgresql
async def test_concurrent_calls_all_report_a_store_that_is_unavailable(url):
    """Each of them gets a connection from the pool that has been closed."""
    database = await open_database(url)
    try:
        await asyncio.gather(*(database.read(select_one) for _ in range(TIMES)))
        async with refusing(url):
            reads = [database.read(select_one) for _ in range(TIMES)]
            writes = [database.write(select_one) for _ in range(TIMES)]
            results = await asyncio.gather(*reads, *writes, return_exceptions=True)
            assert {type(each) for each in results} == {StoreUnavailable}
        both = await asyncio.gather(*(database.read(select_one) for _ in range(TIMES)))
        assert both == [1] * TIMES
    finally:
        await database.close()


@only_postgresql
async def test_a_store_cannot_be_opened_while_connections_are_refused(url):
    async with refusing(url):
        with pytest.raises(StoreUnavailable, match="does not accept connections to the database"):
            await open_store(url)
    async with await open_store(url):
        pass


@only_postgresql
async def test_a_refusal_names_the_error_and_no_password(url):
    """The role does not exist, and is refused as a wrong password is."""
    stranger = url.replace("://", "://nobody_here:s3cret@")
    with pytest.raises(StoreUnavailable, match="refuses the user") as refused:
        await open_store(stranger)
    text = "".join(traceback.format_exception(refused.value))
    assert "s3cret" not in text
    assert "nobody_here" not in text


@only_postgresql
@pytest.mark.parametrize("query", ["sslmode=disable", "sslmode=prefer", "ssl=prefer"])
async def test_a_commit_signals_another_store_for_each_spelling_of_tls(url, query):
    first, second = await open_database(f"{url}?{query}"), await open_database(f"{url}?{query}")
    try:
        topics = asyncio.Queue()
        second.signals.on_any(topics.put_nowait)
        # The watch emits ANYTHING once it listens. The topic itself comes only with a commit.
        await asyncio.wait_for(topics.get(), 10)
        await first.write(select_one, wake=["chat:jo"])
        assert await asyncio.wait_for(topics.get(), 10) == "chat:jo"
    finally:
        await first.close()
        await second.close()


@asynccontextmanager
async def without_tls(answer=b""):
    """Run a server without TLS; yield its URL, and a queue with the first bytes of each client.

    Args:
        answer: The answer to a client that goes on without TLS.
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
async def test_a_client_that_requires_tls_sends_nothing_without_it(query):
    async with without_tls() as (url, sent):
        with pytest.raises(StoreUnavailable, match="agree on no TLS"):
            await open_store(f"{url}?{query}")
        assert await sent.get() == (SSL_REQUEST, b"")
        watch = PostgresWatch(Signals(), postgres_address(sa.engine.make_url(f"{url}?{query}")))
        await watch.start()
        assert await asyncio.wait_for(sent.get(), 10) == (SSL_REQUEST, b"")
        await watch.stop()


async def test_a_server_with_an_invalid_answer_is_unavailable():
    """asyncpg raises `InternalClientError`, as for some connections that were closed."""
    truncated_authentication_request = b"R" + struct.pack("!i", 4)
    async with without_tls(truncated_authentication_request) as (url, _sent):
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
async def test_unsupported_parameters_of_a_url_are_an_error(query, words):
    with pytest.raises(SettingsError, match=words) as refused:
        await open_store(f"postgresql://bot:s3cret@{HOST}/bot?{query}")
    assert [problem.key for problem in refused.value.problems] == ["store_url"]
    assert "s3cret" not in str(refused.value)


def test_a_url_is_converted_for_asyncpg():
    url = sa.engine.make_url("postgresql://bot:p%40ss@/bot?host=/run/postgresql&sslmode=disable")
    assert postgres_address(url) == {
        "user": "bot",
        "password": "p@ss",
        "database": "bot",
        "host": "/run/postgresql",
        "ssl": "disable",
    }
