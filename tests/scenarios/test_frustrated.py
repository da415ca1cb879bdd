"""Frustrated users: the bot offers an agent, who reads the reason."""

from __future__ import annotations

from tests.support.bot_texts import ASK_HUMAN, ENDED, OFFER, STARTED
from tests.support.users import conversation_of


async def test_an_angry_user_accepts_and_the_agent_reads_the_reason(stack, sim, user):
    assert not any(OFFER in text for text in await user.says("Where is order 10234?"))
    replies = await user.says("this is ridiculous, your answers are useless!")
    assert any(OFFER in text for text in replies)
    assert await user.slot("handoff_status") is None, "no handover without a request"
    assert any(STARTED in text for text in await user.says("yes please"))
    state = await conversation_of(user.sender, sim, stack)
    assert state["control"]["active"] == "zd-agentWorkspace"
    reason = state["messages"][0]["content"]["text"].splitlines()[0]
    assert "had enough" in reason
    assert "strong negative wording" in reason


async def test_anger_in_a_form_leaves_the_form(stack, sim, user):
    await user.says("where is my parcel")
    assert (await user.tracker())["active_loop"], "the form is asking"
    replies = await user.says("are you even reading this, you stupid bot?")
    assert any(OFFER in text for text in replies)
    assert not (await user.tracker())["active_loop"]
    assert any(STARTED in text for text in await user.says("yes"))
    state = await conversation_of(user.sender, sim, stack)
    assert "used insulting words" in state["messages"][0]["content"]["text"]


async def test_a_refused_offer_keeps_the_bot_and_a_session_restarts_the_score(stack, sim, user):
    await user.says("this is ridiculous, you useless bot")
    assert any("try again together" in text for text in await user.says("no thanks"))
    assert await user.slot("handoff_reason") is None
    assert any(STARTED in text for text in await user.says(ASK_HUMAN))
    state = await conversation_of(user.sender, sim, stack)
    assert "asked for a human" in state["messages"][0]["content"]["text"].splitlines()[0]
    await sim.end_session(state["id"])
    await user.hears(ENDED)
    assert not any(OFFER in text for text in await user.says("you are useless, you stupid bot"))
