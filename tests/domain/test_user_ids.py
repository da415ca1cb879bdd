"""Users' ids at Zendesk, and sender ids that are reserved or shared."""

from __future__ import annotations

import hashlib
from itertools import combinations

import pytest

from tests.support.names import SENDERS
from zendesk_handoff.domain.native import NATIVE_PREFIX, native_sender
from zendesk_handoff.domain.user_ids import (
    PAGE_PREFIX,
    external_id,
    is_shared,
    legacy_external_id,
    reserved_prefix,
)
from zendesk_handoff.settings.model import DEFAULT_SHARED_SENDERS

ODD = (*SENDERS, "", "a\nb", "\ud800", "🙂" * 1025, '", "', "rasa-" + "0" * 64)


def test_no_two_users_have_the_same_id():
    users = [(channel, sender) for channel in ("rest", "slack", "re", "") for sender in ODD]
    users += [("rest", external_id(*each)) for each in users]  # those who know another's id
    ids = [external_id(*each) for each in users]
    assert len({*ids}) == len(ids)
    assert all(1 <= len(each) <= 1024 for each in ids)


@pytest.mark.parametrize("sender", [each for each in SENDERS if len(each) > 3])
def test_an_id_does_not_hold_the_sender_id(sender):
    assert sender not in external_id("rest", sender)


def test_an_id_stays_the_same():
    assert external_id("rest", "jo") == (
        "rasa-" + hashlib.sha256(b'["sender", "rest", "jo"]').hexdigest()
    )


def test_a_proven_subject_is_the_id_and_nobody_else_can_have_it():
    assert external_id("webchat", "webchat-1", subject="customer-7") == "customer-7"
    assert external_id("webchat", "webchat-1", subject="customer-7", existing="x") == "customer-7"
    assert external_id("rest", "customer-7") != "customer-7"
    # Not even a site whose users choose their names.
    victim = external_id("rest", "jo")
    subjects = (victim, "s" * 1025, external_id("webchat", "w", subject=victim))
    ids = [external_id("webchat", "w", subject=each) for each in subjects]
    assert len({*ids, victim}) == 4
    assert all(a != b for a, b in combinations(ids, 2))


@pytest.mark.parametrize("sender", [*SENDERS, "webchat-" + "0" * 32])
def test_an_id_from_before_stays(sender):
    before = legacy_external_id(sender)
    assert before == (sender if len(sender) < 1025 else hashlib.sha256(b"s" * 1500).hexdigest())
    assert external_id("rest", sender, existing=before) == before


@pytest.mark.parametrize(
    "sender, is_pages",
    [("webchat-1", True), (" WEBCHAT-1", True), ("webchat", False), ("a webchat-1", False)],
)
def test_the_pages_sender_ids_are_known(sender, is_pages):
    assert (reserved_prefix(sender) == PAGE_PREFIX) == is_pages


@pytest.mark.parametrize("sender", [native_sender("support", "5f0c"), " ZENDESK:x:y"])
def test_the_sender_ids_of_native_conversations_are_known(sender):
    assert reserved_prefix(sender) == NATIVE_PREFIX


def test_shared_ids_are_compared_without_case_and_spaces():
    for shared in ("", " ", "default", "Default ", "NONE", "null", "undefined", "[object Object]"):
        assert is_shared(shared, DEFAULT_SHARED_SENDERS), shared
    for own in (*SENDERS, "user-1", "1", "defaults"):
        assert not is_shared(own, DEFAULT_SHARED_SENDERS), own
    assert is_shared("Kiosk", ["kiosk"]) and is_shared("", []) and not is_shared("user", ["kiosk"])
