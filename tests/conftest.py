"""What tests of several modules stand on."""

from __future__ import annotations

import socket
import uuid
from contextlib import suppress

import pytest
import structlog

from simulator import Simulator
from tests.support.shared import check_shared
from zendesk_handoff.store import open_store

HOST, PORT = "127.0.0.1", 5432
REDIS_PORT = 6379


def pytest_configure():
    """Let no logger be kept as it was at its first line: with the output of the test that wrote it.

    Rasa, where a test loads it, asks structlog to; a later test that wants to read would be deaf.
    """
    configure = structlog.configure

    def configure_afresh(*arguments, **settings):
        configure(*arguments, **{**settings, "cache_logger_on_first_use": False})

    structlog.configure = configure_afresh
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())


def pytest_runtest_setup(item):
    check_shared(item)


@pytest.fixture(autouse=True)
def same_logs():
    """Undo what a test did to the logs: a command writes them to an output that closes with it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def postgresql_answers() -> bool:
    with suppress(OSError), socket.create_connection((HOST, PORT), timeout=2):
        return True
    return False


def redis_answers() -> bool:
    with suppress(OSError), socket.create_connection((HOST, REDIS_PORT), timeout=2):
        return True
    return False


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    if not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")
    import asyncpg

    name = f"handoff_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(host=HOST, port=PORT, database="postgres")
    await admin.execute(f"CREATE DATABASE {name}")
    yield f"postgresql://{HOST}:{PORT}/{name}"
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def store(url):
    async with await open_store(url) as opened:
        yield opened


@pytest.fixture
async def sim():
    async with Simulator() as running:
        yield running
