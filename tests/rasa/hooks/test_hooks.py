"""The router in front of Rasa's own agent and processor, whichever Rasa is installed."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from contextlib import closing

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.events import BotUttered

from tests.support.engine import DOMAIN, Answer
from tests.support.hooked import forwarded, message, open_session, texts
from tests.support.names import SENDERS
from zendesk_handoff.bounds import defining_classes
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.compat import SQLTrackerStore, processor_classes


@pytest.mark.parametrize("sender", SENDERS, ids=range(len(SENDERS)))
async def test_the_bot_answers_before_and_after_a_session_and_never_during_one(
    store, agent, installed, sender
):
    assert texts(await agent.handle_message(message("hi", sender))) == ["bot: hi"]
    session = await open_session(store, sender)
    assert texts(await agent.handle_message(message("are you there?", sender))) == []
    assert await forwarded(store, session) == ["are you there?"]
    await store.outbox.settle((await store.outbox.waiting(session.id))[0])
    await store.sessions.end(session.id, EndReason.AGENT)
    said = texts(await agent.handle_message(message("thanks", sender)))
    assert said == ["The agent has left.", "bot: thanks"]


async def test_a_message_that_waits_for_the_lock_is_routed_when_it_has_it(store, agent, installed):
    async with agent.lock_store.lock("user"):
        waiting = asyncio.create_task(agent.handle_message(message("and this?")))
        await asyncio.sleep(0)  # it waits for the lock now
        session = await open_session(store)
    assert texts(await waiting) == []
    assert await forwarded(store, session) == ["and this?"]


async def test_a_message_given_to_the_processor_itself_is_routed(store, agent, installed):
    session = await open_session(store)
    assert texts(await agent.processor.handle_message(message("hello"))) == []
    assert await forwarded(store, session) == ["hello"]


async def test_a_message_is_routed_once(store, agent, router, installed, monkeypatch):
    routed, route = [], router.route

    async def record(message, processor):
        routed.append(message.text)
        return await route(message, processor)

    monkeypatch.setattr(router, "route", record)
    await agent.handle_message(message("hi"))
    assert routed == ["hi"]


def break_tracker(path):
    """Write an event that Rasa cannot read, as a failing disk may."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE events SET data = '{' WHERE type_name = 'user'")


async def test_a_tracker_that_cannot_be_read_ends_no_server(agent, installed, tmp_path):
    path = tmp_path / "tracker.db"
    agent.tracker_store = SQLTrackerStore(DOMAIN, db=str(path))
    agent.processor.tracker_store = agent.tracker_store
    await agent.handle_message(message("hi"))
    break_tracker(path)
    with pytest.raises(HandoffError, match="has called"):
        await agent.handle_message(message("hello"))
    assert texts(await agent.handle_message(message("hi", "other"))) == ["bot: hi"]


async def speak_from_outside(agent, output):
    processor = agent.processor
    tracker = await processor.get_tracker("user")
    prediction = PolicyPrediction.for_action_name(DOMAIN, "action_answer")
    processor._get_action = lambda _name: Answer()
    await processor.trigger_external_user_uttered("greet", [], tracker, output)
    await processor.execute_action("user", "action_answer", output, agent.nlg, prediction)
    await processor.execute_side_effects([BotUttered("from outside")], tracker, output)


async def test_nothing_else_makes_the_bot_speak_during_a_session(store, agent, installed):
    await agent.handle_message(message("hi"))
    output = CollectingOutputChannel()
    await speak_from_outside(agent, output)
    assert len(output.messages) == 3
    session = await open_session(store)
    output = CollectingOutputChannel()
    await speak_from_outside(agent, output)
    assert output.messages == []
    assert await forwarded(store, session) == []


def trace(owner, name):
    """Wrap a method as tracing does."""
    method = getattr(owner, name)

    @functools.wraps(method)
    async def traced(*arguments, **values):
        TRACED.append(name)
        return await method(*arguments, **values)

    setattr(owner, name, traced)


TRACED = []


@pytest.mark.parametrize("first", ["tracing", "router"])
async def test_tracing_hides_no_message_from_the_router(
    store, agent, router, in_hand, first, monkeypatch
):
    kind = processor_classes()[-1]
    for owner in (Agent, kind):
        monkeypatch.setattr(owner, "handle_message", owner.handle_message)
    before = [vars(each).get("handle_message") for each in (Agent, *kind.__mro__)]
    TRACED.clear()
    try:
        if first == "tracing":
            trace(Agent, "handle_message")
            trace(kind, "handle_message")
        hooks.install(router, in_hand)
        if first == "router":
            trace(Agent, "handle_message")
            trace(kind, "handle_message")
        hooks.check_agent(agent)
        assert texts(await agent.handle_message(message("hi"))) == ["bot: hi"]
        assert TRACED == ["handle_message"] * 2
        session = await open_session(store)
        assert texts(await agent.handle_message(message("hello"))) == []
        assert await forwarded(store, session) == ["hello"]
    finally:
        hooks.uninstall()
        for owner, method in zip((Agent, *kind.__mro__), before, strict=True):
            if method is not None:
                owner.handle_message = method


def test_uninstalling_restores_every_method(router, in_hand):
    def methods():
        return {
            (owner, each.method): vars(owner)[each.method]
            for each in hooks.REPLACEMENTS
            for kind in each.kinds()
            for owner in defining_classes(kind, each.method)
        }

    before = methods()
    hooks.install(router, in_hand)
    assert all(methods()[name] is not method for name, method in before.items())
    hooks.uninstall()
    assert methods() == before
