"""Workers keyed by session."""

from __future__ import annotations

import asyncio

from zendesk_handoff.handover.workers import KeyedWorkers


async def test_a_notification_during_a_run_causes_one_more_run():
    runs, proceed = asyncio.Queue(), asyncio.Event()

    async def run(key):
        runs.put_nowait(key)
        await proceed.wait()

    workers = KeyedWorkers("test", run)
    workers.notify("a")
    assert await runs.get() == "a"
    workers.notify("a")
    workers.notify("a")
    assert runs.empty(), "never twice at once"
    proceed.set()
    assert await runs.get() == "a"
    await workers.stop()
    assert runs.empty()


async def test_keys_do_not_wait_for_each_other():
    done, proceed = asyncio.Event(), asyncio.Event()

    async def run(key):
        if key == "slow":
            await proceed.wait()
        else:
            done.set()

    workers = KeyedWorkers("test", run)
    workers.notify("slow")
    workers.notify("fast")
    await asyncio.wait_for(done.wait(), 5)
    proceed.set()
    await workers.stop()


async def test_a_run_that_fails_is_repeated_with_the_next_notification():
    runs = asyncio.Queue()

    async def run(key):
        runs.put_nowait(key)
        raise ValueError("quotes what a user wrote")

    workers = KeyedWorkers("test", run)
    for _ in range(2):
        workers.notify("a")
        assert await asyncio.wait_for(runs.get(), 5) == "a"
    await workers.stop()


async def test_a_stop_cancels_runs_after_the_grace_period():
    cancelled = asyncio.Event()

    async def run(_key):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    workers = KeyedWorkers("test", run)
    workers.notify("a")
    await asyncio.sleep(0)
    await workers.stop(grace_period=0.01)
    assert cancelled.is_set()
    workers.notify("b")  # ignored from now on
    await workers.stop(grace_period=0.01)
