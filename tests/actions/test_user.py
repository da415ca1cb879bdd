"""Workspace and identity of a tracker's user."""

from __future__ import annotations

import pytest
from rasa_sdk import Tracker

from tests.support.names import AGENTS, SENDERS
from zendesk_handoff.actions.user import find_identity, find_language, find_workspace
from zendesk_handoff.domain.identity import USER_KEY
from zendesk_handoff.domain.language import LANGUAGE_KEY

PROVEN = {"subject": "customer-1", "name": "Jo Doe", "email": "jo@example.com"}


def user_event(metadata=None):
    return {"event": "user", "text": "hello", "metadata": metadata}


def tracker(metadata=None, sender="user", events=(), **slots):
    latest = {"metadata": metadata} if metadata is not None else {}
    return Tracker(sender, slots, latest, list(events), False, None, {}, "action_listen")


def facts(found):
    return [(fact.value, fact.origin.value) for fact in find_identity(found).facts]


def test_metadata_takes_precedence_over_slots():
    both = tracker(
        {"workspace": "wholesale", "name": "Mara Lind", "email": "mara@example.com"},
        workspace="retail",
        name="somebody",
        email="somebody@example.com",
        locale="de",
    )
    assert find_workspace(both) == "wholesale"
    assert find_identity(both).profile() == {
        "givenName": "Mara",
        "surname": "Lind",
        "email": "mara@example.com",
        "locale": "de",
    }
    assert find_language(both) == "de"


@pytest.mark.parametrize("metadata", [None, {}, [], "metadata", {"workspace": None, "name": ""}])
def test_slots_are_used_if_metadata_has_no_value(metadata):
    found = tracker(metadata, workspace="retail", name="Mara")
    assert find_workspace(found) == "retail"
    assert find_identity(found).profile() == {"givenName": "Mara"}


@pytest.mark.parametrize("sender", SENDERS)
def test_without_either_the_workspace_is_the_default_and_the_profile_empty(sender):
    found = tracker(sender=sender, workspace=None, name=None)
    assert find_workspace(found) == "default"
    assert find_identity(found).profile() == {}
    assert find_language(found) is None


@pytest.mark.parametrize("value", [7, ["de"], {"a": 1}, "\x00", "not-an-address"])
def test_values_of_other_types_and_shapes_are_no_address(value):
    found = find_identity(tracker({"email": value, "name": "Mara"}))
    assert "email" not in found.profile()
    assert "email" not in found.origins()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (["Jörg", "Ana"], [("Jörg, Ana", "told")]),
        (10234.0, [("10234", "told")]),
        *((each, []) for each in ({"first": "Jo"}, [], [[]], True, False, "", " ")),
    ],
)
def test_a_name_of_another_type_is_written_in_words_or_left_out(value, told):
    assert facts(tracker(name=value)) == told
    assert facts(tracker({"name": value})) == told


@pytest.mark.parametrize("name", AGENTS)
def test_slots_and_metadata_are_told_whatever_they_hold(name):
    found = find_identity(tracker({"name": name}, email="ceo@example.com"))
    assert found.origins() == {"name": "told", "email": "told"}
    assert found.subject == ""


def test_the_site_goes_before_what_was_told_and_both_are_kept():
    found = tracker({USER_KEY: PROVEN, "name": "Mallory"}, email="ceo@example.com")
    assert facts(found) == [
        ("Jo Doe", "proven"),
        ("Mallory", "told"),
        ("jo@example.com", "proven"),
        ("ceo@example.com", "told"),
    ]
    identity = find_identity(found)
    assert identity.profile()["email"] == "jo@example.com"
    assert identity.origins() == {"name": "proven", "email": "proven"}
    assert identity.subject == "customer-1"


def test_what_was_told_and_proven_alike_is_proven():
    assert facts(tracker({USER_KEY: PROVEN}, name="Jo Doe")) == [
        ("Jo Doe", "proven"),
        ("jo@example.com", "proven"),
    ]


def test_a_channel_knows_without_a_subject():
    found = find_identity(tracker({USER_KEY: {"name": "Mara"}}, email="mara@example.com"))
    assert found.origins() == {"name": "channel", "email": "told"}


@pytest.mark.parametrize("latest", [None, {}, {"is_external": True}])
def test_the_user_is_known_after_a_triggered_intent_and_a_replayed_message(latest):
    events = [user_event({USER_KEY: PROVEN}), {"event": "slot"}, user_event(latest), user_event()]
    assert find_identity(tracker(latest, events=events)).subject == "customer-1"


@pytest.mark.parametrize("value", [None, [], "customer-1", {"subject": ["x"]}, {"other": "x"}])
def test_a_record_of_another_shape_is_nobody(value):
    assert find_identity(tracker({USER_KEY: value})).facts == ()


def test_a_user_whose_language_is_not_known_is_told_in_the_bots():
    events = [user_event({LANGUAGE_KEY: "de"}), {"event": "slot"}, user_event({"x": 1})]
    assert find_language(tracker({}, events=events)) == "de"
    assert find_language(tracker({}, events=events, locale="fr")) == "fr"
    assert find_language(tracker({LANGUAGE_KEY: "de-AT"})) == "de-AT"


@pytest.mark.parametrize("value", [None, 7, ["de"], {}])
def test_a_language_of_another_type_is_none(value):
    assert find_language(tracker({LANGUAGE_KEY: value})) is None
