"""Events of native conversations: which are for the bot, and which end a session."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.webhook_events import envelope
from tests.support.zendesk import connector
from zendesk_handoff.domain.inbox import Candidate, accepts
from zendesk_handoff.handover.classify import classify_event
from zendesk_handoff.handover.native_events import classify_user_events, mergers
from zendesk_handoff.settings.native import OnlySettings
from zendesk_handoff.zendesk.webhooks import NATIVE_TRIGGERS, TRIGGERS, parse_events

NATIVE = connector(mode="native", switchboard_integration="rasa", workspaces=("shop",))
OURS = {"id": "s1", "name": "rasa", "integrationId": "i1", "integrationType": "custom"}
AGENTS = {
    "id": "s2",
    "name": "zd-agentWorkspace",
    "integrationId": "i2",
    "integrationType": "zd:agentWorkspace",
}
USER = {
    "id": "u1",
    "externalId": "customer-7",
    "authenticated": True,
    "profile": {"givenName": "Ana", "surname": "O'Neil", "locale": "de"},
}
SOURCE = {"type": "whatsapp", "integrationId": "w1"}


def raw(kind, *, active=OURS, pending=None, conversation=None, **payload):
    about = {"id": "c1", "type": "personal", "brandId": 360000000001, **(conversation or {})}
    if active:
        about["activeSwitchboardIntegration"] = active
    if pending:
        about["pendingSwitchboardIntegration"] = pending
    return {
        "id": "e1",
        "type": kind,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "payload": {"conversation": about, **payload},
    }


def message(author=None, content=None, **more):
    return {
        "id": "m1",
        "received": "2026-01-01T00:00:00.500Z",
        "author": author or {"type": "user", "userId": "u1", "user": USER},
        "content": content or {"type": "text", "text": "hi"},
        "source": SOURCE,
        **more,
    }


def for_bot(event, settings=NATIVE):
    return classify_user_events(parse_events(envelope(event)), settings)


def test_a_users_message_is_for_the_bot():
    [found] = for_bot(raw("conversation:message", message=message()))
    assert found.sender_id == "zendesk:support:c1"
    assert (found.kind, found.message_id, found.user_id, found.source) == (
        *("message", "m1", "u1"),
        "whatsapp",
    )
    assert found.body == {
        "text": "hi",
        "metadata": {
            "zendesk_source": "whatsapp",
            "zendesk_brand": "360000000001",
            "locale": "de",
            "workspace": "shop",
        },
        "user": {"name": "Ana O'Neil", "subject": "customer-7"},
    }


def test_a_user_whom_nobody_vouches_for_has_no_subject():
    user = {**USER, "authenticated": False}
    author = {"type": "user", "userId": "u1", "user": user}
    [found] = for_bot(raw("conversation:message", message=message(author)))
    assert found.body["user"] == {"name": "Ana O'Neil"}


@pytest.mark.parametrize(
    "event",
    [
        raw("conversation:message", message=message(), active=AGENTS),
        raw("conversation:message", message=message(), active=None),
        raw("conversation:message", message=message({"type": "business"})),
        raw("conversation:message", message=message(metadata={"rasa_handoff_message": "x"})),
        raw("conversation:message", message=message(deleted=True)),
        raw(
            "conversation:message",
            message=message(),
            conversation={"metadata": {"rasa_handoff_session": "a session of the relay"}},
        ),
        raw("conversation:postback", postback={"payload": "/a"}, active=AGENTS),
        raw("conversation:create", creationReason="message", user=USER, source=SOURCE),
        raw("conversation:read", activity={}),
    ],
)
def test_everything_else_is_none_of_the_bots(event):
    assert for_bot(event) == []


def test_a_relay_hears_no_user():
    relay = connector(switchboard_integration="rasa")
    assert for_bot(raw("conversation:message", message=message()), relay) == []


def test_a_pressed_button_is_its_payload():
    event = raw("conversation:postback", postback={"payload": "/a"}, user=USER, source=SOURCE)
    [found] = for_bot(event)
    assert (found.kind, found.body["text"], found.message_id) == ("postback", "/a", None)


@pytest.mark.parametrize(
    "kind, reason, active, greets",
    [
        ("conversation:create", "startConversation", None, True),
        ("conversation:create", "message", OURS, True),
        ("conversation:create", "none", None, False),
        ("conversation:create", "proactiveMessaging", OURS, False),
        ("conversation:create", "message", AGENTS, False),
        ("conversation:referral", None, OURS, True),
    ],
)
def test_the_bot_greets_who_comes_by_themselves(kind, reason, active, greets):
    more = {"creationReason": reason} if reason else {"referral": {"code": "spring"}}
    event = raw(kind, active=active, user=USER, source=SOURCE, **more)
    found = for_bot(event, replace(NATIVE, greet=True))
    assert [each.body["text"] for each in found] == (["/greet"] if greets else [])
    if kind == "conversation:referral":
        assert found[0].body["metadata"]["zendesk_referral"] == "spring"


@pytest.mark.parametrize(
    "only, kind",
    [
        (OnlySettings(sources=("web",)), "foreign"),
        (OnlySettings(sources=("web", "whatsapp")), "message"),
        (OnlySettings(brands=("360000000001",)), "message"),
        (OnlySettings(brands=("360000000002",)), "foreign"),
    ],
)
def test_brands_and_channels_that_are_not_served_are_told_apart(only, kind):
    [found] = for_bot(raw("conversation:message", message=message()), replace(NATIVE, only=only))
    assert found.kind == kind
    assert (found.body["text"] == "") == (kind == "foreign"), "no words of theirs are kept"


def entry(event, settings=NATIVE):
    [parsed] = parse_events(envelope(event))
    return classify_event(parsed, settings)


ENDED = {"type": "conversation:endedByUser"}


@pytest.mark.parametrize(
    "event, reason",
    [
        (raw("switchboard:releaseControl", active=None), "agent"),
        (raw("switchboard:passControl"), "agent"),
        (raw("switchboard:acceptControl"), "agent"),
        (raw("switchboard:passControl", active={**OURS, "id": "s3", "name": "other"}), "passed_on"),
        (raw("switchboard:passControl", reason="ticketClosed"), "ticket_closed"),
        (raw("switchboard:offerControl", active=AGENTS, pending=OURS), "agent"),
        (
            raw("conversation:message", message=message({"type": "business"}, activity=ENDED)),
            "user",
        ),
        (raw("switchboard:passControl", active=AGENTS), None),
        (raw("switchboard:acceptControl", active=AGENTS), None),
        (raw("switchboard:offerControl", pending=AGENTS), None),
        (
            raw(
                "switchboard:offerControl",
                active=AGENTS,
                pending=OURS,
                metadata={"rasa_handoff_session": "x"},
            ),
            None,
        ),
        (raw("switchboard:acceptControl:failure", error={"code": "switchboard_x"}), None),
    ],
)
def test_a_session_ends_when_the_agents_let_go(event, reason):
    found = entry(event)
    if reason is None:
        assert found is None
    else:
        assert (found.kind, found.body["reason"]) == ("end", reason)


def test_control_that_we_move_ourselves_ends_nothing():
    event = raw("switchboard:passControl", metadata={"rasa_handoff_session": "x"})
    session = Candidate("x", "support", "c1", True, None)
    assert not accepts(session, entry(event))


@pytest.mark.parametrize("kind", ["switchboard:acceptControl", "switchboard:offerControl"])
def test_a_relay_takes_no_notice_of_offers(kind):
    relay = connector(switchboard_integration="rasa")
    assert entry(raw(kind, pending=OURS), relay) is None


def test_conversations_that_become_one_are_listed():
    both = {"surviving": {"id": "c1"}, "discarded": {"id": "c2"}}
    event = {"id": "e", "type": "user:merge", "payload": {"mergedConversations": both}}
    [merger] = mergers(parse_events(envelope(event)), NATIVE)
    assert (merger.surviving, merger.discarded) == ("c1", "c2")
    users = {"surviving": {"id": "u1"}, "discarded": {"id": "u2"}}
    alone = {"id": "e", "type": "user:merge", "payload": {"mergedUsers": users}}
    [merger] = mergers(parse_events(envelope(alone)), NATIVE)
    assert (merger.discarded, merger.surviving_user, merger.discarded_user) == ("", "u1", "u2")
    assert mergers(parse_events(envelope(alone)), connector()) == []


@pytest.mark.parametrize("kind", sorted({*NATIVE_TRIGGERS} - {*TRIGGERS}))
@pytest.mark.parametrize("payload", [{}, {"conversation": 7}, {"conversation": {"id": "c"}}, []])
def test_what_cannot_be_read_of_them_keeps_nothing_from_being_stored(kind, payload):
    parsed = parse_events(envelope({"id": "e", "type": kind, "payload": payload}))
    assert classify_user_events(parsed, replace(NATIVE, greet=True)) == [] or kind.startswith(
        "conversation:"
    )
    assert all(classify_event(each, NATIVE) is None or each for each in parsed)


@pytest.mark.parametrize("kind", ["conversation:endedByUser", "ticket:closed"])
def test_a_notice_is_in_no_words_of_the_users(kind):
    said = message(content={"type": "text", "text": "Ana left"}, activity={"type": kind})
    assert for_bot(raw("conversation:message", message=said)) == []


@pytest.mark.parametrize("asks", [True, False])
def test_the_client_is_told_where_the_settings_ask_for_it(asks):
    client = {"type": "sdk", "info": {"userAgent": "Mozilla/5.0"}}
    event = raw("conversation:message", message=message(source={**SOURCE, "client": client}))
    [found] = for_bot(event, replace(NATIVE, client_info=asks))
    assert found.body["metadata"].get("zendesk_client") == (client if asks else None)
