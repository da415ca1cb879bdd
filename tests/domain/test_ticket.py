"""The fields of a ticket, and the flat metadata in which they reach Zendesk."""

from __future__ import annotations

import json

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.domain.ticket import DEFAULT_TAGS, Ticket, as_tag, check_value, join
from zendesk_handoff.domain.ticket_metadata import LIMIT, ticket_metadata

OWN = {"rasa_handoff_session": "s" * 32, "first_message_id": None}
SYSTEM = "dataCapture.systemField."


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("priority", "HIGH", "high"),
        ("priority", "hoch", None),
        ("group_id", "4711", "4711"),
        ("group_id", "4711a", None),
        ("group_id", "٤٧", None),
        ("group_id", "1" * 21, None),
        ("subject", "two\nlines  of it", "two lines of it"),
        ("subject", "x" * 500, "x" * 150),
    ],
)
def test_a_value_has_the_form_of_its_field(name, text, value):
    assert check_value(name, text) == value


@pytest.mark.parametrize("text", TEXTS)
def test_a_tag_is_one_tag(text):
    assert not set(as_tag(text)) & set(", \t\n")


def test_later_parts_take_precedence_and_tags_are_added():
    parts = [
        Ticket({"priority": "low", "group_id": "1"}, ("a", "b"), {"7": "x"}),
        Ticket({"priority": "high"}, ("b", "c"), {"8": "y"}),
    ]
    assert join(parts) == Ticket(
        {"priority": "high", "group_id": "1"}, ("a", "b", "c"), {"7": "x", "8": "y"}
    )
    assert join([]) == Ticket()


def test_the_store_gives_back_what_it_was_given():
    ticket = Ticket({"subject": "s"}, ("a",), {"7": "x"})
    assert Ticket.from_json(json.loads(json.dumps(ticket.to_json()))) == ticket
    assert Ticket.from_json(None).tags == DEFAULT_TAGS


def test_every_field_has_its_key():
    ticket = Ticket(
        {"priority": "high", "subject": "s", "requester.name": "Jo"}, ("a", "b"), {"36": "x"}
    )
    assert ticket_metadata(OWN, ticket) == (
        {
            "rasa_handoff_session": "s" * 32,
            f"{SYSTEM}priority": "high",
            f"{SYSTEM}subject": "s",
            f"{SYSTEM}requester.name": "Jo",
            f"{SYSTEM}tags": "a,b",
            "dataCapture.ticketField.36": "x",
        },
        (),
    )


@pytest.mark.parametrize("letter", ["x", "ü", "🙂", "%["])
def test_metadata_stays_within_its_bytes_and_says_what_is_left_out(letter):
    fields = {str(number): letter * 500 for number in range(20)}
    tags = tuple(f"{letter * 20}{number}" for number in range(60))
    metadata, left_out = ticket_metadata(OWN, Ticket({"priority": "low"}, tags, fields))
    assert len(json.dumps(metadata, ensure_ascii=False).encode()) <= LIMIT
    assert metadata[f"{SYSTEM}priority"] == "low", "the important ones come first"
    assert metadata["rasa_handoff_session"] == OWN["rasa_handoff_session"]
    assert "dataCapture.ticketField.19" in left_out


@pytest.mark.parametrize("needed", [Ticket(tags=("ref_1",)), Ticket(fields={"7": "1"})])
def test_what_is_needed_is_there_however_much_else_there_is(needed):
    tags = tuple(f"{number}{'x' * 70}" for number in range(90))
    ticket = Ticket({"subject": "s"}, tags, {"7": "another's", "8": "x" * 900})
    metadata, _ = ticket_metadata(OWN, ticket, needed=needed)
    assert len(json.dumps(metadata, ensure_ascii=False).encode()) <= LIMIT
    if needed.tags:
        assert metadata[f"{SYSTEM}tags"].split(",")[0] == "ref_1"
    else:
        assert metadata["dataCapture.ticketField.7"] == "1"


@pytest.mark.parametrize("text", TEXTS)
def test_values_are_flat_and_without_shorthand(text):
    metadata, _ = ticket_metadata(OWN, Ticket({"subject": text}, (), {"7": text}))
    assert all(isinstance(value, str) for value in metadata.values())
    assert "%((" not in str(metadata)
    assert "\u202e" not in str(metadata)
