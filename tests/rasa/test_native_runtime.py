"""The webhook's part of native conversations: what is stored for the bot, within the limits."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import structlog

from tests.support.zendesk import connector
from zendesk_handoff import metrics
from zendesk_handoff.domain.native import UserEvent
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.rasa.native_runtime import NativeRuntime
from zendesk_handoff.settings import LimitSettings, Settings
from zendesk_handoff.zendesk.clients import Clients
from zendesk_handoff.zendesk.events import (
    ActionFailed,
    ControlMoved,
    ControlRefused,
    MessagePosted,
)
from zendesk_handoff.zendesk.models import Author, Conversation, Message, SwitchboardIntegration

NATIVE = connector(mode="native", switchboard_integration="rasa")
OURS = SwitchboardIntegration("s1", "rasa")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def posted(number, *, conversation="c1", user="u1"):
    return MessagePosted(
        id=f"e{number}",
        created_at="2026-01-01T00:00:00.000Z",
        conversation=Conversation(conversation, active_switchboard_integration=OURS),
        message=Message(
            id=f"m{number}",
            author=Author("user", user_id=user),
            content={"type": "text", "text": f"number {number}"},
            received="2026-01-01T00:00:00.000Z",
            source={"type": "web"},
        ),
    )


@pytest.fixture
async def make(store):
    made = []

    def make(settings=NATIVE, **limits):
        block = Settings("https://bot.example.com", {settings.id: settings})
        block = replace(block, limits=replace(LimitSettings(), **limits))
        clients, quotas = Clients(block), Quotas(block.limits, clock=lambda: 0.0)
        made.append(clients)
        bot = SimpleNamespace(in_hand=None)
        runtime = NativeRuntime(store, block, bot, clients, quotas)
        runtime.quotas = quotas
        return runtime

    yield make
    for each in made:
        await each.close()


async def kinds(runtime, *events):
    stored = await runtime.hear(events, NATIVE)
    assert all(isinstance(each, UserEvent) for each in stored)
    return [each.kind for each in stored]


async def test_messages_of_a_conversation_in_a_minute(make):
    runtime = make(messages_per_conversation=2)
    assert await kinds(runtime, *map(posted, range(3))) == ["message", "message", "refused"]
    assert await kinds(runtime, posted(4, conversation="c2")) == ["message"], "of another"


async def test_messages_of_a_conversation_in_an_hour(make):
    runtime = make(messages_per_conversation=None, messages_per_conversation_and_hour=2)
    assert await kinds(runtime, *map(posted, range(3))) == ["message", "message", "refused"]


async def test_messages_of_a_user_in_all_conversations(make):
    runtime = make(messages_per_address=2)
    events = [posted(number, conversation=f"c{number}") for number in range(3)]
    assert await kinds(runtime, *events) == ["message", "message", "refused"]
    assert await kinds(runtime, posted(4, conversation="c4", user="u2")) == ["message"]


async def test_messages_that_wait(make):
    runtime, before = make(waiting_messages=1), counted("waiting_messages")
    assert await kinds(runtime, posted(1), posted(2)) == ["message", "refused"]
    assert counted("waiting_messages") == before + 1


def counted(limit):
    return metrics.LIMITED.labels(limit)._value.get()


async def test_handovers_of_a_user_are_counted_and_leave_room_for_others(make):
    runtime = make(handovers_per_address=1, handovers_per_connector=2)
    await runtime.hear([posted(1), posted(2, conversation="c2")], NATIVE)
    await runtime.hear([posted(3, conversation="c3", user="u2")], NATIVE)
    admitted = [
        runtime.quotas.hand_over(
            Session("s", NATIVE.id, "w", f"zendesk:{NATIVE.id}:{each}", "zendesk", State.REQUESTED)
        )
        for each in ("c1", "c2", "c3")
    ]
    assert admitted == [True, False, True]


async def test_what_the_bot_does_not_serve_is_not_counted(make):
    only = replace(NATIVE, only=replace(NATIVE.only, sources=("whatsapp",)))
    runtime = make(only, messages_per_conversation=1)
    stored = await runtime.hear([posted(1), posted(2)], only)
    assert [each.kind for each in stored] == ["foreign", "foreign"]


async def test_a_move_of_control_is_recorded_with_the_call_that_tells_it(make, store):
    runtime = make()
    await runtime.hear([posted(1)], NATIVE)
    moved = ControlMoved(
        *("e9", "2026-01-01T00:00:05.000Z", Conversation("c1")),
        to=None,
        reason=None,
        by_session=None,
    )
    await runtime.hear([moved], NATIVE)
    found = await store.native.conversation(f"zendesk:{NATIVE.id}:c1")
    assert found.control_moved_at == pytest.approx(1767225605.0)


async def test_a_failure_that_an_event_alone_tells_of_is_logged(make):
    runtime, where = make(), Conversation("c1", active_switchboard_integration=OURS)
    offer, accept = (f"switchboard:{each}Control:failure" for each in ("offer", "accept"))
    failures = [
        ControlRefused("e1", "", where, code="switchboard_invalid_target"),
        ActionFailed("e2", "", where, action=offer, code="switchboard_invalid_target"),
        ActionFailed("e3", "", where, action=accept, code="switchboard_invalid_action"),
    ]
    with structlog.testing.capture_logs() as logs:
        assert await runtime.hear(failures, NATIVE) == []
    logged = [each for each in logs if each["event"] == "handoff.native.action_failed"]
    assert [each["action"] for each in logged] == ["switchboard:passControl:failure", offer, accept]
    assert all(each["meaning"] and each["error"].startswith("switchboard_") for each in logged)
