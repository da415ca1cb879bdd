"""The conversations in hand: a turn of the bot, through each of Rasa's ways to it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from tests.support.engine import make_agent
from zendesk_handoff.bounds import defining_classes
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.compat import processor_classes
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.store.engine.signals import Signals


@pytest.fixture
def signals():
    return Signals()


@pytest.fixture
def in_hand(signals):
    return InHand(signals)


def test_a_conversation_is_in_hand_during_its_turns(in_hand, signals):
    with in_hand.turn("one"), in_hand.turn("two"):
        with pytest.raises(KeyError), in_hand.turn("one"):
            raise KeyError
        assert "one" in in_hand
        assert signals.is_hurried
    assert "one" not in in_hand
    assert "two" not in in_hand
    assert not signals.is_hurried


class OpenRouter:
    """A router without any session; it records what is in hand while it routes."""

    def __init__(self, in_hand):
        self.in_hand = in_hand
        self.seen = []

    async def route(self, message, _processor):
        self.seen.append(message.sender_id in self.in_hand)
        return False

    async def refuse_reserved(self, _message):
        return False

    def annotate(self, _message):
        """Nothing is known of anybody."""

    async def has_open_session(self, _sender_id):
        return False


@pytest.fixture
def seen(in_hand, monkeypatch):
    """Record whether the sender is in hand whenever Rasa's own methods run."""
    seen = []

    def record(name, sender_of):
        async def run(*arguments):
            seen.append(sender_of(*arguments) in in_hand)

        for kind in processor_classes():
            for owner in defining_classes(kind, name):
                monkeypatch.setattr(owner, name, run)

    record("handle_message", lambda _processor, message: message.sender_id)
    record(
        "trigger_external_user_uttered",
        lambda _processor, _intent, _entities, tracker, _output: tracker.sender_id,
    )
    record("execute_action", lambda _processor, sender_id, *_others: sender_id)
    return seen


@pytest.fixture
def processor():
    return object.__new__(processor_classes()[-1])


@pytest.fixture
def router(in_hand):
    router = OpenRouter(in_hand)
    hooks.install(router, in_hand)
    yield router
    hooks.uninstall()


async def test_every_way_to_an_action_is_a_turn(in_hand, seen, router, processor):
    output = CollectingOutputChannel()
    await processor.handle_message(UserMessage("hi", output, "user"))
    await processor.trigger_external_user_uttered(
        "greet", [], SimpleNamespace(sender_id="user"), output
    )
    await processor.execute_action("user", "action_human_handoff", output, None, None)
    assert seen == [True, True, True]
    assert "user" not in in_hand


async def test_routing_is_no_turn(seen, router, processor):
    await processor.handle_message(UserMessage("hi", CollectingOutputChannel(), "user"))
    assert router.seen == [False], "the router itself requests nothing"


async def test_a_replayed_message_is_a_turn_and_not_routed_again(in_hand, seen, router):
    agent = make_agent()
    app = SimpleNamespace(ctx=SimpleNamespace(agent=agent))
    message = UserMessage("hi", CollectingOutputChannel(), "user", message_id="m1")
    await Bot(app, in_hand).handle(message)
    assert seen == [True]
    assert router.seen == []
