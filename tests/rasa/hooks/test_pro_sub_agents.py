"""Rasa Pro's own answers before the processor: a sub-agent at work, a repeated message."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.dialogue_understanding.stack.frames.flow_stack_frame import AgentStackFrame, AgentState

from tests.support.hooked import forwarded, message, open_session, texts
from zendesk_handoff.domain.session import EndReason

#: The states of a sub-agent in which ``Agent.handle_message`` answers itself.
STATES = [
    AgentState.PROCESSING,
    AgentState.WAITING_FOR_INPUT_FROM_PUSH_NOTIFICATION,
    AgentState.COMPLETED,
    AgentState.TERMINAL,
]


async def run_sub_agent(agent, state):
    """Let a sub-agent be at work, or be done, in the user's conversation."""
    await agent.handle_message(message("book a flight"))
    await push_frame(agent, state)


async def push_frame(agent, state):
    tracker = await agent.processor.get_tracker("user")
    stack = tracker.stack
    stack.push(
        AgentStackFrame(
            frame_id="f1", flow_id="book", step_id="s1", agent_id="booking", state=state
        )
    )
    tracker.update_stack(stack)
    await agent.processor.save_tracker(tracker)


@pytest.fixture
def without_stale_flows(agent, monkeypatch):
    """Keep the frame: the bot has no flow of that name, and Rasa would drop it."""

    async def keep(_tracker):
        pass

    monkeypatch.setattr(agent.processor, "_purge_stale_frames_for_turn", keep)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
async def test_the_router_comes_before_a_sub_agent(
    store, agent, installed, without_stale_flows, state
):
    await run_sub_agent(agent, state)
    output = message("is it done?")
    await agent.handle_message(output)
    assert texts(output.output_channel.messages) == ["bot: book a flight"], "Rasa's own answer"
    await push_frame(agent, state)
    session = await open_session(store)
    said = message("hello, agent?")
    await agent.handle_message(said)
    assert said.output_channel.messages == []
    assert await forwarded(store, session) == ["hello, agent?"]


async def test_after_a_session_no_sub_agent_is_left(store, agent, installed):
    await run_sub_agent(agent, AgentState.PROCESSING)
    session = await open_session(store)
    await store.sessions.end(session.id, EndReason.AGENT)
    said = texts(await agent.handle_message(message("thanks")))
    assert said == ["The agent has left.", "bot: thanks"]
    assert (await agent.processor.get_tracker("user")).stack.is_empty()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
async def test_no_update_of_a_sub_agent_is_delivered_during_a_session(
    store, agent, installed, state
):
    await run_sub_agent(agent, state)
    deliver, output = agent.processor.deliver_pending_async_update, CollectingOutputChannel()
    assert await deliver("user", output)
    assert texts(output.messages) == ["bot: book a flight"]
    await open_session(store)
    output = CollectingOutputChannel()
    assert not await deliver("user", output)
    assert output.messages == []


async def test_a_session_that_opens_while_an_update_waits_for_the_lock(store, agent, installed):
    await run_sub_agent(agent, AgentState.COMPLETED)
    output = CollectingOutputChannel()
    deliver = agent.processor.deliver_pending_async_update
    is_asked, issue = asyncio.Event(), agent.lock_store.issue_ticket

    def issue_ticket(*arguments, **values):
        is_asked.set()
        return issue(*arguments, **values)

    async with agent.lock_store.lock("user"):
        agent.lock_store.issue_ticket = issue_ticket
        waiting = asyncio.create_task(deliver("user", output))
        await is_asked.wait()
        await open_session(store)
    await waiting
    assert output.messages == []


async def test_a_turn_that_a_sub_agent_has_triggered_is_in_hand(
    agent, installed, in_hand, monkeypatch
):
    await run_sub_agent(agent, AgentState.COMPLETED)
    seen, predict = [], agent.processor.predict_next_with_tracker_if_should

    async def record(tracker, *others):
        seen.append("user" in in_hand)
        return await predict(tracker, *others)

    monkeypatch.setattr(agent.processor, "predict_next_with_tracker_if_should", record)
    await agent.processor.deliver_pending_async_update("user", CollectingOutputChannel())
    assert seen
    assert all(seen), "it may hand over"


async def test_a_repeated_message_is_judged_by_the_router_first(store, agent, installed):
    first = await agent.handle_message(message("hi", message_id="m1"))
    assert texts(first) == ["bot: hi"]
    again = message("hi", message_id="m1")
    await agent.handle_message(again)
    assert texts(again.output_channel.messages) == ["bot: hi"], "replayed by Rasa, not handled"
    session = await open_session(store)
    again = message("hi", message_id="m1")
    await agent.handle_message(again)
    assert again.output_channel.messages == []
    assert await forwarded(store, session) == ["hi"]
