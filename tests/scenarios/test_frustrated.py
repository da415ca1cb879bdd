"""A user who has had enough is offered a person, and the agent reads why."""

from __future__ import annotations

OFFER = "Shall I bring in a colleague"
STARTED = "asked a colleague to join"


async def conversation_of(stack, sim, user):
    found = await sim.wait_for_conversation(
        stack.connectors["support"]["app_id"],
        lambda one: one["user"]["externalId"] == user.sender,
    )
    return await sim.conversation(found["id"])


async def test_an_angry_user_accepts_and_the_agent_reads_why(stack, sim, user):
    assert not any(OFFER in text for text in await user.says("Where is order 10234?"))
    told = await user.says("this is ridiculous, your answers are useless!")
    assert any(OFFER in text for text in told)
    assert await user.slot("handoff_status") is None, "nobody is handed over unasked"
    assert any(STARTED in text for text in await user.says("yes please"))
    state = await conversation_of(stack, sim, user)
    assert state["control"]["active"] == "zd-agentWorkspace"
    why = state["messages"][0]["content"]["text"].splitlines()[0]
    assert "had enough" in why
    assert "strong negative wording" in why


async def test_anger_in_a_form_leaves_the_form(stack, sim, user):
    await user.says("where is my parcel")
    assert (await user.tracker())["active_loop"], "the form is asking"
    told = await user.says("are you even reading this, you stupid bot?")
    assert any(OFFER in text for text in told)
    assert not (await user.tracker())["active_loop"]
    assert any(STARTED in text for text in await user.says("yes"))
    state = await conversation_of(stack, sim, user)
    assert "used insulting words" in state["messages"][0]["content"]["text"]


async def test_a_no_keeps_the_bot_and_after_a_session_it_waits(stack, sim, user):
    await user.says("this is ridiculous, you useless bot")
    assert any("try again together" in text for text in await user.says("no thanks"))
    assert await user.slot("handoff_reason") is None
    assert any(STARTED in text for text in await user.says("I want to talk to a human"))
    state = await conversation_of(stack, sim, user)
    assert "asked for a human" in state["messages"][0]["content"]["text"].splitlines()[0]
    await sim.end_session(state["id"])
    await user.hears("I am the bot again")
    assert not any(OFFER in text for text in await user.says("you are useless, you stupid bot"))
