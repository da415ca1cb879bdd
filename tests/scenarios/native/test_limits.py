"""Limits of users of Zendesk messaging: who writes too much hears so once, and nobody waits."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, FAILED, HOURS
from tests.support.servers import Stack
from tests.support.visitors import Visitor
from tests.support.waiting import until
from zendesk_handoff.domain.responses import TOO_MANY, default_response

AGENTS = "zd-agentWorkspace"
MESSAGES, HANDOVERS = 10, 3
REFUSAL = default_response(TOO_MANY)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    limits = {
        "messages_per_conversation": MESSAGES,
        "handovers_per_address": 2,
        "handovers_per_connector": HANDOVERS,
    }
    connectors = {"messaging": {"bot": {"loop_after": "off"}}}
    folder = tmp_path_factory.mktemp("native-limits")
    with Stack(folder, settings={"limits": limits}, native_connectors=connectors) as servers:
        yield servers


@pytest.fixture
def begin(sim, stack):
    async def make(**values):
        return await Visitor.begin(sim, stack, "messaging", **values)

    return make


async def test_a_flood_is_refused_once_and_makes_nobody_wait(begin, stack):
    flooder, other = await begin(name="Flo"), await begin(name="Ana")
    for number in range(5 * MESSAGES):
        await flooder.says(ASK_HOURS)
        if number == 2 * MESSAGES:
            await other.says(ASK_HOURS)
    await other.hears(HOURS)
    await flooder.hears(REFUSAL)
    waiting = "SELECT count(*) FROM user_messages WHERE sender_id = :sender AND state = 'new'"
    refused = "SELECT count(*) FROM user_messages WHERE sender_id = :sender AND kind = 'refused'"

    async def all_are_handled():
        done = stack.count(waiting, sender=flooder.sender) == 0
        return done and stack.count(refused, sender=flooder.sender) >= 3 * MESSAGES

    await until(all_are_handled)
    words = await flooder.words()
    assert words.count(REFUSAL) == 1
    assert sum(HOURS in text for text in words) < 2 * MESSAGES
    assert REFUSAL not in await other.words()


async def test_handovers_of_one_user_leave_room_for_others(begin):
    """The connector admits three in a minute, and one user two of them."""
    greedy = [await begin(external_id="customer-of-many") for _ in range(3)]
    for each in greedy:
        await each.says(ASK_HUMAN)
    outcomes = await asyncio.gather(*map(outcome, greedy))
    assert sorted(outcomes) == ["agents", "agents", "failed"]
    others = [await begin(), await begin()]
    for each in others:
        await each.says(ASK_HUMAN)
    assert sorted(await asyncio.gather(*map(outcome, others))) == ["agents", "failed"]


async def outcome(visitor):
    async def known():
        if (await visitor.view())["control"]["active"] == AGENTS:
            return "agents"
        return "failed" if FAILED in " ".join(await visitor.words()) else None

    await until(known)
    return await known()
