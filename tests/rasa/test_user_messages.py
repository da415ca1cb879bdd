"""Users' messages as the agent gets them: choices by title and by number."""

from __future__ import annotations

import pytest
from rasa.core.channels.channel import UserMessage

from tests.support.names import TEXTS
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.handover.agent_notes import agent_note, languages
from zendesk_handoff.rasa.user_messages import message_bodies

CHOICES = [
    {"title": "A refund", "payload": "REFUND"},
    {"title": "A new kettle.", "payload": ""},
    {"title": "1", "payload": "ONE"},
]


def bodies(text, **values):
    message = UserMessage(text, sender_id="u", input_channel="rest")
    return message_bodies(message, UserContent(text=text), CHOICES, channel="rest", **values)


@pytest.mark.parametrize(
    "said, choice",
    [
        ("A refund", 0),
        (" a REFUND. ", 0),
        ("A new kettle", 1),
        ("2", 1),
        ("2.", 1),
        ("3)", 2),
        ("1", 2),  # a title comes before a number
    ],
)
def test_a_choice_is_passed_on_with_its_payload(said, choice):
    expected = {"type": "text", "text": CHOICES[choice]["title"]}
    assert bodies(said) == [{**expected, "payload": CHOICES[choice]["payload"]}]


@pytest.mark.parametrize("said", ("4", "22", "0", "refund", *TEXTS))
def test_anything_else_is_a_text(said):
    found = bodies(said)
    assert "".join(each["text"] for each in found) == said
    assert not any("payload" in each for each in found)


def test_a_number_means_nothing_before_the_list_is_seen():
    assert bodies("2", are_seen=False) == [{"type": "text", "text": "2"}]
    assert bodies("A refund", are_seen=False)[0]["payload"] == "REFUND"


@pytest.mark.parametrize("length", [1, 4085, 4096, 9000])
def test_a_correction_fits_into_a_message_with_its_label(length):
    message = UserMessage("x" * length, sender_id="user")
    content = UserContent(text="x" * length, change="edit")
    bodies = message_bodies(message, content, (), channel="rest")
    assert bodies[0]["is_correction"] and "".join(each["text"] for each in bodies) == "x" * length
    for each in bodies:
        for language in languages():
            assert len(agent_note("corrected", language, text=each["text"])) <= 4096
