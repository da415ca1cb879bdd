"""Texts that Rasa would read as payloads: its own reader is asked."""

from __future__ import annotations

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from tests.support.names import TEXTS
from zendesk_handoff.domain.payloads import as_words, command_of, is_payload, without_mark

#: What precedes the slash: nothing, white space of every kind, what shows nothing.
FRONTS = ("", " ", "\n", "\t\r", "\x1c", "\x85", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u202e")
PAYLOADS = (
    '/inform{"email": "ceo@example.com"}',
    "/inform@0.9{}",
    "/inform@1.0",
    "/restart{}",
    "/RESTART",
    "/inform\n{}",
    "//inform",
)
DOMAIN = Domain.from_dict({"intents": ["inform", "restart"], "entities": ["email"]})


def intent_of(text):
    return YAMLStoryReader.unpack_regex_message(Message({TEXT: text}), DOMAIN).get(INTENT)


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_rasa_reads_no_payload_of_what_is_marked(front, payload):
    words = as_words(front + payload)
    for seen in (words, words.strip(), f" {words} "):
        assert intent_of(seen) is None
    assert without_mark(words) == front + payload
    # Another mark in front, the user's own, changes nothing.
    assert intent_of(as_words(words)) is None


def test_rasa_reads_the_payload_without_the_mark():
    assert intent_of(PAYLOADS[0])["name"] == "inform"
    assert intent_of(f"\u3000{PAYLOADS[1]}")["name"] == "inform"


@pytest.mark.parametrize("text", [*TEXTS, "", "a /inform", "1/2", "https://shop.example/inform"])
def test_other_texts_are_left_as_they_are(text):
    assert not is_payload(text)
    assert as_words(text) == text


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (" /Restart ", "/restart"),
        ("/end_handoff", "/end_handoff"),
        ('/restart{"email": "ceo@example.com"}', None),
        ("/restart@1.0", None),
        ("\u200b/restart", None),
        ("restart", None),
    ],
)
def test_a_command_is_one_by_itself(text, command):
    assert command_of(text) == command
