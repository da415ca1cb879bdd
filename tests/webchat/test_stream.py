"""Event streams: format, replay, changes, and the end of the server."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest

from tests.support.names import TEXTS
from tests.support.store import request_session
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.store.chat import chat_topic
from zendesk_handoff.webchat import stream
from zendesk_handoff.webchat.history import bot_item, start_item
from zendesk_handoff.webchat.stream import (
    LOOK_BACK,
    EventStreams,
    format_event,
    handoff_status,
    read_last_id,
)

SENDER = "webchat-1"


class Browser:
    """The receiving end of a stream."""

    def __init__(self):
        self.chunks = asyncio.Queue()
        self.is_busy = False
        self.has_typing_agent = False
        self.read_until = None
        self.put = self.chunks.put

    async def send(self, chunk):
        await self.put(chunk)

    async def event(self):
        """Return the next event as (type or id, data)."""
        chunk = await self.chunks.get()
        assert chunk.endswith("\n\n")
        fields = dict(line.split(": ", 1) for line in chunk.strip().split("\n"))
        data = json.loads(fields["data"])
        if "event" not in fields:
            assert abs(data.pop("at") - time.time()) < 60, "seconds, of the time of storing"
        return fields.get("event") or int(fields["id"]), data


@asynccontextmanager
async def listening(streams, store, *, last_id=0):
    browser = Browser()
    serving = asyncio.create_task(
        streams.serve(
            browser.send,
            store,
            SENDER,
            last_id=last_id,
            is_busy=lambda: browser.is_busy,
            has_typing_agent=lambda: browser.has_typing_agent,
            read_until=lambda: browser.read_until,
        )
    )
    assert await browser.chunks.get() == "retry: 2000\n\n"
    try:
        yield browser
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("text", [*TEXTS, "a\nb", "a\r\n\r\nevent: handoff\n\n"])
def test_a_text_stays_within_the_data_of_its_event(text):
    lines = format_event({"text": text}, id=7).split("\n")
    assert [line.partition(": ")[0] for line in lines] == ["id", "data", "", ""]
    assert json.loads(lines[1].removeprefix("data: ")) == {"text": text}
    assert "\r" not in lines[1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", 7),
        (None, 0),
        ("", 0),
        ("-1", 0),
        ("1.5", 0),
        ("²", 0),
        ("9" * 19, 0),
        ("9" * 18, 10**18 - 1),
    ],
)
def test_an_invalid_last_id_counts_as_none(value, expected):
    assert read_last_id(value) == expected


def test_a_session_that_failed_to_open_is_none_to_the_page():
    def session(state):
        return Session("s", "support", "default", SENDER, "webchat", state, agent_name="Ana")

    assert handoff_status(session(State.ACTIVE)) == {"state": "active", "agent": "Ana"}
    assert handoff_status(session(State.FAILED)) == handoff_status(None)


async def test_the_bot_waits_until_a_message_is_on_the_page_but_not_for_a_slow_one(
    store, monkeypatch
):
    monkeypatch.setattr(stream, "_FLUSH_WITHIN", 10.0)  # the machine may be busy
    streams = EventStreams()
    async with listening(streams, store) as browser:
        assert (await browser.event())[0] == "handoff"
        await streams.flush(SENDER)  # there is nothing to wait for
        await store.chat.add(SENDER, bot_item("Hello"))
        assert browser.chunks.empty()
        await streams.flush(SENDER)
        assert (browser.chunks.get_nowait()).startswith("id: ")
        reads = asyncio.Event()

        async def stall(_chunk):
            await reads.wait()

        browser.put = stall
        monkeypatch.setattr(stream, "_FLUSH_WITHIN", 0.05)
        await store.chat.add(SENDER, bot_item("Hello again"))
        await asyncio.wait_for(streams.flush(SENDER), 5)
        reads.set()
    await streams.flush(SENDER)


async def test_the_bot_waits_for_a_message_stored_while_an_earlier_change_is_sent(
    store, monkeypatch
):
    monkeypatch.setattr(stream, "_FLUSH_WITHIN", 10.0)
    streams = EventStreams()
    reads, sends = asyncio.Event(), asyncio.Event()
    async with listening(streams, store) as browser:
        assert (await browser.event())[0] == "handoff"
        browser.is_busy = True

        async def stall(chunk):
            sends.set()
            await reads.wait()
            for _ in range(5):  # others run meanwhile, such as who waits for the flush
                await asyncio.sleep(0)
            browser.chunks.put_nowait(chunk)

        browser.put = stall
        store.signals.emit(chat_topic(SENDER))
        await sends.wait()
        await store.chat.add(SENDER, bot_item("Hello"))
        flushing = asyncio.ensure_future(streams.flush(SENDER))
        await asyncio.sleep(0)
        reads.set()
        await flushing
        assert [(await browser.event())[0] for _ in range(browser.chunks.qsize())][-1] != "typing"


async def test_pages_that_connect_together_have_heartbeats_apart(store, monkeypatch):
    part = 0.0
    monkeypatch.setattr(stream.random, "uniform", lambda _least, _most: part)
    streams = EventStreams(heartbeat=3600)
    async with listening(streams, store) as one:
        assert (await one.event())[0] == "handoff"
        assert (await one.chunks.get()).startswith(": ")
        part = 1.0
        async with listening(streams, store) as other:
            assert (await other.event())[0] == "handoff"
            assert other.chunks.empty()


async def test_the_history_comes_first_and_then_what_is_new(store):
    await store.chat.add(SENDER, start_item({"name": "Jo"}))
    first = await store.chat.add(SENDER, bot_item("Hello"))
    await store.chat.add("webchat-2", bot_item("For another page"))
    async with listening(EventStreams(), store) as browser:
        assert await browser.event() == (first, {"role": "bot", "text": "Hello"})
        assert await browser.event() == ("handoff", {"state": "none", "agent": None})
        second = await store.chat.add(SENDER, bot_item("Again"))
        assert await browser.event() == (second, {"role": "bot", "text": "Again"})


async def test_a_page_that_returns_gets_what_another_process_may_have_committed_late(store):
    ids = [await store.chat.add(SENDER, bot_item(str(n))) for n in range(LOOK_BACK + 10)]
    async with listening(EventStreams(), store, last_id=ids[-1]) as browser:
        repeated = []
        while isinstance((event := await browser.event())[0], int):
            repeated.append(event[0])
    assert repeated == ids[-LOOK_BACK:]


async def test_the_typing_state_is_sent_when_it_changes(store):
    async with listening(EventStreams(), store) as browser:
        assert (await browser.event())[0] == "handoff"
        for busy in (True, False):
            browser.is_busy = busy
            store.signals.emit(chat_topic(SENDER))
            assert await browser.event() == ("typing", {"busy": busy})


async def test_during_a_session_it_is_the_agents(store):
    await request_session(store, SENDER)
    async with listening(EventStreams(), store) as browser:
        assert (await browser.event())[0] == "handoff"
        browser.is_busy = True  # the bot's, of which the user sees nothing
        for browser.has_typing_agent in (True, False):
            store.signals.emit(chat_topic(SENDER))
            assert await browser.event() == ("typing", {"busy": browser.has_typing_agent})


async def test_what_was_read_is_sent_when_it_changes(store):
    async with listening(EventStreams(), store) as browser:
        assert (await browser.event())[0] == "handoff"
        for browser.read_until in (1.5, 2.5):
            for _ in range(2):
                store.signals.emit(chat_topic(SENDER))
            assert await browser.event() == ("read", {"until": browser.read_until})


async def test_a_quiet_stream_has_a_heartbeat(store):
    async with listening(EventStreams(heartbeat=0.01), store) as browser:
        assert (await browser.event())[0] == "handoff"
        assert (await browser.chunks.get()).startswith(": ")


async def test_streams_end_with_the_server(store):
    streams = EventStreams()
    await streams.stop(timeout=0)
    streams = EventStreams()
    async with listening(streams, store) as one, listening(streams, store) as two:
        await one.event()
        await two.event()
        assert len(streams) == 2
        await streams.stop(timeout=60)
        assert len(streams) == 0
