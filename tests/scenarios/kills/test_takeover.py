"""SIGKILL twice: the server that takes an opening over is killed, too."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, FAILED, HOURS, STARTED
from tests.support.kills import Kill, kills
from tests.support.recovery import (
    TAKEOVER,
    are_in_order,
    hears,
    is_opened_once,
    sim_conversations,
    times,
    try_to_say,
)
from tests.support.users import RestUser
from tests.support.waiting import until

#: A kill restarts a server, which is slow on a busy machine.

REQUESTED = "actions: Sessions.request"
TAKEN_UP = "rasa: Requests.take_up"
OUTCOMES = (
    "SELECT count(*) FROM sessions WHERE sender_id = :sender AND state = 'failed' AND end_notified"
)


@kills("takeover of an opening")
async def test_takeover(kill, sim, stack, user):
    await is_taken_over(kill, sim, stack, user, connector="support")


@kills("takeover inside the switchboard")
async def test_takeover_inside_the_switchboard(kill, sim, stack, new_user):
    user = new_user(workspace="wholesale")
    await is_taken_over(kill, sim, stack, user, connector="wholesale")


async def is_taken_over(kill, sim, stack, user, *, connector):
    async with kill.before(TAKEN_UP):
        heard = await try_to_say(user, ASK_HUMAN)
    assert times(STARTED, heard) == 0, "not confirmed too early"
    async with kill:
        await kill.restart(TAKEN_UP)
    await is_opened_once(sim, stack, user, connector=connector)


@kills("messages during a failed opening")
async def test_messages_during_a_failed_opening(kill, sim, user):
    """The user writes while an opening that was taken over is refused, slowly."""
    await sim.add_fault("latency", seconds=3, path="/users")
    await sim.add_fault("status", status=403, path="/users")
    async with kill.before("rasa: Sessions.begin_step"):
        await try_to_say(user, ASK_HUMAN)
    await kill.restart(TAKEN_UP)
    await kill.is_at("rasa: Sessions.begin_step#2")
    async with kill:
        heard = await try_to_say(user, ASK_HOURS)
    heard = await hears(user, FAILED, HOURS, heard=heard, asking="thank you", pause=1)
    assert are_in_order(heard, FAILED, HOURS), "then the answer to the message sent meanwhile"
    assert times(FAILED, heard) == 1
    # The bot had answered, and Rasa had not saved the tracker: it answers again.
    is_answered_again = kill.place == "rasa: PendingMessages.add#2"
    assert times(HOURS, heard) == 1 + is_answered_again
    assert times(STARTED, heard) == 0
    assert await user.slot("handoff_status") == "failed"


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.exhaustive)]
)
async def test_outage_after_a_kill(sim, stack, user):
    """Zendesk is unavailable until the opening fails."""
    await sim.add_fault("status", status=503)
    kill = Kill(stack)
    async with kill.before("rasa: Sessions.begin_step"):
        await try_to_say(user, ASK_HUMAN)
    await kill.restart(TAKEN_UP)
    heard = await hears(
        user, FAILED, HOURS, heard=await user.gets(ASK_HOURS), asking="thank you", pause=1
    )
    assert are_in_order(heard, FAILED, HOURS), "then the answer to the message sent meanwhile"
    assert times(STARTED, heard) == 0
    assert await user.slot("handoff_status") == "failed"


@kills("request of an action that died")
async def test_request_of_an_action_that_died(kill, sim, stack, http):
    """The user is at a server without the plugin; the one with it withdraws the request."""
    stack.start_without_plugin()
    user = RestUser(stack.url_without_plugin, http)
    async with kill.before(REQUESTED):
        assert times(STARTED, await try_to_say(user, ASK_HUMAN)) == 0
    async with kill:
        stack.let_claims_expire()
        await kill.restart(REQUESTED)
    await hears_of_the_failure_once(sim, stack, user)


@kills("unserved request")
async def test_unserved_request(kill, sim, stack, http):
    """The user is at a server without the plugin."""
    stack.start_without_plugin()
    user = RestUser(stack.url_without_plugin, http)
    async with kill:
        heard = await try_to_say(user, ASK_HUMAN)
    if kill.place == REQUESTED:
        await hears_of_the_failure_once(sim, stack, user)
    elif kill.place == "actions: Requests.withdraw":
        # The action is to tell the user of the failure, and it has died.
        assert times(FAILED, heard) == 0
    else:
        assert times(FAILED, heard) == 1
    assert times(HOURS, await user.says(ASK_HOURS)), "the bot goes on"
    assert await sim_conversations(sim, user) == []


async def hears_of_the_failure_once(sim, stack, user):
    """Wait until the request is withdrawn; the user hears of it at the server with the plugin."""

    async def is_decided():
        return stack.count(OUTCOMES, sender=user.sender) == 1

    await until(is_decided, timeout=TAKEOVER)
    assert await sim_conversations(sim, user) == [], "nothing opens later"
    served = RestUser(stack.rasa_url, user.http, sender=user.sender)
    heard = await hears(served, FAILED, asking=ASK_HOURS)
    assert times(FAILED, heard) == 1
    assert await sim_conversations(sim, user) == []
