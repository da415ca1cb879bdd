"""Messages from the page: JSON, ids, texts, choices."""

from __future__ import annotations

import json

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.domain.user_content import Place
from zendesk_handoff.webchat.error_responses import RequestError
from zendesk_handoff.webchat.messages import (
    MAX_TEXT,
    MAX_TITLE,
    IncomingMessage,
    read_id,
    read_item,
    read_json,
    read_message,
    read_place,
)

ID = "0b0e7f5e-6f0a-4a5e-9d8b-6a1f6f1f1f1f"


def raised_by(read, *arguments, **keywords):
    with pytest.raises(RequestError) as raised:
        read(*arguments, **keywords)
    return raised.value.status, raised.value.code


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_a_json_object_is_read(content_type):
    assert read_json(b'{"a": 1}', content_type=content_type) == {"a": 1}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_what_a_form_can_send_is_refused(content_type):
    assert raised_by(read_json, b"{}", content_type=content_type) == (415, "not_json")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 60_000])
def test_a_body_that_is_no_json_object_is_refused(body):
    assert raised_by(read_json, body, content_type="application/json") == (400, "not_json")


def test_an_id_is_a_uuid_in_lower_case():
    assert read_id(ID.upper()) == ID
    for value in (None, 3, "", "x", ID + "0", ID + "\n", f"{{{ID}}}"):
        assert raised_by(read_id, value)[0] == 400


def test_an_item_is_a_number():
    assert read_item({"item": 7}) == 7
    for value in (None, 0, -1, 2**53, 1.0, "7", True, [7]):
        assert raised_by(read_item, {"item": value})[0] == 400


def test_a_text_may_have_the_users_place():
    body = {"id": ID, "text": "My location", "coordinates": {"lat": 52.51627512, "long": -180}}
    assert read_message(body).place == Place(52.516275, -180)
    for given in (
        *(
            {},
            [],
            "52,13",
            {"lat": 91, "long": 0},
            {"lat": 0, "long": -181},
            {"lat": "1", "long": 1},
        ),
        *({"lat": True, "long": 1}, {"lat": float("nan"), "long": 1}, {"lat": None, "long": 1}),
    ):
        assert raised_by(read_message, {**body, "coordinates": given})[0] == 400


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_taken_as_it_is(text):
    assert read_message({"id": ID, "text": text}) == IncomingMessage(ID, text)


def test_what_cannot_be_stored_is_removed():
    message = read_message({"id": ID, "text": json.loads('" a\\u0000b\\ud83d "')})
    assert message.text == "ab?"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"text": "  "}, (400, "empty")),
        ({"text": "\x00"}, (400, "empty")),
        ({"text": "a" * (MAX_TEXT + 1)}, (413, "too_long")),
        ({"text": ["a"]}, (400, "invalid")),
        ({}, (400, "invalid")),
        ({"payload": "/yes"}, (400, "invalid")),
        ({"payload": "/yes", "title": "a" * (MAX_TITLE + 1)}, (413, "too_long")),
        ({"payload": "/yes", "title": "Yes", "answers": True}, (400, "invalid")),
        ({"payload": "/yes", "title": "Yes", "answers": 0}, (400, "invalid")),
        ({"payload": "/yes", "title": "Yes", "answers": 2**53}, (400, "invalid")),
    ],
)
def test_an_invalid_message_is_refused(body, expected):
    assert raised_by(read_message, {"id": ID, **body}) == expected


def test_a_choice_has_the_payload_for_rasa_and_the_title_for_the_page():
    body = {"id": ID, "payload": "/yes", "title": "Yes, please", "answers": 7}
    assert read_message(body) == IncomingMessage(ID, "/yes", "Yes, please", 7)


def test_what_the_user_wrote_is_not_in_the_representation():
    message = read_message({"id": ID, "payload": "/secret", "title": "private"})
    assert "secret" not in repr(message)
    assert "private" not in repr(message)


@pytest.mark.parametrize(
    ("page", "agent", "place"),
    [
        (
            "https://shop.example/returns",
            "Mozilla/5.0",
            {"page": "https://shop.example/returns", "browser": "Mozilla/5.0"},
        ),
        ("https://shop.example/returns", None, {"page": "https://shop.example/returns"}),
        (None, "", {}),
        (["https://shop.example"], "a\nb", {}),
        ("x" * 2_001, "y" * 2_001, {}),
        ("https://shop.example/\u202e", "\x00", {}),
    ],
)
def test_a_place_of_another_shape_is_left_out(page, agent, place):
    assert read_place({"page": page}, user_agent=agent) == place
