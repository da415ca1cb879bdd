"""The Redis lock store: one message of a sender at a time, in order, across processes."""

from __future__ import annotations

import asyncio
import threading
import uuid
from types import SimpleNamespace

import pytest
import redis
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.utils.endpoints import EndpointConfig

from tests.support.databases import HOST, REDIS_PORT, redis_answers
from tests.support.servers import free_port
from tests.support.store import request_session
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.rasa.in_delivery import InDelivery
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.lock_store import LEASE, AtomicRedisLockStore
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import open_store


def make(*, lease=LEASE, **values):
    endpoint = EndpointConfig(url=HOST, **{"port": REDIS_PORT, **values})
    return AtomicRedisLockStore(endpoint, lease=lease)


@pytest.fixture
def prefix():
    if not redis_answers():
        pytest.skip("Redis does not answer on 127.0.0.1:6379")
    name = f"test{uuid.uuid4().hex}"
    yield name
    with redis.Redis(HOST, REDIS_PORT, db=1) as client:
        assert not client.keys(f"{name}*"), "a free lock leaves no key"


def in_threads(count, work):
    """Run a coroutine in several event loops, as several processes would."""
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


def test_only_one_of_several_processes_holds_the_lock(prefix):
    inside, done = [], []

    async def acquire(number):
        store = make(key_prefix=prefix)
        for turn in range(15):
            async with store.lock("user"):
                inside.append(number)
                assert inside == [number]
                await asyncio.sleep(0.001)
                done.append((number, turn))
                inside.remove(number)

    in_threads(4, acquire)
    assert sorted(done) == [(number, turn) for number in range(4) for turn in range(15)]


async def test_requests_are_served_in_order_of_arrival(prefix):
    stores = [make(key_prefix=prefix) for _ in range(3)]
    served = []

    async def acquire(number):
        async with stores[number % 3].lock("user"):
            served.append(number)

    async with stores[0].lock("user"):
        waiting = []
        for number in range(6):
            waiting.append(asyncio.create_task(acquire(number)))
            await asyncio.sleep(0.01)
    await asyncio.gather(*waiting)
    assert served == list(range(6))


async def test_locks_of_two_senders_are_independent(prefix):
    store = make(key_prefix=prefix)
    async with store.lock("one"):
        async with store.lock("another"):
            pass


async def test_the_lock_of_a_killed_process_is_free_after_its_lease(prefix):
    killed, other = make(key_prefix=prefix, lease=0.5), make(key_prefix=prefix, lease=0.5)
    ticket = killed.issue_ticket("user")  # never renewed nor removed
    assert killed.get_lock("user").is_locked(ticket + 1)
    async with other.lock("user"):
        left = [each for each in other.get_lock("user").tickets if each.number == ticket]
        assert all(each.has_expired() for each in left)


async def test_a_lease_is_renewed_while_the_lock_is_held(prefix):
    store, other = make(key_prefix=prefix, lease=0.4), make(key_prefix=prefix, lease=0.4)
    released = []

    async def acquire():
        async with other.lock("user"):
            assert released

    def expiry():
        return store.get_lock("user").tickets[0].expires

    async def two_leases_pass():
        first = expiry()
        while expiry() < first + 2 * 0.4:  # noqa: ASYNC110 - Redis sends no event
            await asyncio.sleep(0.05)

    async with store.lock("user"):
        waiting = asyncio.create_task(acquire())
        await asyncio.wait_for(two_leases_pass(), 10)
        released.append(True)
    await waiting


async def test_a_lock_is_refused_while_redis_does_not_answer():
    with pytest.raises(LockError):
        async with make(port=free_port()).lock("user"):
            raise AssertionError("there is no lock")


class NoBot:
    """A Rasa server without a model."""

    processor = None
    in_delivery = InDelivery()
    channels = Channels(SimpleNamespace(ctx=SimpleNamespace(input_channels=[])))


@pytest.fixture
def no_lock():
    return Agent(lock_store=make(port=free_port()))


@pytest.fixture
async def store(tmp_path):
    async with await open_store(f"sqlite:///{tmp_path / 'handoff.db'}") as opened:
        yield opened


@pytest.fixture
def with_router(store):
    router = Router(store, NoBot(), Settings(connectors={}, public_url="http://bot"))
    hooks.install(router, InHand(store.signals))
    yield
    hooks.uninstall()


async def test_without_a_lock_messages_still_reach_the_agent(no_lock, store, with_router):
    session = await request_session(store)
    await store.sessions.connect(session.id)
    output = CollectingOutputChannel()
    message = UserMessage("are you there?", output, session.sender_id, input_channel="rest")
    assert await no_lock.handle_message(message) == []
    stored = [each.body["text"] for each in await store.outbox.waiting(session.id)]
    assert stored == ["are you there?"]


async def test_without_a_lock_or_a_session_the_error_is_raised(no_lock, with_router):
    message = UserMessage("hello", CollectingOutputChannel(), "somebody", input_channel="rest")
    with pytest.raises(LockError):
        await no_lock.handle_message(message)
