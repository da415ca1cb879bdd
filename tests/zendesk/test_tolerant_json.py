"""JSON of Zendesk's that is not quite of its schemas."""

from __future__ import annotations

import json
from copy import deepcopy

import msgspec
import pytest

from tests.support.webhook_events import envelope, event, message
from zendesk_handoff.errors import InvalidResponse
from zendesk_handoff.zendesk.account import Webhook
from zendesk_handoff.zendesk.api_responses import read_value
from zendesk_handoff.zendesk.models import Message, User
from zendesk_handoff.zendesk.tolerant_json import convert, decode
from zendesk_handoff.zendesk.webhooks import ControlMoved, MessagePosted, Unreadable, parse_events

PARTY = {"id": "e1", "name": "zd-agentWorkspace", "integrationId": "f1", "integrationType": "zd:x"}
CONVERSATION = {
    "metadata": {"source": "x"},
    "brandId": "7",
    "isDefault": True,
    "lastUpdatedAt": "2026-01-05T10:00:00.000Z",
    "activeSwitchboardIntegration": PARTY,
    "pendingSwitchboardIntegration": PARTY,
}
USER = {"id": "u1", "externalId": "x", "zendeskId": "9", "authenticated": True, "profile": {}}
AUTHOR = {
    "type": "business",
    "userId": "u1",
    "displayName": "Ana",
    "avatarUrl": "https://a.example/a.png",
    "subtypes": ["agent"],
    "user": USER,
}
FULL = event(
    "conversation:message",
    conversation=CONVERSATION,
    message={
        **message(),
        "author": AUTHOR,
        "source": {"type": "zd:agentWorkspace"},
        "references": [],
        "deleted": False,
        "activity": None,
    },
)
#: What an event must have to be somebody's message.
NEEDED = {
    ("id",),
    ("type",),
    ("payload",),
    ("payload", "conversation"),
    ("payload", "conversation", "id"),
    *(("payload", "message", *rest) for rest in [(), ("id",), ("author",), ("content",)]),
    ("payload", "message", "author", "type"),
    ("payload", "message", "content", "type"),
    ("payload", "message", "content", "text"),
}


def paths(value, before=()):
    for key, inner in value.items():
        yield (*before, key)
        if isinstance(inner, dict):
            yield from paths(inner, (*before, key))


def changed(path, value):
    found = deepcopy(FULL)
    *parents, last = path
    inner = found
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return found


@pytest.mark.parametrize("value", [None, 7, "x", [], {}], ids=repr)
@pytest.mark.parametrize("path", sorted(set(paths(FULL)) - NEEDED), ids=".".join)
def test_no_field_that_is_not_needed_costs_a_message(path, value):
    [parsed] = parse_events(envelope(changed(path, value)))
    assert isinstance(parsed, MessagePosted)
    assert (parsed.message.id, parsed.message.for_user().text) == ("m1", "hello")


@pytest.mark.parametrize("path", sorted(NEEDED - {("payload", "message", "content", "type")}))
def test_a_field_that_is_needed_is_missed(path):
    parsed = parse_events(envelope(changed(path, None)))
    assert not parsed or isinstance(parsed[0], Unreadable) or not parsed[0].message.content["text"]


def test_control_moves_to_a_party_whose_type_is_not_told():
    party = {**PARTY, "integrationType": None, "integrationId": None}
    moved = event("switchboard:passControl", conversation={"activeSwitchboardIntegration": party})
    [parsed] = parse_events(envelope(moved))
    assert isinstance(parsed, ControlMoved)
    assert parsed.to is not None and parsed.to.is_called("zd-agentWorkspace")


def test_half_of_an_emoji_costs_neither_its_message_nor_the_others():
    content = {"type": "text", "text": "hi \ud83d"}
    cut = event("conversation:message", message=message(content=content))
    other = event("conversation:message", message=message(id="m2"))
    body = envelope(cut, other)
    assert rb"hi \ud83d" in body  # as JSON.stringify writes it
    parsed = parse_events(body)
    assert [each.message.for_user().text for each in parsed] == ["hi ?", "hello"]


def test_a_whole_emoji_beside_half_of_one_stays():
    assert decode(json.dumps(["🙂", "\ud83d", "\\ud83d"]).encode()) == ["🙂", "?", "\\ud83d"]


def test_of_a_list_what_can_be_read_is_read():
    good = message(id="m3", received=None)
    found = read_value("GET messages", [{**message(), "author": 7}, good, 5], as_type=list[Message])
    assert [each.id for each in found] == ["m3"]


def test_an_id_may_be_a_number():
    user = read_value("GET user", {"id": 7, "zendeskId": 361000000001}, as_type=User)
    assert (user.id, user.zendesk_id) == ("7", "361000000001")
    numbered = event("conversation:message", conversation={"id": 5}, message=message(id=9))
    [parsed] = parse_events(envelope({**numbered, "id": 3}))
    assert (parsed.id, parsed.conversation.id, parsed.message.id) == ("3", "5", "9")


def test_a_list_within_a_record_is_read_as_a_whole():
    webhook = {"id": "w", "target": "https://bot.example", "triggers": ["conversation:message", {}]}
    with pytest.raises(msgspec.ValidationError, match=r"triggers\[1\]"):
        convert(webhook, Webhook)


def test_a_record_without_what_it_needs_is_no_response():
    with pytest.raises(InvalidResponse):
        read_value("GET webhook", {"id": "w", "target": None, "triggers": []}, as_type=Webhook)
