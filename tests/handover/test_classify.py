"""Classification of webhook events: our own are ignored, others become inbox entries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.webhook_events import CONVERSATION_ID, envelope, event, message
from tests.support.zendesk import connector
from zendesk_handoff.handover.classify import (
    classify_event,
    classify_events,
    ignore_own_events,
    removed,
)
from zendesk_handoff.zendesk.webhooks import ConversationRemoved, MessagePosted, parse_events

CONNECTOR = connector()
MARKER = {"rasa_handoff_message": "abc"}


def classified(raw):
    [parsed] = parse_events(envelope(raw))
    return classify_event(parsed, CONNECTOR)


def test_an_agents_message_is_stored():
    stored = classified(event("conversation:message", message=message()))
    assert stored.kind == "message"
    assert stored.body["author"] == "Ana"
    assert stored.body["agent_id"] == "9"
    assert stored.message_id == "m1"


def test_an_automations_message_is_stored_without_an_agent():
    stored = classified(event("conversation:message", message=message(metadata={})))
    assert stored.body["agent_id"] is None


def test_an_entry_says_whose_it_is():
    conversation = {"metadata": {"rasa_handoff_session": "5" * 32}}
    entry = classified(event("conversation:message", conversation=conversation, message=message()))
    assert entry.connector_id == CONNECTOR.id
    assert (entry.conversation_id, entry.created_for) == (CONVERSATION_ID, "5" * 32)
    assert entry.session_id == "", "which the store finds"


def test_a_message_without_a_time_has_its_events():
    entry = classified(event("conversation:message", message=message(received="")))
    assert entry.sent_at == "2026-01-05T10:00:00.000Z"


def test_only_a_file_gets_a_token():
    file = {"type": "file", "mediaUrl": "https://example.zendesk.com/a.pdf"}
    with_file = classified(event("conversation:message", message=message(content=file)))
    assert len(with_file.media_token) >= 32
    assert classified(event("conversation:message", message=message())).media_token is None


def test_echoes_of_users_and_of_our_own_messages_are_ignored():
    body = envelope(
        event("conversation:message", message=message()),
        event("conversation:message", message=message("user", id="m2")),
        event("conversation:message", message=message(id="m3", metadata=MARKER)),
        event("conversation:message", message=message("user", id="m4", metadata=MARKER)),
        event("conversation:remove"),
    )
    agents, removal = ignore_own_events(parse_events(body))
    assert isinstance(agents, MessagePosted)
    assert agents.message.id == "m1"
    assert isinstance(removal, ConversationRemoved)


def test_an_unreadable_event_becomes_a_dead_letter_without_its_content():
    secret = event("conversation:message", message={"id": ["a secret"]})
    entry = classified(secret)
    assert (entry.kind, entry.body["type"]) == ("dead_letter", "conversation:message")
    assert entry.conversation_id == CONVERSATION_ID
    assert "secret" not in str(entry.body)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(None, "agent"), ("ticketClosed", "ticket_closed"), ("transferToEmail", "moved_to_email")],
)
def test_a_release_of_control_ends_the_session(reason, expected):
    payload = {"reason": reason} if reason else {}
    stored = classified(event("switchboard:releaseControl", **payload))
    assert (stored.kind, stored.body["reason"]) == ("end", expected)


def control(name, **payload):
    active = {"id": "s", "name": name, "integrationId": "i", "integrationType": "custom"}
    conversation = {"activeSwitchboardIntegration": active}
    return event("switchboard:passControl", conversation=conversation, **payload)


def test_control_passed_to_anyone_but_the_agents_ends_the_session():
    assert classified(control("zd-answerBot")).body["reason"] == "passed_on"
    assert classified(control("zd-agentWorkspace")) is None


def test_control_passed_by_ourselves_names_the_session_that_did():
    entry = classified(control("rasa", metadata={"rasa_handoff_session": "5" * 32}))
    assert (entry.kind, entry.caused_by) == ("end", "5" * 32)


def test_what_is_removed_is_listed_and_makes_no_entry():
    user = {"id": "64b0c0ffee0000000000e001"}
    gone = {"id": "e2", "type": "user:remove", "payload": {"user": user}}
    events = parse_events(envelope(event("conversation:remove"), gone))
    assert removed(events) == ({CONVERSATION_ID}, {user["id"]})
    assert classify_events(events, CONNECTOR) == []


def test_events_that_mean_nothing_to_a_session_are_left_out():
    released = event("switchboard:releaseControl")
    events = parse_events(envelope(control("zd-agentWorkspace"), released))
    assert [entry.kind for entry in classify_events(events, CONNECTOR)] == ["end"]


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
    st.sampled_from(
        ["conversation:message", "switchboard:passControl", "conversation:remove", "user:remove"]
    ),
    anything,
)
def test_any_payload_is_parsed_and_classified_without_an_error(kind, payload):
    for parsed in parse_events(envelope({"id": "e", "type": kind, "payload": payload})):
        classify_event(parsed, CONNECTOR)
