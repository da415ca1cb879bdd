"""Test conversations whose event is awaited, on both databases."""

from __future__ import annotations

from zendesk_handoff.store import open_store


async def test_only_what_is_awaited_is_heard(store):
    await store.probes.expect("check-1")
    await store.probes.hear(["check-2", "check-3"])
    assert not await store.probes.is_heard("check-1")
    await store.probes.hear(["check-1"])
    assert await store.probes.is_heard("check-1")
    assert not await store.probes.is_heard("check-2")
    await store.probes.end("check-1")
    assert not await store.probes.is_heard("check-1")


async def test_another_process_sees_it(store, url):
    await store.probes.expect("check-1")
    async with await open_store(url) as server:
        await server.probes.hear({"check-1"})
    assert await store.probes.is_heard("check-1")


async def test_a_call_may_name_any_number(store):
    await store.probes.expect("check-1")
    await store.probes.hear({f"check-x{number}" for number in range(5000)})
    assert not await store.probes.is_heard("check-1")
