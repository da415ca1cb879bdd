"""What users write while no server hears Zendesk: it is read at the next start."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, HOURS
from tests.support.servers import Stack
from tests.support.waiting import until

AGENTS = "zd-agentWorkspace"
#: Seconds between two readings: these outages are shorter than those of real servers.
EVERY = 3
CONNECTORS = {"messaging": {}, "hurried": {"bot": {"missed_within": 1}}}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder, settings = tmp_path_factory.mktemp("native-missed"), {"reconcile_every": EVERY}
    with Stack(folder, settings=settings, native_connectors=CONNECTORS) as servers:
        yield servers


@asynccontextmanager
async def outage(stack, sim, event="*"):
    """Stop the Rasa server for longer than Zendesk repeats its calls, and start it again."""
    process = stack.processes["rasa"]
    await asyncio.to_thread(process.stop)
    try:
        await sim.add_fault("hold", event=event)
        yield
        await sim.clear_faults()
    finally:
        await asyncio.to_thread(process.start)


async def user_texts(tracker_of, visitor):
    events = (await tracker_of(visitor))["events"]
    return [each["text"] for each in events if each["event"] == "user"]


async def has_answered(visitor, times):
    async def answered():
        return sum(HOURS in text for text in await visitor.words()) == times

    await until(answered)


async def test_users_who_wrote_during_an_outage_are_answered(new_visitor, sim, stack, tracker_of):
    asks, was_handed_over = await new_visitor(name="Mara"), await new_visitor(name="Jo")
    is_late = await new_visitor("hurried")
    for visitor in (asks, was_handed_over, is_late):
        await visitor.says(ASK_HOURS)
        await visitor.hears(HOURS)
    await was_handed_over.says(ASK_HUMAN)
    await was_handed_over.is_with(AGENTS)
    async with outage(stack, sim):
        await asks.says("hello")
        await asks.says(ASK_HOURS)
        await was_handed_over.says("my parcel is lost")
        await sim.agent_text(was_handed_over.conversation, "It is on its way", agent="Ana")
        await sim.release_control(was_handed_over.conversation)
        await was_handed_over.says(ASK_HOURS)
        await is_late.says("hello?")
    await has_answered(asks, 2)
    assert await user_texts(tracker_of, asks) == [ASK_HOURS, "hello", ASK_HOURS]
    await has_answered(was_handed_over, 2)
    heard = await user_texts(tracker_of, was_handed_over)
    assert heard.count(ASK_HOURS) == 2 and "my parcel is lost" not in heard
    # Nobody waits any more for an answer to what is older than a second, by these settings.
    log = stack.folder / "rasa.log"

    async def is_told():
        return is_late.conversation in log.read_text()

    await until(is_told)
    assert "handoff.native.too_old" in log.read_text()
    await is_late.says(ASK_HOURS)
    await has_answered(is_late, 2)
    assert "hello?" not in await user_texts(tracker_of, is_late)
    said = [await visitor.words() for visitor in (asks, was_handed_over, is_late)]
    await sim.release()  # Zendesk repeats its calls after all
    await asks.says("when do you close on saturday?")  # the same a third time would be noticed
    await has_answered(asks, 3)
    assert [(await asks.words())[: len(said[0])], await was_handed_over.words()] == said[:2]


async def test_a_message_whose_call_is_lost_is_found_while_the_server_runs(
    new_visitor, sim, tracker_of
):
    visitor = await new_visitor()
    await visitor.says(ASK_HOURS)
    await has_answered(visitor, 1)
    await sim.add_fault("lose", event="conversation:message", count=1)
    await visitor.says(ASK_HOURS)
    await has_answered(visitor, 2)
    assert await user_texts(tracker_of, visitor) == [ASK_HOURS, ASK_HOURS]
