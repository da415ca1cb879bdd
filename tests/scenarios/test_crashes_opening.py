"""kill -9 at every boundary of opening: nothing is promised too early, and nothing opened twice."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenarios.conftest import until
from tests.support.crashes import (
    INSIDE_ONLY,
    STARTED,
    TAKEOVER,
    hears_once,
    is_opened_once,
    is_paused,
    try_to_say,
)
from zendesk_handoff import failpoints as b

FAILED = "could not reach my colleagues"
HOURS = "Mill Lane"
#: Every test starts a server anew, which takes its time on a busy machine.
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("name", b.OPENING)
async def test_the_action_server_dies_while_opening(crash, sim, new_user, stack, name):
    inside = any(step in name for step in INSIDE_ONLY)
    user = new_user(workspace="wholesale" if inside else None)
    crash.arm(name)
    told = await user.says("I want to talk to a human")
    await crash.happens_to("actions")
    assert not any(STARTED in text for text in told), "nothing is promised too early"
    await is_opened_once(sim, stack, user, inside=inside)


@pytest.mark.parametrize("name", b.START_NOTIFICATION)
async def test_the_bot_dies_while_it_announces_what_the_action_server_could_not(crash, user, name):
    crash.arm("opening.connected")
    await user.says("I want to talk to a human")
    await crash.happens_to("actions", then=name)
    await crash.happens_to("rasa")
    await hears_once(user, STARTED)
    await is_paused(user)


async def test_the_bot_dies_during_the_escalation(crash, sim, user, stack):
    await sim.add_fault("latency", seconds=2, method="POST", path="*/passControl", count=1)
    asking = asyncio.create_task(try_to_say(user, "I want to talk to a human"))
    app = stack.connectors["support"]["app_id"]
    await sim.wait_for_conversation(app, lambda one: one["user"]["externalId"] == user.sender)
    stack.processes["rasa"].stop(kill=True)
    await asking
    await asyncio.to_thread(stack.processes["rasa"].start)
    await hears_once(user, STARTED)
    await is_paused(user)


async def test_an_outage_on_top_gives_the_bot_back_and_it_answers_what_was_written(
    crash, sim, user
):
    await sim.add_fault("status", status=503)
    crash.arm("opening.user.begun")
    await user.says("I want to talk to a human")
    await crash.happens_to("actions")
    heard = await user.gets("What are your opening hours?")

    async def answered():
        await asyncio.sleep(1)
        heard.extend(await user.gets("thank you"))
        return HOURS in str(heard)

    await until(answered, timeout=TAKEOVER)
    said = [str(each) for each in heard]
    failed = next(n for n, each in enumerate(said) if FAILED in each)
    hours = next(n for n, each in enumerate(said) if HOURS in each)
    assert failed < hours, "the truth first, then the answer to what was written meanwhile"
    assert not any(STARTED in each for each in said)
    assert await user.slot("handoff_status") == "failed"
