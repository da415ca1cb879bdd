"""Fixtures of several test folders: a store on both databases, a simulator, restored logs."""

from __future__ import annotations

import uuid

import pytest
import structlog

from simulator import Simulator
from tests.support.databases import HOST, PORT, postgresql_answers
from tests.support.shared import check_shared
from zendesk_handoff.store import open_store


def pytest_configure():
    """Keep structlog from caching loggers: a cached one writes to the output of an earlier test.

    Rasa turns the cache on when a test loads it.
    """
    configure = structlog.configure

    def configure_uncached(*arguments, **settings):
        configure(*arguments, **{**settings, "cache_logger_on_first_use": False})

    structlog.configure = configure_uncached
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())


def pytest_runtest_setup(item):
    check_shared(item)


@pytest.fixture(autouse=True)
def restored_logs():
    """Restore the log configuration: a command's logs go to an output that is closed with it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


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
