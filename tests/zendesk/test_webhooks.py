"""Zendesk's calls, read. The shapes follow the event schemas of its OpenAPI file, 17.12.1."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.errors import InvalidApiKey, InvalidPayload
from zendesk_handoff.handover.classify import classify_event, is_relevant, match_session
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.webhooks import (
    ControlMoved,
    ConversationRemoved,
    MessagePosted,
    Unreadable,
    parse_events,
    verify_key,
)

CONNECTOR = Connector(
    id="support",
    name="Support",
    subdomain="x",
    app_id="a",
    key_id="app_1",
    key_secret="s",
    webhook_secrets=("w",),
    workspaces=("default",),
    base_url="http://127.0.0.1/sc",
)
SESSION = Session(
    id="5" * 32,
    connector_id="support",
    workspace="default",
    sender_id="user",
    channel="rest",
    state=State.WAITING,
    conversation_id="c1",
)


def envelope(*events):
    return json.dumps({"app": {"id": "a"}, "webhook": {"id": "w"}, "events": events}).encode()


def event(kind, **payload):
    conversation = {"id": "c1", "type": "personal"} | payload.pop("conversation", {})
    created_at = "2026-01-05T10:00:00.000Z"
    payload = {"conversation": conversation, **payload}
    return {"id": "e1", "type": kind, "createdAt": created_at, "payload": payload}


def message(author="business", **values):
    return {
        "id": "m1",
        "received": "2026-01-05T10:00:00.000Z",
        "author": {"type": author, "displayName": "Ana"},
        "content": {"type": "text", "text": "hello"},
        "metadata": {"__zendesk_msg.agent.id": "9"},
        **values,
    }


def judged(raw):
    (parsed,) = parse_events(envelope(raw))
    assert match_session(parsed, [SESSION]) is SESSION
    return classify_event(parsed, SESSION, CONNECTOR)


@pytest.mark.parametrize("secrets", [["right"], ["old", "right"], ["right", "new"]])
def test_any_of_the_secrets_opens(secrets):
    verify_key("right", secrets)


@pytest.mark.parametrize("given_key", [None, "", "wrong", "right ", "RIGHT", "rìght"])
def test_nothing_else_does(given_key):
    with pytest.raises(InvalidApiKey):
        verify_key(given_key, ["right"])


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{}", b'{"events": 1}', b"\xff", b"[" * 9999])
def test_garbage_is_no_envelope(body):
    with pytest.raises(InvalidPayload):
        parse_events(body)


def test_one_bad_event_does_not_spoil_the_others():
    bad = event("conversation:message", message={"id": 3})
    good = event("conversation:message", message=message())
    parsed = parse_events(envelope(17, bad, {"id": "x", "type": "future"}, good))
    assert [type(each) for each in parsed] == [Unreadable, MessagePosted]


def test_an_agents_message_is_kept_for_the_user():
    kept = judged(event("conversation:message", message=message()))
    assert kept.kind == "message"
    assert kept.body["author"] == "Ana"
    assert kept.body["agent_id"] == "9"
    assert kept.message_id == "m1"


def test_an_automation_is_kept_and_is_no_agent():
    kept = judged(event("conversation:message", message=message(metadata={})))
    assert kept.body["agent_id"] is None


def test_our_own_echoes_are_dropped():
    ours = {"rasa_handoff_message": "abc"}
    assert judged(event("conversation:message", message=message(metadata=ours))) is None
    assert judged(event("conversation:message", message=message("user", metadata=ours))) is None


def test_an_echo_is_known_without_its_session():
    ours = {"rasa_handoff_message": "abc"}
    raw = [
        event("conversation:message", message=message()),
        event("conversation:message", message=message(metadata=ours)),
        event("conversation:message", message=message("user")),
        event("switchboard:releaseControl"),
    ]
    assert [is_relevant(each) for each in parse_events(envelope(*raw))] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(None, "agent"), ("ticketClosed", "ticket_closed"), ("transferToEmail", "moved_to_email")],
)
def test_a_release_ends(reason, expected):
    payload = {"reason": reason} if reason else {}
    kept = judged(event("switchboard:releaseControl", **payload))
    assert (kept.kind, kept.body["reason"]) == ("end", expected)


def control(name, **payload):
    active = {"id": "s", "name": name, "integrationId": "i", "integrationType": "custom"}
    conversation = {"activeSwitchboardIntegration": active}
    return event("switchboard:passControl", conversation=conversation, **payload)


def test_control_to_somebody_else_ends_and_to_the_agents_does_not():
    assert judged(control("zd-answerBot")).body["reason"] == "passed_on"
    assert judged(control("zd-agentWorkspace")) is None


def test_our_own_passing_of_control_is_no_end():
    metadata = {"rasa_handoff_session": SESSION.id}
    assert judged(control("rasa", metadata=metadata)) is None


def test_a_removed_conversation_ends():
    (parsed,) = parse_events(envelope(event("conversation:remove")))
    assert isinstance(parsed, ConversationRemoved)
    assert judged(event("conversation:remove")).body["reason"] == "conversation_removed"


def test_other_conversations_are_none_of_ours():
    raw = event("switchboard:releaseControl", conversation={"id": "theirs"})
    (parsed,) = parse_events(envelope(raw))
    assert isinstance(parsed, ControlMoved)
    assert match_session(parsed, [SESSION]) is None


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "conversation", "message", "author", "content", "metadata"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    st.sampled_from(["conversation:message", "switchboard:passControl", "conversation:remove"]),
    anything,
)
def test_no_payload_makes_the_parser_fail(kind, payload):
    for parsed in parse_events(envelope({"id": "e", "type": kind, "payload": payload})):
        classify_event(parsed, SESSION, CONNECTOR)
