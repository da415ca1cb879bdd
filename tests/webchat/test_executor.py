"""The executor: order for each sender, failures, the end of the server."""

from __future__ import annotations

import asyncio

import structlog

from zendesk_handoff.webchat.executor import SerialExecutor


class Observer:
    """The executor's callbacks, and when a sender became idle."""

    def __init__(self):
        self.changes = []
        self.failures = []
        self.idle = asyncio.Event()
        self.executor = SerialExecutor(self.changed, self.failed)

    def changed(self, sender_id):
        self.changes.append((sender_id, self.executor.is_busy(sender_id)))
        if not self.executor.is_busy(sender_id):
            self.idle.set()

    async def failed(self, sender_id, item_id):
        self.failures.append((sender_id, item_id))


def waits_for(event, log, name):
    async def work():
        log.append(f"{name} begins")
        await event.wait()
        log.append(f"{name} ends")

    return work


async def test_a_senders_messages_run_one_after_another_and_others_beside_them():
    observer, log = Observer(), []
    first, other = asyncio.Event(), asyncio.Event()
    observer.executor.submit("a", 1, waits_for(first, log, "a1"))
    observer.executor.submit("a", 2, waits_for(first, log, "a2"))
    observer.executor.submit("b", 3, waits_for(other, log, "b3"))
    other.set()
    await observer.idle.wait()
    assert log == ["a1 begins", "b3 begins", "b3 ends"]
    assert observer.executor.is_busy("a")
    assert not observer.executor.is_busy("b")
    observer.idle.clear()
    first.set()
    await observer.idle.wait()
    assert log[3:] == ["a1 ends", "a2 begins", "a2 ends"]
    assert observer.changes == [("a", True), ("b", True), ("b", False), ("a", False)]


async def test_an_item_that_waits_or_runs_is_not_added_again():
    observer, log, go = Observer(), [], asyncio.Event()
    for item_id in (1, 2, 1, 2):
        observer.executor.submit("a", item_id, waits_for(go, log, str(item_id)))
    go.set()
    await observer.idle.wait()
    assert log == ["1 begins", "1 ends", "2 begins", "2 ends"]
    observer.idle.clear()
    observer.executor.submit("a", 1, waits_for(go, log, "again"))
    await observer.idle.wait()
    assert log[4:] == ["again begins", "again ends"]


async def test_a_failure_is_reported_without_its_text_and_the_next_message_runs():
    observer, log, go = Observer(), [], asyncio.Event()
    go.set()

    async def fails():
        raise ValueError("the user's own words")

    with structlog.testing.capture_logs() as lines:
        observer.executor.submit("a", 1, fails)
        observer.executor.submit("a", 2, waits_for(go, log, "2"))
        await observer.idle.wait()
    assert observer.failures == [("a", 1)]
    assert log == ["2 begins", "2 ends"]
    (line,) = lines
    assert (line["event"], line["error"]) == ("handoff.webchat.message_failed", "ValueError")
    assert "test_executor.py" in line["location"]
    assert "words" not in str(line)


async def test_a_report_that_fails_ends_nothing():
    observer, log, go = Observer(), [], asyncio.Event()
    go.set()

    async def fails(*_):
        raise ValueError

    executor = observer.executor = SerialExecutor(observer.changed, fails)
    with structlog.testing.capture_logs() as lines:
        executor.submit("a", 1, fails)
        executor.submit("a", 2, waits_for(go, log, "2"))
        await observer.idle.wait()
    assert log == ["2 begins", "2 ends"]
    assert [line["event"] for line in lines] == [
        "handoff.webchat.message_failed",
        "handoff.webchat.failure_not_shown",
    ]


async def test_messages_are_finished_before_the_server_stops():
    observer, log, go = Observer(), [], asyncio.Event()
    await observer.executor.finish(timeout=0)
    observer.executor.submit("a", 1, waits_for(go, log, "1"))
    finish = asyncio.create_task(observer.executor.finish(timeout=60))
    go.set()
    await finish
    assert log == ["1 begins", "1 ends"]


async def test_messages_that_do_not_finish_are_cancelled_and_logged():
    observer, log = Observer(), []
    observer.executor.submit("a", 1, waits_for(asyncio.Event(), log, "1"))
    with structlog.testing.capture_logs() as lines:
        await observer.executor.finish(timeout=0)
        await observer.idle.wait()
    assert "1 ends" not in log
    assert not observer.executor.is_busy("a")
    assert [(each["event"], each["count"]) for each in lines] == [
        ("handoff.webchat.messages_cancelled", 1)
    ]
