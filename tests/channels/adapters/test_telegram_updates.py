"""Reading of Telegram's updates, of the shapes of the page "Telegram Bot API"."""

from __future__ import annotations

import json

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.channels.adapters.telegram_updates import (
    MAX_FILE_BYTES,
    chat_of,
    content_of,
    message_of,
    read_update,
    topic_of,
)
from zendesk_handoff.domain.user_content import Place, UserFile


def update(**message):
    return {"update_id": 10, "message": {"message_id": 1, "chat": {"id": -100}, **message}}


def file(name="F", **values):
    return {"file_id": name, "file_unique_id": "u", "file_size": 5, **values}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_is_read_as_it_is(text):
    found = content_of(update(text=text))
    assert (found.text, found.key, found.lost, found.change) == (text, "telegram:10", False, None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"photo": [file("s", width=90, height=60), file("l", width=800, height=600)]},
            UserFile(reference="l", media_type="image/jpeg", name="photo.jpg"),
        ),
        (
            {"voice": file(mime_type="audio/ogg", duration=3)},
            UserFile(reference="F", media_type="audio/ogg", name="voice.ogg"),
        ),
        (
            {"audio": file(mime_type="audio/mp4", file_name="a b.m4a")},
            UserFile(reference="F", media_type="audio/mp4", name="a b.m4a"),
        ),
        ({"video": file()}, UserFile(reference="F", media_type="video/mp4", name="video.mp4")),
        ({"video_note": file()}, UserFile(reference="F", media_type="video/mp4", name="video.mp4")),
        (
            {"document": file(file_name="../../x.pdf", mime_type="application/pdf")},
            UserFile(reference="F", media_type="application/pdf", name="../../x.pdf"),
        ),
        (
            {"animation": file("A"), "document": file("D")},
            UserFile(reference="A", media_type="video/mp4", name="animation.mp4"),
        ),
        (
            {"sticker": file(is_animated=False, is_video=False, emoji="👍🏽")},
            UserFile(reference="F", media_type="image/webp", name="sticker.webp"),
        ),
        (
            {"sticker": file(is_video=True)},
            UserFile(reference="F", media_type="video/webm", name="sticker.webm"),
        ),
    ],
)
def test_files(fields, expected):
    found = content_of(update(**fields, caption="look at the lid"))
    assert found.files == (expected,)
    assert found.text == "look at the lid"
    assert not found.lost


def test_a_file_that_a_bot_cannot_read_is_lost():
    found = content_of(update(video=file(file_size=MAX_FILE_BYTES + 1), caption="words"))
    assert (found.files, found.text, found.lost) == ((), "words", True)
    assert content_of(update(story={"id": 1})).lost


def test_places_and_contacts():
    where = {"latitude": 52.5, "longitude": 13}
    assert content_of(update(location=where)).places == (Place(52.5, 13.0),)
    venue = {"location": where, "title": "Mill", "address": "Mill Lane 1"}
    found = content_of(update(location=where, venue=venue))
    assert found.places == (Place(52.5, 13.0, name="Mill", address="Mill Lane 1"),)
    contact = {"phone_number": "+491700000001", "first_name": "عائشة", "last_name": "O'Neil"}
    assert content_of(update(contact=contact)).contacts == ("عائشة O'Neil: +491700000001",)


def test_polls_and_dice_in_words():
    poll = {"question": "Which one?", "options": [{"text": "red"}, {"text": "blue"}]}
    assert content_of(update(poll=poll)).text == "Which one?\n- red\n- blue"
    moving = update(sticker=file(is_animated=True, emoji="👍🏽"))
    assert (content_of(moving).text, content_of(moving).files) == ("👍🏽", ())
    assert content_of(update(dice={"emoji": "🎲", "value": 4})).text == "🎲 4"


def test_edits():
    message = update(text="the second")["message"]
    edited = content_of({"update_id": 11, "edited_message": message})
    assert (edited.text, edited.change, edited.key) == ("the second", "edit", "telegram:11")
    moving = update(location={"latitude": 1, "longitude": 2, "live_period": 60})["message"]
    assert content_of({"update_id": 12, "edited_message": moving}).is_empty


def test_a_pressed_button_has_its_title():
    keyboard = [[{"text": "Where is it?", "callback_data": "/track"}], [{"text": "Site"}]]
    message = update(text="bot", reply_markup={"inline_keyboard": keyboard})["message"]
    query = {"id": "q", "data": "/track", "message": message}
    found = content_of({"update_id": 13, "callback_query": query})
    assert (found.text, found.title, found.key) == ("/track", "Where is it?", "telegram:13")
    other = content_of({"update_id": 13, "callback_query": {**query, "data": "/else"}})
    assert other.title is None


def test_the_topic_is_that_of_a_forum_only():
    assert topic_of({"message_thread_id": 7, "is_topic_message": True}) == 7
    assert topic_of({"message_thread_id": 7}) is None
    assert topic_of({"message_thread_id": "7", "is_topic_message": True}) is None


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"5", b'"x"', b"\xff"),
        *(b"null", b'{"message": 5}', b'{"callback_query": "q"}', b'{"message": {"chat": []}}'),
        b'{"channel_post": {"chat": {"id": 5}, "text": "not of a user"}}',
    ],
)
def test_what_is_no_message_has_no_chat(body):
    found = read_update(body)
    assert chat_of(message_of(found)) == ""
    assert content_of(found).is_empty


def test_rasas_form_of_json_in_json():
    assert read_update(json.dumps(json.dumps({"a": 1})).encode()) == {"a": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"photo": 5},
        {"photo": [5]},
        {"document": {"file_id": 5}},
        {"location": {"latitude": "x"}},
        {"contact": {"first_name": 5}},
        {"poll": {"options": [5]}},
        {"text": 5},
    ],
)
def test_malformed_fields_raise_nothing(fields):
    content_of(update(**fields))
