"""Which conversation a page continues, and when another one begins."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.identity import KnownUser
from zendesk_handoff.store.chat import ChatStart
from zendesk_handoff.webchat.begin import Link, check_workspace, decide, values_for_new
from zendesk_handoff.webchat.error_responses import RequestError

JO = KnownUser(name="Jo", subject="1")
MO = KnownUser(name="Mo", email="mo@example.com", subject="2")


@pytest.mark.parametrize(
    ("known", "told", "asks"),
    [
        ({}, {}, None),
        ({"name": "Jo"}, {}, None),
        ({"name": "Jo"}, {"name": "Jo"}, None),
        ({"locale": "de"}, {"locale": "en"}, None),
        ({}, {"workspace": "default"}, None),
        ({"workspace": "other"}, {"workspace": "other"}, None),
        ({}, {"name": "Jo"}, {"name": "Jo"}),
        ({"name": "Jo"}, {"name": "Mo"}, {"name": "Mo"}),
        ({"name": "Jo"}, {"name": "Jo", "email": "m@x.example"}, {"email": "m@x.example"}),
        ({}, {"workspace": "other"}, {"workspace": "other"}),
        ({"workspace": "other"}, {"workspace": "default"}, {"workspace": "default"}),
    ],
)
@pytest.mark.parametrize("is_empty", [True, False])
@pytest.mark.parametrize("user", [None, JO])
def test_a_link_that_asks_for_something_else_is_a_question(known, told, asks, is_empty, user):
    start = ChatStart(known, user.to_json() if user else {})
    decision = decide(start, Link(told), is_empty=is_empty)
    assert decision.what == ("continue" if asks is None else "ask")
    assert dict(decision.asks) == (asks or {})


def test_without_a_conversation_one_begins():
    assert decide(None, Link({"name": "Mallory"}), is_empty=True).what == "begin"


@pytest.mark.parametrize(
    ("user", "is_empty", "what"),
    [
        (None, True, "begin"),  # nothing is lost, and nobody else has its cookie
        (None, False, "ask"),
        (JO, True, "begin"),
        (JO, False, "begin"),
        (MO, False, "continue"),
        (KnownUser(name="Mo Other", subject="2"), False, "renew"),
    ],
)
def test_a_conversation_belongs_to_its_subject(user, is_empty, what):
    start = ChatStart({}, user.to_json() if user else {})
    decision = decide(start, Link(user=MO), is_empty=is_empty)
    assert decision.what == what
    assert "subject" not in decision.asks


@pytest.mark.parametrize("is_empty", [True, False])
def test_who_signs_out_leaves_their_conversation(is_empty):
    signed_out = Link({"locale": "de"}, is_signed_out=True)
    of_nobody, of_jo = ChatStart({"name": "Jo"}, {}), ChatStart({"name": "Jo"}, JO.to_json())
    assert decide(of_jo, signed_out, is_empty=is_empty).what == "begin"
    assert decide(of_nobody, signed_out, is_empty=is_empty).what == "continue"
    assert values_for_new(of_jo, signed_out) == signed_out
    assert values_for_new(of_nobody, signed_out).told == {"name": "Jo", "locale": "de"}


def test_a_new_conversation_is_the_same_persons_and_nothing_is_mixed():
    start = ChatStart({"workspace": "other", "name": "Jo"}, JO.to_json())
    again = values_for_new(start, Link({"locale": "de"}))
    assert (again.told, again.user) == ({"workspace": "other", "name": "Jo", "locale": "de"}, JO)
    wanted = values_for_new(start, Link({"name": "Mallory"}))
    assert (wanted.told, wanted.user) == ({"name": "Mallory"}, JO)
    assert values_for_new(start, Link({}, MO)) == Link({}, MO)
    assert values_for_new(None, Link({})) == Link({})


@pytest.mark.parametrize("workspace", ["other", "Default", "*"])
def test_a_page_asks_only_for_the_workspaces_of_the_settings(workspace):
    check_workspace(Link({"workspace": workspace}), [workspace])
    check_workspace(Link({}), [])
    with pytest.raises(RequestError) as raised:
        check_workspace(Link({"workspace": workspace}), ["wholesale"])
    assert raised.value.status == 403
    assert workspace not in raised.value.message
