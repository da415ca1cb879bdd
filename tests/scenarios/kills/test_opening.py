"""SIGKILL during an opening: nothing is confirmed too early, nothing is opened twice."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, FAILED, HOURS, STARTED
from tests.support.kills import DATABASES, kills
from tests.support.recovery import (
    TAKEOVER,
    hears,
    is_back_with_the_bot,
    is_opened_once,
    is_paused,
    sim_conversations,
    times,
    try_to_say,
)
from tests.support.users import conversation_of, is_of, texts_of_user
from tests.support.waiting import until
from zendesk_handoff.domain.responses import MESSAGE_FAILED, MESSAGE_SENT, default_response

#: A kill restarts a server, which is slow on a busy machine.

#: Before a server has taken the request up, the session is opened or has failed, whichever is
#: first.
UNDECIDED = {"actions: Sessions.request", "rasa: Leases.acquire"}
#: The tracker has the bot's answer, and the response with it is lost: Rasa repeats no answer.
ANSWER_LOST = {"rasa: SQLTrackerStore.save"}
#: The action is to tell the user of the failure, and it or the server that waits for it has died.
FAILURE_LOST = {*ANSWER_LOST, "actions: Requests.claim_outcome", "rasa: POST /webhook"}
#: The same, if the action learns of the failure before it learns that the server has died.
FAILURE_MAY_BE_LOST = {"rasa: Sessions.fail"}
#: The user's message has reached the agents.
SENT = default_response(MESSAGE_SENT, email="jo@example.com")
LEFT = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND end_reason = 'message_left'"
UNSENT = default_response(MESSAGE_FAILED)
REQUESTED = "SELECT count(*) FROM sessions WHERE sender_id = :sender"
OVER = f"{REQUESTED} AND state IN ('ended', 'failed')"
#: The answer to the form is not checked yet.
NOT_BEGUN = {"actions: answer to POST /webhook", "rasa: POST /webhook"}
#: The tracker does not have the user's message, and the action tells a server that has died of its
#: outcome: the form still asks.
STILL_ASKED = {"rasa: POST /webhook", "rasa: Sessions.leave_message", "rasa: POST /webhook#2"}
#: The action was to tell the user, and has died: Rasa goes on without what it did.
OUTCOME_LOST = {
    "actions: answer to POST /webhook",
    "actions: Requests.claim_outcome",
    "actions: answer to POST /webhook#2",
}
CONNECTED = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND connected_at IS NOT NULL"


@kills("opening")
async def test_opening(kill, sim, stack, user):
    await opens_once(kill, sim, stack, user, connector="support")


@kills("opening inside the switchboard")
async def test_opening_inside_the_switchboard(kill, sim, stack, new_user):
    await opens_once(kill, sim, stack, new_user(workspace="wholesale"), connector="wholesale")


async def opens_once(kill, sim, stack, user, *, connector):
    async with kill:
        heard = await try_to_say(user, ASK_HUMAN)
        if times(STARTED, heard):
            assert stack.count(CONNECTED, sender=user.sender) == 1, "not confirmed too early"
    if kill.place in UNDECIDED:
        await is_opened_or_failed(sim, user, heard)
    else:
        is_answer_lost = kill.place in ANSWER_LOST
        await is_opened_once(
            sim, stack, user, connector=connector, heard=heard, is_answer_lost=is_answer_lost
        )


async def is_opened_or_failed(sim, user, heard, *, conversations=0):
    """Check that the user hears the outcome, and that it is the truth.

    Args:
        conversations: Their number before.
    """
    heard = list(heard)

    async def is_told():
        await asyncio.sleep(1)
        heard.extend(await user.gets("thank you"))
        return times(STARTED, heard) or times(FAILED, heard)

    await until(is_told, timeout=TAKEOVER)
    if times(STARTED, heard):
        await is_paused(user)
        return
    assert len(await sim_conversations(sim, user)) == conversations
    assert await user.slot("handoff_status") == "failed"
    assert times(HOURS, await user.says(ASK_HOURS))
    assert len(await sim_conversations(sim, user)) == conversations, "nothing opens later"


@kills("message left")
async def test_message_left(kill, sim, stack, new_user):
    """What the user hears of the message is the truth, and the agents have it once."""
    user, message = new_user(workspace="night"), "my lamp flickers 💡"
    await user.says(ASK_HUMAN)
    await user.says("jo@example.com")
    async with kill:
        heard = await try_to_say(user, message)
        if times(SENT, heard):
            assert stack.count(LEFT, sender=user.sender) == 1, "not confirmed too early"
    sender = user.sender

    async def is_decided():
        return stack.count(OVER, sender=sender) == stack.count(REQUESTED, sender=sender)

    await until(is_decided, timeout=TAKEOVER)
    sent = stack.count(LEFT, sender=sender)
    if kill.place in NOT_BEGUN:
        assert not sent
    elif kill.place not in UNDECIDED:
        assert sent == 1
    # Whoever heard nothing says it again: nothing else is said into a form that still asks.
    if kill.place in STILL_ASKED:
        heard = await user.says(message)
        sent += 1
    heard = await is_back_with_the_bot(user, heard)
    told = times(SENT, heard) + times(UNSENT, heard)
    assert told == (kill.place not in ANSWER_LOST) or (told == 0 and kill.place in OUTCOME_LOST)
    assert times(SENT, heard) <= sent
    found = await sim.conversations(stack.connectors["night"]["app_id"])
    mine = [one for one in found if is_of(one, sender)]
    texts = [text for one in mine for text in texts_of_user(await sim.messages(one["id"]))]
    assert texts == [message] * sent
    assert not (await user.tracker())["paused"]
    assert (await user.tracker())["active_loop"] == {}


@kills("second opening")
async def test_second_opening(kill, sim, stack, hand_over, user):
    """The user has a conversation already, the only one that the account allows, and a new name."""
    session = await hand_over(user)
    await sim.end_session(session.conversation)
    await is_back_with_the_bot(user)
    await sim.add_fault("status", status=403, method="POST", path="/conversations")
    user.name = "Ada"
    async with kill:
        heard = await try_to_say(user, ASK_HUMAN)
    if kill.place in UNDECIDED:
        await is_opened_or_failed(sim, user, heard, conversations=1)
        return
    heard = [*heard, *await user.says("please hurry")]
    await sim.wait_for_message(session.conversation, "please hurry", timeout=TAKEOVER)
    if kill.place not in ANSWER_LOST:
        assert times(STARTED, await hears(user, STARTED, heard=heard)) == 1
    [conversation] = await sim_conversations(sim, user)
    messages = await sim.messages(conversation["id"])
    assert sum(one["author"]["type"] == "business" for one in messages) == 2, "two summaries"
    assert conversation["user"]["profile"]["givenName"] == "Ada"


@kills("refused opening")
async def test_refused_opening(kill, sim, user):
    await sim.add_fault("status", status=403, method="POST", path="/conversations")
    async with kill:
        heard = await try_to_say(user, ASK_HUMAN)
    if kill.place in FAILURE_LOST | FAILURE_MAY_BE_LOST:
        heard = await is_back_with_the_bot(user, heard)
        assert times(FAILED, heard) <= (kill.place in FAILURE_MAY_BE_LOST)
    else:
        heard = await hears(user, FAILED, HOURS, heard=heard, asking=ASK_HOURS, pause=1)
        assert times(FAILED, heard) == 1
        assert await user.slot("handoff_status") == "failed"
    assert times(STARTED, heard) == 0
    assert await sim_conversations(sim, user) == []


@pytest.mark.parametrize("server", ["actions", "rasa"])
@pytest.mark.parametrize("database", DATABASES)
async def test_kill_during_a_call_to_zendesk(sim, user, stack, server):
    await sim.add_fault("latency", seconds=2, method="POST", path="*/passControl", count=1)
    asking = asyncio.create_task(try_to_say(user, ASK_HUMAN))
    await conversation_of(user.sender, sim, stack)
    process = stack.processes[server]
    process.stop(kill=True)
    await asking
    await asyncio.to_thread(process.start)
    assert times(STARTED, await hears(user, STARTED)) == 1
    await is_paused(user)
