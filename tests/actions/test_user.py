"""Workspace and profile of a tracker's user."""

from __future__ import annotations

import pytest
from rasa_sdk import Tracker

from tests.support.names import SENDERS
from zendesk_handoff.actions.user import find_profile, find_workspace


def tracker(metadata=None, sender="user", **slots):
    latest = {"metadata": metadata} if metadata is not None else {}
    return Tracker(sender, slots, latest, [], False, None, {}, "action_listen")


def test_metadata_takes_precedence_over_slots():
    both = tracker(
        {"workspace": "wholesale", "name": "Mara Lind", "email": "mara@example.com"},
        workspace="retail",
        name="somebody",
        email="somebody@example.com",
        locale="de",
    )
    assert find_workspace(both) == "wholesale"
    assert find_profile(both) == {
        "givenName": "Mara",
        "surname": "Lind",
        "email": "mara@example.com",
        "locale": "de",
    }


@pytest.mark.parametrize("metadata", [None, {}, [], "metadata", {"workspace": None, "name": ""}])
def test_slots_are_used_if_metadata_has_no_value(metadata):
    found = tracker(metadata, workspace="retail", name="Mara")
    assert find_workspace(found) == "retail"
    assert find_profile(found) == {"givenName": "Mara"}


@pytest.mark.parametrize("sender", SENDERS)
def test_without_either_the_workspace_is_the_default_and_the_profile_empty(sender):
    found = tracker(sender=sender, workspace=None, name=None)
    assert find_workspace(found) == "default"
    assert find_profile(found) == {}


@pytest.mark.parametrize("value", [7, ["de"], {"a": 1}, "\x00", "not-an-address"])
def test_values_of_other_types_and_shapes_are_no_address(value):
    assert "email" not in find_profile(tracker({"email": value, "name": "Mara"}))
