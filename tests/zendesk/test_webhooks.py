"""Verification and parsing of webhook calls."""

from __future__ import annotations

import pytest

from tests.support.webhook_events import envelope, event, message
from zendesk_handoff.errors import InvalidApiKey, InvalidPayload
from zendesk_handoff.zendesk.webhooks import (
    AgentRead,
    AgentTyping,
    ConversationRemoved,
    MessagePosted,
    Unreadable,
    parse_events,
    verify_key,
)


@pytest.mark.parametrize("secrets", [["right"], ["old", "right"], ["right", "new"]])
def test_each_of_the_secrets_is_accepted(secrets):
    verify_key("right", secrets)


@pytest.mark.parametrize("given_key", [None, "", "wrong", "right ", "RIGHT", "rìght"])
def test_any_other_key_is_rejected(given_key):
    with pytest.raises(InvalidApiKey):
        verify_key(given_key, ["right"])


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{}", b'{"events": 1}', b"\xff", b"[" * 9999])
def test_a_body_without_a_list_of_events_is_rejected(body):
    with pytest.raises(InvalidPayload):
        parse_events(body)


def test_an_unreadable_event_does_not_affect_the_others():
    bad = event("conversation:message", message={"id": 3})
    good = event("conversation:message", message=message())
    parsed = parse_events(envelope(17, bad, {"id": "x", "type": "future"}, good))
    assert [type(each) for each in parsed] == [Unreadable, MessagePosted]


def test_a_removed_conversation_is_parsed():
    [parsed] = parse_events(envelope(event("conversation:remove")))
    assert isinstance(parsed, ConversationRemoved)


def typing(author="business", type="typing:start"):
    return event("conversation:typing", activity={"type": type, "author": {"type": author}})


def test_agents_typing():
    parsed = parse_events(envelope(typing(), typing(type="typing:stop")))
    assert all(isinstance(each, AgentTyping) for each in parsed)
    assert [each.is_on for each in parsed] == [True, False]


def read(author="business"):
    return event("conversation:read", activity={"type": "conversation:read", "author": author})


def test_what_an_agent_has_read_and_nobody_else():
    [parsed] = parse_events(envelope(read({"type": "business"}), read({"type": "user"}), read(7)))
    assert isinstance(parsed, AgentRead)


@pytest.mark.parametrize("activity", [None, 7, {}, {"author": 7}, {"author": {"type": []}}, "x"])
def test_typing_of_anybody_else_is_nothing_and_no_dead_letter(activity):
    odd = event("conversation:typing", activity=activity)
    assert parse_events(envelope(typing("user"), odd, event("conversation:typing"))) == []
