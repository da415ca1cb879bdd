"""Threads of the platforms: none takes those of others, and no call begins too late."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from threading import Event

import pytest

from zendesk_handoff.channels.adapters import threads
from zendesk_handoff.channels.adapters.threads import in_thread
from zendesk_handoff.errors import NotDelivered

SHOP = ContextVar("shop", default="")


@pytest.fixture
async def hanging(monkeypatch):
    """A platform of two threads, in both of which a call hangs until it is answered."""
    monkeypatch.setattr(threads, "_SIZE", 2)
    threads._threads.cache_clear()
    answer = Event()
    calls = [asyncio.ensure_future(in_thread("hanging", answer.wait, 60.0)) for _ in range(2)]
    await asyncio.sleep(0)
    yield answer
    answer.set()
    await asyncio.gather(*calls)
    threads._threads("hanging").shutdown()
    threads._threads.cache_clear()


async def test_a_platform_that_hangs_leaves_the_others_their_threads(hanging):
    SHOP.set("tea")
    assert await in_thread("other", SHOP.get) == "tea", "and with their contexts"
    assert await asyncio.to_thread(SHOP.get) == "tea", "such as for a tracker"


async def test_what_nobody_waits_for_any_more_is_never_sent(hanging, monkeypatch):
    sent = []
    given_up = asyncio.ensure_future(in_thread("hanging", sent.append, "given up"))
    monkeypatch.setattr(threads, "BEGIN_WITHIN", -1.0)
    late = asyncio.ensure_future(in_thread("hanging", sent.append, "late"))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    hanging.set()
    with pytest.raises(NotDelivered) as caught:
        await late
    assert caught.value.may_repeat
    assert sent == []
