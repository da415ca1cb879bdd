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
    try_to_say,
)
from tests.support.users import conversation_of
from tests.support.waiting import until
from zendesk_handoff import failpoints

FAILED = "could not reach my colleagues"
#: Every test restarts a server, which is slow on a busy machine.
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("failpoint", failpoints.OPENING)
async def test_crash_of_the_action_server_while_opening(crash, sim, new_user, stack, failpoint):
    connector = connector_for(failpoint)
    user = new_user(workspace=None if connector == "support" else connector)
    crash.arm(failpoint)
    replies = await user.says(ASK_HUMAN)
    await crash.restart("actions")
    assert not any(STARTED in text for text in replies), "not confirmed too early"
    await is_opened_once(sim, stack, user, connector=connector)


@pytest.mark.parametrize("failpoint", failpoints.START_NOTIFICATION)
async def test_crash_while_the_bot_sends_the_start_notification(crash, user, failpoint):
    crash.arm("opening.connected")
    await user.says(ASK_HUMAN)
    await crash.restart("actions", then=failpoint)
    await crash.restart("rasa")
    await hears_once(user, STARTED)
    await is_paused(user)


async def test_crash_of_the_bot_while_the_action_server_opens(crash, sim, user, stack):
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
    await user.says(ASK_HUMAN)
    await crash.restart("actions")
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
