"""SIGKILL in native conversations: nothing is answered twice, nothing is left unanswered."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, FAILED, HOURS, STARTED
from tests.support.kills import kills
from tests.support.recovery import TAKEOVER, times
from tests.support.visitors import Visitor
from tests.support.waiting import until

#: A kill restarts a server, which is slow on a busy machine.
pytestmark = pytest.mark.timeout(300)

AGENTS = "zd-agentWorkspace"


@pytest.fixture
async def visitor(sim, stack):
    """A user whom the bot has answered once, so that its Rasa session has begun."""
    visitor = await Visitor.begin(sim, stack, "native")
    await visitor.says("hello")

    async def answered():
        return await visitor.heard()

    await until(answered, timeout=TAKEOVER)
    await is_released(stack, visitor)
    return visitor


async def is_released(stack, visitor):
    """Wait until nothing is left to do for a visitor."""
    query = "SELECT count(*) FROM {} WHERE sender_id = :sender AND state = 'new'"

    async def nothing_waits():
        return not any(
            stack.count(query.format(table), sender=visitor.sender)
            for table in ("user_messages", "bot_messages")
        )

    await until(nothing_waits, timeout=TAKEOVER)


async def texts_of_tracker(visitor, http):
    events = (await visitor.tracker(http))["events"]
    return [each["text"] for each in events if each["event"] == "user"]


@kills("answer in a native conversation")
async def test_answer(kill, visitor, stack, http):
    async with kill:
        await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS, timeout=TAKEOVER)
    await is_released(stack, visitor)
    assert times(HOURS, await visitor.words()) == 1
    assert (await texts_of_tracker(visitor, http)).count(ASK_HOURS) == 1


@kills("handover in a native conversation")
async def test_handover(kill, visitor, stack, http):
    async with kill:
        await visitor.says(ASK_HUMAN)
    await is_released(stack, visitor)

    async def decided():
        view = await visitor.view()
        return view["control"]["active"] == AGENTS or times(FAILED, await visitor.words())

    await until(decided, timeout=TAKEOVER)
    words = await visitor.words()
    if times(FAILED, words):
        assert (await visitor.view())["control"]["active"] == "rasa"
        return
    await visitor.hears(STARTED, timeout=TAKEOVER)
    await asyncio.sleep(1)
    assert times(STARTED, await visitor.words()) == 1
    view = await visitor.view()
    assert len(view["tickets"]) == 1

    async def paused():
        return (await visitor.tracker(http))["paused"]

    await until(paused, timeout=TAKEOVER)
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender"
    assert stack.count(query, sender=visitor.sender) == 1


async def is_handed_over(visitor, stack):
    await visitor.says(ASK_HUMAN)
    await visitor.hears(STARTED, timeout=TAKEOVER)
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND start_notified"

    async def notified():
        return stack.count(query, sender=visitor.sender)

    await until(notified, timeout=TAKEOVER)
    await is_released(stack, visitor)


@kills("agent in a native conversation")
async def test_agent(kill, visitor, stack, sim, http):
    await is_handed_over(visitor, stack)
    said = len(await visitor.messages())
    async with kill:
        await sim.agent_text(visitor.conversation, "Hello, this is Ana", agent="Ana")
    query = (
        "SELECT count(*) FROM sessions "
        "WHERE sender_id = :sender AND state = 'active' AND agent_name = 'Ana'"
    )

    async def is_active():
        return stack.count(query, sender=visitor.sender)

    await until(is_active, timeout=TAKEOVER)
    assert len(await visitor.messages()) == said + 1, "no echo"


@kills("return in a native conversation")
async def test_return(kill, visitor, stack, sim, http):
    await is_handed_over(visitor, stack)
    async with kill:
        await sim.pass_control(visitor.conversation, "rasa")
    await visitor.hears(ENDED, timeout=TAKEOVER)
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS, timeout=TAKEOVER)
    await is_released(stack, visitor)
    words = await visitor.words()
    assert (times(ENDED, words), times(HOURS, words)) == (1, 1)
    assert not (await visitor.tracker(http))["paused"]
