"""A second bot in the account, on a server of its own: each speaks while it has control."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, HOURS, STARTED
from tests.support.outside import OtherBot, other_bot, set_next
from tests.support.waiting import until

AGENTS, OTHER = "zd-agentWorkspace", OtherBot.NAME


@pytest.fixture
async def other(sim, stack):
    app_id = stack.connectors["market"]["app_id"]
    async with other_bot(sim, app_id, deliver_standby_events=True) as bot:
        await set_next(sim, app_id, "rasa", OTHER)
        yield bot


async def is_told_by_the_other(visitor, text):
    async def answered():
        return f"The other bot has read: {text}" in await visitor.words()

    await until(answered)


async def of_ours(visitor):
    """List what our bot has said."""
    return [
        one["content"].get("text", "")
        for one in await visitor.heard()
        if one["author"]["displayName"] == "Bot"
    ]


async def user_texts(tracker_of, visitor):
    events = (await tracker_of(visitor))["events"]
    return [each["text"] for each in events if each["event"] == "user"]


async def is_answered_by_ours(visitor, times):
    async def answered():
        return sum(HOURS in text for text in await of_ours(visitor)) == times

    await until(answered)


async def test_what_ours_does_not_serve_is_passed_to_the_next_bot(other, new_visitor, tracker_of):
    visitor = await new_visitor("market", source="whatsapp")
    await visitor.says("the first words")
    await visitor.is_with(OTHER)
    await visitor.says(ASK_HOURS)
    await is_told_by_the_other(visitor, ASK_HOURS)
    assert await of_ours(visitor) == []
    assert await user_texts(tracker_of, visitor) == []


async def test_ours_hears_and_says_nothing_while_the_other_has_control(
    other, new_visitor, sim, tracker_of
):
    visitor = await new_visitor("market")
    await visitor.says(ASK_HOURS)
    await is_answered_by_ours(visitor, 1)
    await sim.pass_control(visitor.conversation, OTHER)
    for text in ("not for ours", ASK_HOURS, ASK_HUMAN):
        await visitor.says(text)
        await is_told_by_the_other(visitor, text)
    assert other.texts(visitor.conversation) == ["not for ours", ASK_HOURS, ASK_HUMAN]
    await visitor.says("pass me to rasa")
    await visitor.is_with("rasa")
    await visitor.says(ASK_HOURS)
    await is_answered_by_ours(visitor, 2)
    assert len(await of_ours(visitor)) == 2
    assert await user_texts(tracker_of, visitor) == [ASK_HOURS, ASK_HOURS]


async def test_agents_pass_a_conversation_to_the_other_bot_and_back_to_ours(
    other, new_visitor, sim, stack, tracker_of
):
    visitor = await new_visitor("market")
    await visitor.says(ASK_HUMAN)
    await visitor.is_with(AGENTS)
    await visitor.hears(STARTED)
    await sim.agent_text(visitor.conversation, f"%((switchboard:passControl:{OTHER}))%")
    await visitor.is_with(OTHER)
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND end_reason = 'passed_on'"

    async def is_over():
        return stack.count(query, sender=visitor.sender) == 1

    await until(is_over)
    said = await of_ours(visitor)
    await visitor.says("not for ours")
    await is_told_by_the_other(visitor, "not for ours")
    await visitor.says(f"pass me to {AGENTS}")
    await visitor.is_with(AGENTS)
    await visitor.says("nor is this")
    assert await of_ours(visitor) == said, "the user did not hear that the bot is back"
    await sim.agent_text(visitor.conversation, "%((switchboard:passControl:rasa))%")
    await visitor.is_with("rasa")
    await visitor.says(ASK_HOURS)
    await is_answered_by_ours(visitor, 1)
    texts = await user_texts(tracker_of, visitor)
    assert texts == [ASK_HUMAN, ASK_HOURS]


async def test_a_bot_that_answers_ours_in_the_users_name_is_cut(other, new_visitor, stack):
    """Each answer brings the next question, without any person, until the agents have it."""
    visitor = await new_visitor("market")
    user_id = (await visitor.view())["user"]["id"]
    other.plays_user = (visitor.conversation, user_id)
    await visitor.says(ASK_HOURS)
    await visitor.is_with(AGENTS)
    other.plays_user = None
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND reason LIKE '%too fast%'"
    assert stack.count(query, sender=visitor.sender) == 1
    answers = sum(HOURS in text for text in await of_ours(visitor))
    assert 2 <= answers <= 4, "the limit is three messages that came too fast"
