"""Payloads as people read them."""

from __future__ import annotations

import pytest
from rasa.shared.core.events import BotUttered, UserUttered

from zendesk_handoff.rasa.payloads import needs_slots, payload_in_words, title_of


def shows(*pairs, **data):
    buttons = [{"title": title, "payload": payload} for title, payload in pairs]
    return BotUttered("Which one?", {"buttons": buttons, **data})


def test_the_title_is_that_of_the_button_shown_last():
    events = [
        shows(("Yes", "/affirm")),
        shows(("Ja <b>🙂</b>", "/affirm"), ("Nein", "/deny")),
        UserUttered("/affirm"),
        BotUttered("no buttons", {"buttons": None, "elements": "odd"}),
    ]
    assert title_of(events, " /affirm ") == "Ja <b>🙂</b>"
    assert title_of(events, "/other") is None


@pytest.mark.parametrize(
    "data",
    [
        {"quick_replies": [{"title": "Blue", "payload": "/pick"}]},
        {"elements": [{"title": "card", "buttons": [{"title": "Blue", "payload": "/pick"}]}]},
    ],
)
def test_quick_replies_and_cards_have_buttons(data):
    assert title_of([BotUttered("", data)], "/pick") == "Blue"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('/inform{"order_number": "10234"}', "inform: 10234"),
        ("/order_status", "order status"),
        ("/order_status@0.8", "order status"),
        (
            '/inform{"who": {"name": "Jörg O\'Neil"}, "n": [1, true, null]}',
            "inform: Jörg O'Neil, 1",
        ),
        ('/locationData{"Latitude": 52.5}', "locationData: 52.5"),
        ("/unknown{not json", "unknown"),
        ("/faq/opening_hours", "faq opening hours"),
        ("/unknown", None),
        ("/etc/passwd", None),
        ("/ it works", None),
        ("/order_status please", None),
        ("/", None),
        ("hello", None),
    ],
)
def test_a_payload_without_a_button_is_said_in_words(text, words):
    intents = {"inform", "order_status", "faq"}
    assert payload_in_words(text, known=intents.__contains__) == words


def test_a_deep_payload_is_no_trouble():
    assert payload_in_words("/x" + '{"a":' * 100_000) == "x"


def test_only_variables_and_conditions_need_slots():
    assert not needs_slots([{"text": "{agent_name} is here"}], {"agent_name": "Ana"})
    assert needs_slots([{"text": "{agent_name}, {name}"}], {"agent_name": "Ana"})
    assert needs_slots([{"text": "hi", "condition": [{"type": "slot"}]}], {})
