"""The users of a day: joined over processes, and compared with the handovers, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from tests.support.handovers import at, handover
from zendesk_handoff.domain.distinct import Distinct
from zendesk_handoff.domain.session import State
from zendesk_handoff.store import open_store
from zendesk_handoff.store.daily_users import ChannelUsers, day_of, read_daily_users


def users(*names):
    found = Distinct()
    for name in names:
        found.add(name)
    return found


def numbered(first, last):
    return users(*(f"user {number}" for number in range(first, last)))


async def read(store, since, until):
    return await store.database.read(
        lambda connection: read_daily_users(connection, since=at(since), until=at(until))
    )


async def test_processes_that_count_the_same_user_count_one(store, url):
    key = ("2026-03-01", "webchat")
    async with await open_store(url) as other:
        await asyncio.gather(
            store.daily_users.record({key: numbered(0, 60)}),
            other.daily_users.record({key: numbered(30, 90)}),
        )
        await store.daily_users.record({key: numbered(0, 60)})
    found = await read(store, "2026-03-01 00:00", "2026-03-01 23:59")
    [webchat] = found.channels
    assert webchat.users == pytest.approx(90, rel=0.02)


async def test_a_user_of_several_days_is_one_user_of_the_period(store):
    days = {(f"2026-03-0{day}", "webchat"): numbered(0, 40) for day in (1, 2, 3)}
    await store.daily_users.record({**days, ("2026-03-02", "slack"): users("mara")})
    found = await read(store, "2026-03-01 00:00", "2026-03-04 00:00")
    assert found.channels == (ChannelUsers("webchat", 40, 0), ChannelUsers("slack", 1, 0))
    assert found.total == ChannelUsers("all", 41, 0)
    assert (found.first, found.last) == (date(2026, 3, 1), date(2026, 3, 3))


async def test_who_asked_for_a_person_is_not_contained(store):
    await store.daily_users.record({("2026-03-02", "webchat"): numbered(0, 20)})
    made = [
        handover(at("2026-03-02 10:00"), sender="user 1"),
        handover(at("2026-03-02 12:00"), sender="user 1"),
        handover(at("2026-03-02 23:59"), sender="user 2", state=State.FAILED),
        # Before the first day that was counted, after the last one, and without a message.
        handover(at("2026-03-01 23:59"), sender="user 3"),
        handover(at("2026-03-05 00:00"), sender="user 4"),
        handover(at("2026-03-03 09:00"), sender="triggered"),
    ]
    for each in made:
        await store.database.write(each)
    found = await read(store, "2026-02-01 00:00", "2026-03-04 12:00")
    [webchat] = found.channels
    assert (webchat.users, webchat.handed_over, webchat.contained) == (21, 3, 18)
    assert found.first == date(2026, 3, 2)


async def test_without_a_count_nothing_is_said(store):
    await store.database.write(handover(at("2026-03-02 10:00")))
    assert await read(store, "2026-03-01 00:00", "2026-03-04 00:00") is None


async def test_counts_are_purged_with_the_sessions_of_their_days(store):
    days = {("2026-03-01", "webchat"): users("a"), ("2026-03-02", "webchat"): users("a")}
    await store.daily_users.record(days)
    purged = await store.maintenance.purge(older_than=at("2026-03-02 15:00"))
    assert purged.daily_users == 1
    assert (await read(store, "2026-03-01 00:00", "2026-03-03 00:00")).first == date(2026, 3, 2)
    for never in (0.0, -1e12):
        assert (await store.maintenance.purge(older_than=never)).daily_users == 0


@pytest.mark.parametrize(
    ("moment", "day"), [("2026-03-01 23:59", "2026-03-01"), ("2026-03-02 00:00", "2026-03-02")]
)
def test_days_are_those_of_utc(moment, day):
    assert day_of(at(moment)) == day
