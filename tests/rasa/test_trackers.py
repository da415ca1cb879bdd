"""Trackers are loaded and saved outside of the event loop, each time once."""

from __future__ import annotations

import gc
import threading

import pytest
from rasa.core.brokers.broker import EventBroker
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet, UserUttered

from tests.support.trackers import DOMAIN, Processor
from zendesk_handoff.rasa.compat import (
    AwaitableTrackerStore,
    InMemoryTrackerStore,
    SQLTrackerStore,
    session_over,
)
from zendesk_handoff.rasa.trackers import open_tracker

SENDER = "19:abc/def@thread.tacv2;id=1"


class CustomStore(InMemoryTrackerStore):
    """An adopter's, which may need the loop."""


class Broker(EventBroker):
    def __init__(self):
        self.published = []

    def publish(self, event):
        assert threading.current_thread() is threading.main_thread(), "some brokers need the loop"
        self.published.append(event["event"])


@pytest.fixture
def sql(tmp_path):
    return SQLTrackerStore(DOMAIN, db=str(tmp_path / "tracker.db"))


@pytest.fixture
def threads(monkeypatch):
    """The threads in which each method of a store has run."""
    found = {"retrieve": [], "save": []}

    def watch(kind, name):
        method = getattr(kind, name)

        async def watched(self, *arguments):
            found[name].append(threading.current_thread() is threading.main_thread())
            return await method(self, *arguments)

        monkeypatch.setattr(kind, name, watched)

    for kind in (SQLTrackerStore, InMemoryTrackerStore):
        for name in found:
            watch(kind, name)
    return found


async def begin(store):
    tracker = await store.get_or_create_tracker(SENDER, append_action_listen=False)
    said = UserUttered("hi", {"name": "greet"})
    tracker.update_with_events([SessionStarted(), ActionExecuted("action_listen"), said], DOMAIN)
    await store.save(tracker)


def texts(tracker):
    return [each.text for each in tracker.events if isinstance(each, UserUttered)]


@pytest.mark.parametrize("kind", ["sql", "memory", "wrapped"])
async def test_neither_loading_nor_saving_runs_in_the_event_loop(sql, threads, kind):
    memory = InMemoryTrackerStore(DOMAIN)
    store = {"sql": sql, "memory": memory, "wrapped": AwaitableTrackerStore(sql)}[kind]
    await begin(store)
    for runs in threads.values():
        runs.clear()
    async with open_tracker(Processor(store), SENDER) as opened:
        assert not gc.isenabled()
        await opened.append([SlotSet("handoff_status", "ended")], key="one")
        await opened.append([UserUttered("more", {"name": "greet"})], key="two")
    assert gc.isenabled()
    assert threads == {"retrieve": [False], "save": [False, False]}
    async with open_tracker(Processor(store), SENDER) as again:
        assert again.tracker.get_slot("handoff_status") == "ended"
        assert texts(again.tracker) == ["hi", "more"]


@pytest.mark.parametrize("kind", ["custom", "sqlite in memory"])
async def test_a_store_that_may_need_the_loop_stays_in_it(threads, kind):
    store = CustomStore(DOMAIN) if kind == "custom" else SQLTrackerStore(DOMAIN, db="")
    await begin(store)
    async with open_tracker(Processor(store), SENDER) as opened:
        await opened.append([SlotSet("handoff_status", "ended")])
    assert all(runs and all(runs) for runs in threads.values())


async def test_events_with_a_key_are_appended_once_and_unknown_slots_never(sql):
    await begin(sql)
    for _ in range(2):
        async with open_tracker(Processor(sql), SENDER) as opened:
            said = UserUttered("once", {"name": "greet"})
            await opened.append([SlotSet("unknown", 1), said], key="one")
    async with open_tracker(Processor(sql), SENDER) as opened:
        assert texts(opened.tracker) == ["hi", "once"]
        assert "unknown" not in opened.tracker.slots


async def test_an_event_broker_gets_each_new_event_once(sql, threads):
    await begin(sql)
    sql.event_broker = broker = Broker()
    threads["retrieve"].clear()
    async with open_tracker(Processor(sql), SENDER) as opened:
        await opened.append([SlotSet("handoff_status", "ended")])
    assert broker.published == ["slot"]
    assert len(threads["retrieve"]) == 1, "Rasa would load the tracker again"
    assert sql.event_broker is broker


async def test_a_new_session_is_followed_by_new_events_alone(sql):
    await begin(sql)
    async with open_tracker(Processor(sql), SENDER) as opened:
        await opened.append([SlotSet("handoff_status", "ended")])
        await opened.start_session(CollectingOutputChannel())
        await opened.append([SlotSet("handoff_status", "failed")])
    whole = await sql.retrieve_full_tracker(SENDER)
    assert [each.type_name for each in whole.events] == [
        *("session_started", "action", "user", "slot"),
        *(each.type_name for each in session_over()),
        *("action", "session_started", "slot", "action", "slot"),
    ]
