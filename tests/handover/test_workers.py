"""Session workers: one task at a time in each direction, and what follows a task."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from tests.support.store import lease_owner, request_session
from tests.support.waiting import until
from zendesk_handoff.handover.due import Due, Task
from zendesk_handoff.handover.workers import SessionWorkers
from zendesk_handoff.settings import Timeouts
from zendesk_handoff.store import open_store
from zendesk_handoff.store.topics import inbox_topic, outbox_topic, session_topic

NOTHING = Due(None, None)
TIMEOUTS = Timeouts(waiting_reminder=100)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class Script:
    """Tells what is due, one answer after the other, and records the tasks that are done."""

    def __init__(self, store, *answers):
        self.answers = list(answers)
        self.done = asyncio.Queue()
        self.looks = asyncio.Queue()
        self.outcomes = {}
        self.workers = SessionWorkers(
            store, TIMEOUTS, self.due, {each: self._make(each) for each in Task}
        )

    def due(self, work):
        self.looks.put_nowait(work.session.id)
        return self.answers.pop(0) if self.answers else NOTHING

    def _make(self, task):
        async def do(session):
            self.done.put_nowait((task, session.id))
            return await self.outcomes[task]() if task in self.outcomes else True

        return do


async def is_free(store, session):
    return await lease_owner(store, session.id) is None


def done_by(script):
    return [script.done.get_nowait()[0] for _ in range(script.done.qsize())]


async def test_tasks_are_done_until_nothing_is_due(store):
    session = await request_session(store)
    delivering, ending = Due(None, Task.DELIVER), Due(None, Task.NOTIFY_END)
    script = Script(store, delivering, delivering, ending)
    script.workers.on_signal(inbox_topic(session.id))
    await script.workers.stop()
    assert done_by(script) == [Task.DELIVER, Task.DELIVER, Task.NOTIFY_END]


async def test_a_task_that_must_wait_is_not_repeated_at_once(store):
    session = await request_session(store)

    async def must_wait():
        return False

    script = Script(store, *[Due(Task.OPEN, None)] * 3)
    script.outcomes[Task.OPEN] = must_wait
    script.workers.on_signal(outbox_topic(session.id))
    await script.workers.stop()
    assert done_by(script) == [Task.OPEN]


@pytest.mark.parametrize(
    ("topic", "tasks"),
    [
        (outbox_topic, {Task.FORWARD}),
        (inbox_topic, {Task.DELIVER}),
        (session_topic, {Task.FORWARD, Task.DELIVER}),
    ],
)
async def test_a_signal_concerns_one_direction_or_both(store, topic, tasks):
    session = await request_session(store)

    async def must_wait():
        return False

    script = Script(store, *[Due(Task.FORWARD, Task.DELIVER)] * 4)
    script.outcomes = {Task.FORWARD: must_wait, Task.DELIVER: must_wait}
    script.workers.on_signal(topic(session.id))
    await script.workers.stop()
    assert sorted(each.name for each in done_by(script)) == sorted(each.name for each in tasks)


async def test_a_change_during_a_run_causes_one_more_look(store):
    session = await request_session(store)
    proceed = asyncio.Event()
    script = Script(store, Due(Task.FORWARD, None))
    script.outcomes[Task.FORWARD] = proceed.wait
    script.workers.on_signal(outbox_topic(session.id))
    await asyncio.wait_for(script.done.get(), 5)
    for _ in range(3):
        script.workers.on_signal(outbox_topic(session.id))
    assert script.looks.qsize() == 1, "never twice at once"
    proceed.set()
    for _ in range(3):  # the first look, the one after the task, the one for the changes
        await asyncio.wait_for(script.looks.get(), 5)
    await script.workers.stop()
    assert script.looks.empty()


async def test_directions_and_sessions_do_not_wait_for_each_other(store):
    slow, quick = await request_session(store, "slow"), await request_session(store, "quick")
    blocked = asyncio.Event()
    script = Script(store, Due(Task.FORWARD, None))
    script.outcomes[Task.FORWARD] = blocked.wait
    script.workers.on_signal(outbox_topic(slow.id))
    assert await asyncio.wait_for(script.done.get(), 5) == (Task.FORWARD, slow.id)
    for topic in (inbox_topic(slow.id), inbox_topic(quick.id)):
        script.answers = [Due(None, Task.DELIVER)]
        script.workers.on_signal(topic)
        assert (await asyncio.wait_for(script.done.get(), 5))[0] is Task.DELIVER
    blocked.set()
    await script.workers.stop()


async def test_a_task_that_fails_is_repeated_with_the_next_change(store):
    session = await request_session(store)

    async def fail():
        raise ValueError("quotes what a user wrote")

    script = Script(store, *[Due(Task.FORWARD, None)] * 2)
    script.outcomes[Task.FORWARD] = fail
    for _ in range(2):
        script.workers.on_signal(outbox_topic(session.id))
        await asyncio.wait_for(script.done.get(), 5)
    await script.workers.stop()


async def test_a_stop_cancels_tasks_after_the_grace_period(store):
    session = await request_session(store)
    cancelled = asyncio.Event()

    async def hang():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    script = Script(store, Due(Task.FORWARD, None))
    script.outcomes[Task.FORWARD] = hang
    script.workers.on_signal(outbox_topic(session.id))
    await asyncio.wait_for(script.done.get(), 5)
    await script.workers.stop(grace_period=0.01)
    assert cancelled.is_set()
    script.answers = [Due(Task.FORWARD, None)]
    script.workers.notify(session.id)  # ignored from now on
    await script.workers.stop(grace_period=0.01)
    assert script.done.empty()


async def test_the_deadline_is_recorded_once_nothing_is_due(store):
    session = await request_session(store, connected=True)
    session = await store.sessions.mark_start_notified(session.id)
    script = Script(store)
    script.workers.on_signal(inbox_topic(session.id))
    await script.workers.stop()
    recorded = (await store.sessions.get(session.id)).next_deadline
    assert recorded == session.connected_at + TIMEOUTS.waiting_reminder


async def test_a_session_is_released_once_both_directions_are_done(store):
    session = await request_session(store)
    await store.sessions.fail(session.id)
    script = Script(store, NOTHING, Due(None, Task.RELEASE))
    script.workers.on_signal(outbox_topic(session.id))  # its worker notifies the other one
    await until(partial(is_free, store, session))
    await script.workers.stop()


async def test_a_task_needs_the_lease(store, url):
    session = await request_session(store)
    async with await open_store(url) as other:
        script = Script(other, *[Due(None, Task.DELIVER)] * 4)
        script.workers.on_signal(inbox_topic(session.id))
        await script.workers.stop()
        assert done_by(script) == []


async def test_a_process_without_the_connector_releases_the_session(store):
    session = await request_session(store)
    script = Script(store, Due(None, Task.DELIVER, has_connector=False))
    script.workers.on_signal(inbox_topic(session.id))
    await script.workers.stop()
    assert done_by(script) == [Task.DELIVER]
    assert await is_free(store, session)
