"""One message of a sender at a time, in order, over several processes on one Redis."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid

import pytest
import redis
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.utils.endpoints import EndpointConfig

from tests.support.databases import HOST, REDIS_PORT, redis_answers
from tests.support.servers import free_port
from tests.support.store import request_session
from zendesk_handoff.rasa import lock_store
from zendesk_handoff.rasa import router as router_module
from zendesk_handoff.rasa.lock_store import AtomicRedisLockStore
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import open_store


def make(**values):
    return AtomicRedisLockStore(EndpointConfig(url=HOST, **{"port": REDIS_PORT, **values}))


@pytest.fixture
def prefix():
    if not redis_answers():
        pytest.skip("Redis does not answer on 127.0.0.1:6379")
    name = f"test{uuid.uuid4().hex}"
    yield name
    with redis.Redis(HOST, REDIS_PORT, db=1) as client:
        assert not client.keys(f"{name}*"), "nothing is kept of a lock that is free"


def in_threads(count, work):
    """Run a coroutine in as many event loops, as many processes would."""
    problems = []

    def run(number):
        try:
            asyncio.run(work(number))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_one_at_a_time_however_many_ask(prefix):
    inside, done = [], []

    async def ask(number):
        store = make(key_prefix=prefix)
        for turn in range(15):
            async with store.lock("user"):
                inside.append(number)
                assert inside == [number]
                await asyncio.sleep(0.001)
                done.append((number, turn))
                inside.remove(number)

    in_threads(4, ask)
    assert sorted(done) == [(number, turn) for number in range(4) for turn in range(15)]


async def test_whoever_came_first_is_served_first(prefix):
    stores = [make(key_prefix=prefix) for _ in range(3)]
    served = []

    async def ask(number):
        async with stores[number % 3].lock("user"):
            served.append(number)

    async with stores[0].lock("user"):
        waiting = []
        for number in range(6):
            waiting.append(asyncio.create_task(ask(number)))
            await asyncio.sleep(0.01)
    await asyncio.gather(*waiting)
    assert served == list(range(6))


async def test_two_senders_do_not_wait_for_each_other(prefix):
    store = make(key_prefix=prefix)
    async with store.lock("one"):
        async with store.lock("another"):
            pass


async def test_what_a_killed_process_held_is_free_after_its_lease(prefix, monkeypatch):
    monkeypatch.setattr(lock_store, "_LEASE", 0.5)
    monkeypatch.setattr(lock_store, "_RENEW_EVERY", 0.1)
    killed, other = make(key_prefix=prefix), make(key_prefix=prefix)
    killed.issue_ticket("user", 0.5)  # and it never renews nor gives it back
    began = time.monotonic()
    async with other.lock("user"):
        assert time.monotonic() - began >= 0.4


async def test_what_is_held_longer_than_the_lease_is_kept(prefix, monkeypatch):
    monkeypatch.setattr(lock_store, "_LEASE", 0.4)
    monkeypatch.setattr(lock_store, "_RENEW_EVERY", 0.1)
    store, other = make(key_prefix=prefix), make(key_prefix=prefix)
    let_go = []

    async def ask():
        async with other.lock("user"):
            assert let_go

    async with store.lock("user"):
        asking = asyncio.create_task(ask())
        await asyncio.sleep(1.2)
        let_go.append(True)
    await asking


async def test_a_redis_that_is_away_is_a_refused_lock():
    with pytest.raises(LockError):
        async with make(port=free_port()).lock("user"):
            raise AssertionError("the lock was not had")


class NoBot:
    """A Rasa server without a model."""

    processor = None


@pytest.fixture
def no_lock():
    return Agent(lock_store=make(port=free_port()))


@pytest.fixture
async def store(tmp_path):
    async with await open_store(f"sqlite:///{tmp_path / 'handoff.db'}") as opened:
        yield opened


@pytest.fixture
def with_router(store):
    router_module.install(Router(store, NoBot(), Settings(connectors={}, public_url="http://bot")))
    yield
    router_module.uninstall()


async def test_without_a_lock_the_agents_still_hear_the_user(no_lock, store, with_router):
    session = await request_session(store)
    await store.sessions.connect(session.id)
    output = CollectingOutputChannel()
    message = UserMessage("are you there?", output, session.sender_id, input_channel="rest")
    assert await no_lock.handle_message(message) == []
    kept = [each.body["text"] for each in await store.outbox.waiting(session.id)]
    assert kept == ["are you there?"]


async def test_without_a_lock_the_bot_says_so(no_lock, with_router):
    message = UserMessage("hello", CollectingOutputChannel(), "somebody", input_channel="rest")
    with pytest.raises(LockError):
        await no_lock.handle_message(message)
