"""SIGKILL in native conversations: nothing is answered twice, nothing is left unanswered."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, FAILED, HOURS, STARTED
from tests.support.kills import kills
from tests.support.recovery import TAKEOVER, times
from tests.support.visitors import Visitor
from tests.support.waiting import until
from zendesk_handoff.domain import responses
from zendesk_handoff.domain.responses import default_response

#: A kill restarts a server, which is slow on a busy machine.

AGENTS = "zd-agentWorkspace"
RATE = default_response(responses.RATE)
#: The bot asks its action server about it.
ASK_ORDER = "where is my order 10234?"


@pytest.fixture
async def visitor(sim, stack):
    """A user whom the bot has answered once, so that its Rasa session has begun."""
    return await begin(sim, stack, "native")


async def begin(sim, stack, connector):
    visitor = await Visitor.begin(sim, stack, connector)
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


async def is_released_by_agents(visitor, stack, sim):
    """Let the agents answer and let go; wait until the end is dealt with."""
    await is_handed_over(visitor, stack)
    await sim.agent_text(visitor.conversation, "Hello, this is Ana", agent="Ana")
    await is_counted(stack, visitor, "agent_name = 'Ana'")
    await sim.end_session(visitor.conversation)
    await is_counted(stack, visitor, "end_notified")
    await is_released(stack, visitor)


async def is_counted(stack, visitor, condition):
    """Wait until a session of a visitor is in a state."""
    query = f"SELECT count(*) FROM sessions WHERE sender_id = :sender AND {condition}"

    async def counted():
        return stack.count(query, sender=visitor.sender)

    await until(counted, timeout=TAKEOVER)


@kills("release of a native conversation")
async def test_release(kill, visitor, stack, sim, http):
    await is_handed_over(visitor, stack)
    async with kill:
        await sim.end_session(visitor.conversation)
    await is_counted(stack, visitor, "end_notified AND end_reason = 'agent'")
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS, timeout=TAKEOVER)
    await is_released(stack, visitor)
    words = await visitor.words()
    assert (times(ENDED, words), times(HOURS, words)) == (0, 1)
    assert not (await visitor.tracker(http))["paused"]


@kills("first message after the release of a native conversation")
async def test_first_message_after_the_release(kill, stack, sim):
    visitor = await begin(sim, stack, "picky")
    await is_released_by_agents(visitor, stack, sim)
    before = len(await visitor.words())
    async with kill:
        await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS, RATE, timeout=TAKEOVER)
    await is_released(stack, visitor)
    answer, question = (await visitor.words())[before:]
    assert HOURS in answer and RATE in question


@kills("offer of a native conversation")
async def test_offer(kill, visitor, stack, sim, http):
    await is_handed_over(visitor, stack)
    async with kill:
        await sim.offer_control(visitor.conversation, "rasa")
    await visitor.hears(ENDED, timeout=TAKEOVER)
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS, timeout=TAKEOVER)
    await is_released(stack, visitor)
    words = await visitor.words()
    assert (times(ENDED, words), times(HOURS, words)) == (1, 1)
    assert (await visitor.view())["control"]["active"] == "rasa"


@kills("greeting in a native conversation")
async def test_greeting(kill, stack, sim, http):
    async with kill:
        visitor = await Visitor.begin(sim, stack, "picky", reason="startConversation")

    async def greeted():
        return await visitor.heard()

    await until(greeted, timeout=TAKEOVER)
    await is_released(stack, visitor)
    assert len(await visitor.messages()) == 1
    assert (await visitor.view())["control"]["active"] == "rasa"
    assert await texts_of_tracker(visitor, http) == ["/greet"]


@kills("failing bot in a native conversation")
async def test_failing_bot(kill, visitor, stack):
    """Without its action server the bot cannot answer. The test's fixture starts it again."""
    stack.processes["actions"].stop()
    async with kill:
        await visitor.says(ASK_ORDER)

    async def decided():
        view = await visitor.view()
        return view["control"]["active"] == AGENTS or times(FAILED, await visitor.words())

    await until(decided, timeout=TAKEOVER)
    await is_released(stack, visitor)
    view, words = await visitor.view(), await visitor.words()
    if times(FAILED, words):
        assert view["control"]["active"] == "rasa"
        return
    await visitor.hears(STARTED, timeout=TAKEOVER)
    assert times(STARTED, await visitor.words()) == 1
    assert len(view["tickets"]) == 1
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender"
    assert stack.count(query, sender=visitor.sender) == 1


@kills("passing on of a native conversation")
async def test_passing_on(kill, stack, sim):
    visitor = await Visitor.begin(sim, stack, "picky", source="instagram", reason="none")
    async with kill:
        await visitor.says(ASK_HOURS)

    async def is_passed():
        return (await visitor.view())["control"]["active"] == "zd-answerBot"

    await until(is_passed, timeout=TAKEOVER)
    await is_released(stack, visitor)
    assert await visitor.heard() == []


@kills("note in a native conversation")
async def test_note(kill, stack, sim):
    visitor = await begin(sim, stack, "noting")
    fault = await sim.add_fault("status", status=503, method="GET", path="*/tickets*")
    await is_handed_over(visitor, stack)
    await sim.wait_for_fault(fault)
    async with kill:
        await sim.clear_faults()
        stack.let_claims_expire()
    await is_counted(stack, visitor, "ticket_due_at IS NULL")
    [note] = (await visitor.view())["ticket"]["notes"]
    assert ASK_HUMAN in note
