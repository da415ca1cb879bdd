"""Agents' own pictures on the page's host: read once, kept for a while, and pictures only."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.webchat import PNG, PNG_SIGNATURE
from zendesk_handoff.webchat.avatars import AvatarCache, picture_of


class Host:
    """The host of a picture."""

    def __init__(self, data=PNG):
        self.data = data
        self.reads = 0

    async def load(self):
        self.reads += 1
        await asyncio.sleep(0)
        return self.data


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def cache(now):
    return AvatarCache(clock=lambda: now[0] + 1, max_bytes=500)


@pytest.mark.parametrize(("data", "kept"), [(PNG, 3600), (None, 60), (b"<svg onload=x>", 60)])
async def test_a_picture_is_read_once_for_all_who_ask(cache, now, data, kept):
    host = Host(data)
    found = await asyncio.gather(*(cache.get("a", host.load) for _ in range(5)))
    assert found == [picture_of(data)] * 5 and host.reads == 1
    now[0] = kept - 1
    await cache.get("a", host.load)
    assert host.reads == 1
    now[0] = kept + 1
    await cache.get("a", host.load)
    assert host.reads == 2


async def test_one_that_goes_away_takes_the_picture_from_nobody(cache):
    host = Host()
    first = asyncio.create_task(cache.get("a", host.load))
    second = asyncio.create_task(cache.get("a", host.load))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).data == PNG and host.reads == 1


async def test_pictures_have_an_end(cache):
    hosts = {name: Host(PNG_SIGNATURE + b"x" * 190) for name in "abc"}
    for name in ("a", "b", "a", "c", "a", "b"):
        assert await cache.get(name, hosts[name].load)
    assert [hosts[name].reads for name in "abc"] == [1, 2, 1], "the one that was used first goes"


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"<script>", b"%PDF-1.4", b"\x00"])
def test_what_is_no_picture_is_not_shown(data):
    assert picture_of(data) is None
