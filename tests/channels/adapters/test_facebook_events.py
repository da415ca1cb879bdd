"""Reading of Messenger's events."""

from __future__ import annotations

import json

import pytest
from rasa.core.channels.channel import UserMessage

from tests.support.names import TEXTS
from zendesk_handoff.channels.adapters.facebook_events import (
    content_of,
    event_of,
    events_of,
    keep_event,
    key_of,
    read_until,
    sender_of,
    text_for_bot,
)
from zendesk_handoff.domain.user_content import Place, UserContent, UserFile

META = "https://scontent.xx.fbcdn.net/"


def read(**event):
    return content_of(event, is_own=lambda url: url.startswith(META))


def attached(*attachments, **fields):
    return read(message={"mid": "m1", "attachments": list(attachments), **fields})


def attachment(kind, url=None, **fields):
    return {"type": kind, "payload": {"url": url, **fields}}


def test_until_when_a_user_has_read():
    assert read_until({"read": {"watermark": 1_458_668_856_253}}) == 1_458_668_856.253
    for read in ({}, None, "x", {"watermark": "1"}, {"watermark": True}, {"watermark": -1}):
        assert read_until({"read": read}) is None
    assert read_until({"delivery": {"watermark": 1}}) is None


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts(text):
    assert read(message={"mid": "m1", "text": text}) == UserContent(text=text, key="facebook:m1")


def test_every_file_is_read():
    kinds = ("image", "audio", "video", "file", "sticker")
    found = attached(*(attachment(each, META + each) for each in kinds), text="look")
    assert found.text == "look"
    assert found.files == tuple(UserFile(reference=META + each) for each in kinds)


def test_a_file_elsewhere_is_passed_on_by_its_address():
    found = attached(attachment("image", "https://x.example/a.png"))
    assert found.files == (UserFile(url="https://x.example/a.png"),)


def test_a_sticker_that_comes_twice_is_one():
    both = [attachment(each, META + "s.png", sticker_id=1) for each in ("image", "sticker")]
    assert len(attached(*both).files) == 1


def test_places():
    place = {"coordinates": {"lat": 52.5, "long": 13}}
    found = attached({"type": "location", "title": "Jo's place", "payload": place})
    assert found.places == (Place(52.5, 13.0, name="Jo's place"),)
    for bad in ({"lat": 500, "long": 1}, {"lat": "1", "long": 1}, None):
        found = attached({"type": "location", "payload": {"coordinates": bad}})
        assert (found.places, found.lost) == ((), True)


def test_shared_links_and_products_come_in_words():
    wrapped = "https://l.facebook.com/l.php?u=https%3A%2F%2Fx.example%2Fa%3Fb%3D1&h=2"
    fallback = attachment("fallback", wrapped, title="An article")
    assert attached(fallback).text == "An article\nhttps://x.example/a?b=1"
    assert attached(fallback, text="see https://x.example/a?b=1").text == (
        "see https://x.example/a?b=1"
    )
    product = {"elements": [{"title": "Mug", "subtitle": "$5", "image_url": META}]}
    assert attached({"type": "template", "payload": {"product": product}}).text == (
        f"Mug - $5 - {META}"
    )


@pytest.mark.parametrize(
    "found",
    [
        {"type": "fallback", "payload": None},
        {"type": "appointment_booking", "payload": {"booking_id": "1"}},
        attachment("image", "javascript:alert(1)"),
        attachment("image"),
        attachment("fallback", "https://["),
        {"type": ["image"]},
        "image",
    ],
)
def test_what_cannot_be_read_is_told(found):
    assert attached(found).lost


def test_pressed_buttons_have_their_titles():
    reply = {"mid": "m1", "text": "Yes", "quick_reply": {"payload": "/affirm"}}
    assert read(message=reply) == UserContent(text="/affirm", title="Yes", key="facebook:m1")
    postback = {"mid": "m2", "title": "Track", "payload": "/track"}
    assert read(postback=postback) == UserContent(text="/track", title="Track", key="facebook:m2")


def test_corrections_and_deletions():
    edit = {"mid": "m1", "text": "now", "num_edit": 2}
    assert read(message_edit=edit) == UserContent(
        text="now", change="edit", key="facebook:m1:edit:2"
    )
    deleted = {"mid": "m1", "is_deleted": True}
    assert read(message=deleted) == UserContent(change="deletion", key="facebook:m1:deletion")
    assert text_for_bot({"message": deleted}) is None
    assert text_for_bot({"message_edit": edit}) is None


def test_what_is_not_a_users_message():
    assert read(delivery={"mids": ["m1"]}) is None
    assert read(read={"watermark": 1}) is None
    assert sender_of({"sender": {"id": "9"}, "message": {"is_echo": True}}) == ""
    assert sender_of({"sender": {}, "message": {}}) == ""
    assert key_of({"message": {"text": "x"}}) is None


@pytest.mark.parametrize(
    "body", [b"", b"[", b"[]", b"1", b'{"entry": 1}', b'{"entry": [1, {"messaging": [1, null]}]}']
)
def test_other_bodies_have_no_events(body):
    assert events_of(body) == []


def test_the_first_message_of_a_request_is_rasas():
    events = [
        {"sender": {"id": "7"}, "read": {}},
        {"sender": {"id": "7"}, "message": {"text": "a"}},
        {"sender": {"id": "8"}, "message": {"text": "b"}},
    ]
    body = json.dumps({"entry": [{"messaging": [each]} for each in events]}).encode()
    assert event_of(UserMessage("a", None, "7"), body) == events[1]
    other = UserMessage("b", None, "8")
    assert event_of(other, body) == {}
    keep_event(other, events[2])
    assert event_of(other, body) == events[2]
