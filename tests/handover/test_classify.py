"""Classification of webhook events: the session, and the inbox entry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.webhook_events import CONVERSATION_ID, envelope, event, message
from tests.support.zendesk import connector
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.handover.classify import classify_event, is_relevant, match_session
from zendesk_handoff.zendesk.webhooks import ControlMoved, parse_events

CONNECTOR = connector()
SESSION = Session(
    id="5" * 32,
    connector_id="support",
    workspace="default",
    sender_id="user",
    channel="rest",
    state=State.WAITING,
    conversation_id=CONVERSATION_ID,
)


def classified(raw):
    [parsed] = parse_events(envelope(raw))
    assert match_session(parsed, [SESSION]) is SESSION
    return classify_event(parsed, SESSION, CONNECTOR)


def test_an_agents_message_is_stored():
    stored = classified(event("conversation:message", message=message()))
    assert stored.kind == "message"
    assert stored.body["author"] == "Ana"
    assert stored.body["agent_id"] == "9"
    assert stored.message_id == "m1"


def test_an_automations_message_is_stored_without_an_agent():
    stored = classified(event("conversation:message", message=message(metadata={})))
    assert stored.body["agent_id"] is None


def test_our_own_messages_are_ignored():
    ours = {"rasa_handoff_message": "abc"}
    assert classified(event("conversation:message", message=message(metadata=ours))) is None
    assert classified(event("conversation:message", message=message("user", metadata=ours))) is None


def test_our_own_messages_are_recognised_without_a_session():
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


def test_control_passed_by_ourselves_does_not_end_the_session():
    metadata = {"rasa_handoff_session": SESSION.id}
    assert classified(control("rasa", metadata=metadata)) is None


def test_a_removed_conversation_ends_the_session():
    assert classified(event("conversation:remove")).body["reason"] == "conversation_removed"


def test_an_event_of_another_conversation_matches_no_session():
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
def test_any_payload_is_parsed_and_classified_without_an_error(kind, payload):
    for parsed in parse_events(envelope({"id": "e", "type": kind, "payload": payload})):
        classify_event(parsed, SESSION, CONNECTOR)
