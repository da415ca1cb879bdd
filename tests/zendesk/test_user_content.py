"""A user's message in a native conversation, as the bot gets it."""

from __future__ import annotations

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.domain.messages import CANNOT_SHOW
from zendesk_handoff.zendesk.user_content import read_user_content

PICTURE = {"type": "image", "mediaUrl": "https://media.example/a.png", "mediaType": "image/png"}
SIZE = {"name": "l", "label": "L"}
FORM = {
    "type": "formResponse",
    "fields": [
        {"type": "text", "name": "order", "label": "Order", "text": "10234"},
        {
            "type": "select",
            "name": "size",
            "label": "Size",
            "select": [{"name": "l", "label": "L"}],
        },
        {"type": "email", "name": "mail", "label": "E-mail", "email": "mo@example.com"},
    ],
    "textFallback": "Order: 10234\nSize: L\nE-mail: mo@example.com",
}


@pytest.mark.parametrize("text", [each for each in TEXTS if each.strip()])
def test_a_text_stays_as_it_was_written(text):
    assert read_user_content({"type": "text", "text": text})["text"] == text.strip()


def test_a_reply_button_is_its_payload_and_its_label_the_title():
    content = {"type": "text", "text": "Track it", "payload": "/order_status"}
    assert read_user_content(content) == {
        "text": "/order_status",
        "metadata": {"title": "Track it"},
    }


def test_a_picture_has_its_address_and_its_caption_is_the_text():
    plain, captioned = (read_user_content({**PICTURE, **more}) for more in ({}, {"text": "lid"}))
    assert plain["text"] == "https://media.example/a.png" and captioned["text"] == "lid"
    [attachment] = captioned["metadata"]["attachments"]
    assert attachment["media_url"] == "https://media.example/a.png"
    assert (attachment["media_type"], attachment["kind"]) == ("image/png", "image")


def test_a_place_has_its_coordinates():
    content = {
        "type": "location",
        "coordinates": {"lat": 48.1, "long": 11.6},
        "location": {"name": "Mill Lane 4", "address": 7},
    }
    read = read_user_content(content)
    place = {"latitude": 48.1, "longitude": 11.6, "name": "Mill Lane 4"}
    assert read["metadata"]["location"] == place
    assert "Mill Lane 4" in read["text"]


def test_the_answers_of_a_form_come_by_name():
    read = read_user_content(FORM)
    assert read["text"] == FORM["textFallback"]
    assert read["metadata"]["form"] == {"order": "10234", "size": "L", "mail": "mo@example.com"}


def test_answers_without_their_fallback_are_said_with_their_labels():
    read = read_user_content({**FORM, "textFallback": None})
    assert read["text"] == FORM["textFallback"]


@pytest.mark.parametrize("kind", ["sticker", "image", "location", "carousel"])
def test_a_message_that_cannot_be_read_at_all_is_not_met_with_silence(kind):
    assert read_user_content({"type": kind})["text"] == CANNOT_SHOW
    assert read_user_content({"type": "text", "text": " "})["text"] == ""


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"type": "text"},
        {"type": "location", "coordinates": {"lat": "x", "long": None}},
        {"type": "location", "coordinates": 7},
        {"type": "formResponse", "fields": [7, {"name": 3}, {"name": "a", "select": [None]}]},
        {"type": "formResponse", "fields": "no list"},
        {"type": "image", "mediaUrl": "javascript:alert(1)"},
        {"type": "text", "text": "hi", "payload": {"a": 1}},
    ],
)
def test_what_cannot_be_read_is_left_out(content):
    read = read_user_content(content)
    assert isinstance(read["text"], str)
    assert not read["metadata"].keys() & {"location", "attachments", "title"}
