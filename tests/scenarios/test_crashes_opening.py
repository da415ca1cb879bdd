"""SIGKILL at every failpoint of opening: nothing is confirmed too early, nothing opened twice."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, HOURS, STARTED
from tests.support.crashes import (
    TAKEOVER,
    connector_for,
    hears_once,
    is_opened_once,
    is_paused,
    sim_conversations,
    try_to_say,
)
from tests.support.users import conversation_of
from tests.support.waiting import until
from zendesk_handoff import failpoints

FAILED = "could not reach my colleagues"
#: Every test restarts a server, which is slow on a busy machine.
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("failpoint", failpoints.OPENING)
async def test_crash_while_opening(crash, sim, new_user, stack, failpoint):
    connector = connector_for(failpoint)
    user = new_user(workspace=None if connector == "support" else connector)
    crash.arm(failpoint)
    replies = await try_to_say(user, ASK_HUMAN)
    await crash.restart("rasa")
    is_told = any(STARTED in text for text in replies)
    # The action learns of the connection as soon as it is committed, before the server dies.
    assert not is_told or failpoint == "opening.connected", "not confirmed too early"
    await is_opened_once(sim, stack, user, connector=connector, is_told=is_told)


@pytest.mark.parametrize("failpoint", failpoints.REQUESTING)
async def test_crash_of_the_action_server_after_its_request(crash, sim, stack, user, failpoint):
    """The request is taken up before the action dies, or never; the user is told either way."""
    crash.arm(failpoint)
    heard = await user.gets(ASK_HUMAN)
    await crash.restart("actions")

    async def is_told():
        heard.extend(await user.gets(ASK_HOURS))
        return any(word in str(heard) for word in (STARTED, FAILED))

    await until(is_told, timeout=TAKEOVER)
    if STARTED in str(heard):
        await is_paused(user)
        return
    assert await sim_conversations(sim, user) == []
    assert await user.slot("handoff_status") == "failed"
    assert any(HOURS in text for text in await user.says(ASK_HOURS))
    assert await sim_conversations(sim, user) == [], "nothing opens later"


async def test_crash_of_the_action_server_during_the_opening(crash, sim, user, stack):
    await sim.add_fault("latency", seconds=2, method="POST", path="*/passControl", count=1)
    asking = asyncio.create_task(try_to_say(user, ASK_HUMAN))
    await conversation_of(user.sender, sim, stack)
    stack.processes["actions"].stop(kill=True)
    await asking
    await asyncio.to_thread(stack.processes["actions"].start)
    await hears_once(user, STARTED)
    await is_paused(user)


@pytest.mark.parametrize("failpoint", failpoints.START_NOTIFICATION)
async def test_crash_while_the_bot_sends_the_start_notification(crash, user, failpoint):
    crash.arm("opening.connected")
    await try_to_say(user, ASK_HUMAN)
    await crash.restart("rasa", then=failpoint)
    await crash.restart("rasa")
    await hears_once(user, STARTED)
    await is_paused(user)


async def test_crash_of_the_bot_between_two_failpoints(crash, sim, user, stack):
    await sim.add_fault("latency", seconds=2, method="POST", path="*/passControl", count=1)
    asking = asyncio.create_task(try_to_say(user, ASK_HUMAN))
    await conversation_of(user.sender, sim, stack)
    stack.processes["rasa"].stop(kill=True)
    await asking
    await asyncio.to_thread(stack.processes["rasa"].start)
    await hears_once(user, STARTED)
    await is_paused(user)


async def test_crash_and_outage_fail_the_opening_and_the_bot_answers(crash, sim, user):
    await sim.add_fault("status", status=503)
    crash.arm("opening.user.begun")
    await try_to_say(user, ASK_HUMAN)
    await crash.restart("rasa")
    heard = await user.gets(ASK_HOURS)

    async def answered():
        await asyncio.sleep(1)
        heard.extend(await user.gets("thank you"))
        return HOURS in str(heard)

    await until(answered, timeout=TAKEOVER)
    said = [str(each) for each in heard]
    failed = next(n for n, each in enumerate(said) if FAILED in each)
    hours = next(n for n, each in enumerate(said) if HOURS in each)
    assert failed < hours, "the failure first, then the answer to the message sent meanwhile"
    assert not any(STARTED in each for each in said)
    assert await user.slot("handoff_status") == "failed"
