"""The count of users in memory, and when it is written."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from tests.support.names import SENDERS
from zendesk_handoff.domain.distinct import Distinct
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.handover import user_counter
from zendesk_handoff.handover.user_counter import UserCounter
from zendesk_handoff.store.daily_users import read_daily_users


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def writes(store, monkeypatch):
    """The counts of each write, by day and channel."""
    found, record = [], store.daily_users.record

    async def recording(counts):
        found.append({key: each.estimate() for key, each in counts.items()})
        await record(counts)

    monkeypatch.setattr(store.daily_users, "record", recording)
    return found


@pytest.fixture
def clock(monkeypatch):
    now = [time.time()]
    monkeypatch.setattr(user_counter, "time", SimpleNamespace(time=lambda: now[0]))
    return now


async def stored(store):
    now = user_counter.time.time()
    found = await store.database.read(
        lambda connection: read_daily_users(connection, since=now, until=now)
    )
    return {each.channel: each.users for each in found.channels} if found else {}


async def test_many_messages_of_many_users_are_one_write(store, writes):
    counter = UserCounter(store)
    for _ in range(50):
        for sender in SENDERS:
            counter.saw("webchat", sender)
        counter.saw("slack", SENDERS[0])
    assert writes == []
    await counter.record()
    assert len(writes) == 1
    assert await stored(store) == {"webchat": len(SENDERS), "slack": 1}


async def test_users_who_were_counted_cause_no_write(store, writes):
    counter = UserCounter(store)
    counter.saw("webchat", "mara")
    await counter.record()
    counter.saw("webchat", "mara")
    await counter.record()
    assert len(writes) == 1
    counter.saw("webchat", "jo")
    await counter.record()
    assert [[*each.values()] for each in writes] == [[1], [2]]


async def test_a_new_day_begins_a_new_count(store, writes, clock):
    counter = UserCounter(store)
    counter.saw("webchat", "mara")
    clock[0] += 86400
    counter.saw("webchat", "mara")
    await counter.record()
    clock[0] += 86400
    counter.saw("webchat", "mara")
    await counter.record()
    assert [len(each) for each in writes] == [2, 1]


async def test_what_an_unavailable_store_did_not_take_is_recorded_later(store, monkeypatch):
    counter = UserCounter(store)
    counter.saw("webchat", "mara")
    with monkeypatch.context() as patched:

        async def fail(_counts):
            raise StoreUnavailable("The store is locked.")

        patched.setattr(store.daily_users, "record", fail)
        with pytest.raises(StoreUnavailable):
            await counter.record()
    await counter.record()
    assert await stored(store) == {"webchat": 1}


async def test_made_up_channels_take_no_room(store, writes):
    counter = UserCounter(store)
    for number in range(5_000):
        counter.saw(f"channel {number} " + "x" * 1_000, "mara")
    await counter.record()
    [written] = writes
    assert len(written) == 50
    assert all(len(channel) <= 64 for _, channel in written)


async def test_what_is_counted_during_a_write_is_not_lost(store, monkeypatch):
    counter = UserCounter(store)
    counter.saw("webchat", "mara")
    record = store.daily_users.record

    async def slow(counts):
        copies = {key: Distinct(each.pack()) for key, each in counts.items()}
        counter.saw("webchat", "jo")
        await record(copies)

    monkeypatch.setattr(store.daily_users, "record", slow)
    await counter.record()
    monkeypatch.setattr(store.daily_users, "record", record)
    await counter.record()
    assert await stored(store) == {"webchat": 2}
