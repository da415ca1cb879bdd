"""Native conversations: whose a sender id is, and turns that show no person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.names import SENDERS
from zendesk_handoff.domain.native import (
    POINTS,
    TOO_FAST,
    NativeConversation,
    connector_of_sender,
    count_turn,
    native_sender,
)

CONVERSATION = NativeConversation("zendesk:a:1", "a", "1")


@pytest.mark.parametrize("connector", ["support", "a_b-c", "0"])
@pytest.mark.parametrize("conversation", ["5f0c00000000000000000001", "a:b", "ü ::"])
def test_a_sender_id_names_its_connector(connector, conversation):
    assert connector_of_sender(native_sender(connector, conversation)) == connector


@pytest.mark.parametrize("sender", [*SENDERS, "webchat-1", "zendesk", ""])
def test_other_senders_have_no_connector(sender):
    assert connector_of_sender(sender) is None


def test_a_first_message_is_never_too_fast():
    assert count_turn(CONVERSATION, now=1.0) == 0


@pytest.mark.parametrize(
    ("pause", "how", "counted"),
    [
        (0.0, {}, 3 + POINTS),
        (TOO_FAST, {}, 3 + POINTS),
        (TOO_FAST + 0.1, {}, 4),
        (59.0, {}, 4),
        (61.0, {}, 0),
        (61.0, {"is_repeat": True}, 3 + POINTS),
        (7200.0, {"is_repeat": True}, 0),
        (0.1, {"is_answer": False}, 3),
        (61.0, {"is_answer": False}, 3),
    ],
)
def test_turns_that_show_no_person_are_counted(pause, how, counted):
    before = replace(CONVERSATION, answered_at=100.0, fast_turns=3)
    assert count_turn(before, now=100.0 + pause, **how) == counted
