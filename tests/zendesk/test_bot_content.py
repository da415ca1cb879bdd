"""The bot's answers in Zendesk's own forms."""

from __future__ import annotations

import pytest

from tests.support.names import TEXTS
from tests.support.openapi import PATTERN, OpenApiServer
from tests.support.shared import needs_shared
from zendesk_handoff.domain.rendering import divide
from zendesk_handoff.domain.text import units
from zendesk_handoff.zendesk.bot_content import content_of, limits_of

BUTTONS = [{"title": f"Choice {number}", "payload": f"/choose_{number}"} for number in range(3)]
ELEMENT = {
    "title": "Lamp",
    "subtitle": "Brass",
    "image_url": "https://shop.example/lamp.png",
    "buttons": [{"title": "Buy", "payload": "/buy"}],
}


def said(response, source="web"):
    return [content_of(each, source=source) for each in divide(response, limits_of(source))]


@pytest.mark.parametrize("text", [each for each in TEXTS if each.strip()])
def test_a_text_is_said_in_parts_that_zendesk_takes(text):
    contents = [each["content"] for each in said({"text": text * 50})]
    assert all(each["type"] == "text" and units(each["text"]) <= 4096 for each in contents)
    joined = "".join("".join(each["text"].split()) for each in contents)
    assert joined == "".join((text * 50).split())


def test_buttons_are_reply_actions_and_links_stay_links():
    link = {"title": "Shop", "url": "https://shop.example/", "type": "web_url"}
    [body] = said({"text": "Well?", "buttons": [*BUTTONS, link]})
    actions = body["content"]["actions"]
    assert actions[0] == {"type": "reply", "text": "Choice 0", "payload": "/choose_0"}
    assert actions[3] == {"type": "link", "text": "Shop", "uri": "https://shop.example/"}


def test_a_button_may_stay_in_its_message():
    [body] = said({"text": "Well?", "buttons": [{**BUTTONS[0], "type": "postback"}]})
    assert body["content"]["actions"][0]["type"] == "postback"
    [body] = said({"text": "Well?", "buttons": [{**BUTTONS[0], "type": "postback"}]}, "whatsapp")
    assert body["content"]["actions"][0]["type"] == "reply", "WhatsApp has no others"


def test_more_buttons_than_the_channel_has_are_a_numbered_list():
    [body] = said({"text": "Well?", "buttons": [*BUTTONS, *BUTTONS]}, "whatsapp")
    assert "actions" not in body["content"]
    assert body["content"]["text"].startswith("Well?\n1. Choice 0\n2. Choice 1")


def test_a_title_that_the_channel_would_cut_is_refused():
    long = {"text": "Well?", "buttons": [{"title": "Please send me a new one", "payload": "/new"}]}
    assert said(long)[0]["content"]["actions"]
    with pytest.raises(ValueError, match="20 characters"):
        said(long, "whatsapp")


def test_buttons_of_one_title_are_refused_where_the_channel_takes_none():
    same = {"text": "Well?", "buttons": [BUTTONS[0], {**BUTTONS[1], "title": BUTTONS[0]["title"]}]}
    assert len(said(same)[0]["content"]["actions"]) == 2
    with pytest.raises(ValueError, match="one title"):
        said(same, "whatsapp")


def test_elements_are_a_carousel():
    [body] = said({"elements": [ELEMENT, {**ELEMENT, "title": "x" * 300}]})
    first, second = body["content"]["items"]
    assert first == {
        "title": "Lamp",
        "description": "Brass",
        "mediaUrl": "https://shop.example/lamp.png",
        "actions": [{"type": "postback", "text": "Buy", "payload": "/buy"}],
    }
    assert units(second["title"]) <= 128


def test_files_are_sent_by_their_addresses():
    attachment = {"type": "file", "payload": {"src": "https://shop.example/invoice.pdf"}}
    bodies = said({"image": "https://shop.example/a.png", "attachment": attachment})
    assert [each["content"] for each in bodies] == [
        {"type": "image", "mediaUrl": "https://shop.example/a.png"},
        {"type": "file", "mediaUrl": "https://shop.example/invoice.pdf"},
    ]


@pytest.mark.parametrize(
    "custom",
    [
        {"type": "text", "markdownText": "**hi**"},
        {"type": "location", "coordinates": {"lat": 1.5, "long": 2}},
        {"type": "form", "fields": [{"type": "email", "name": "a", "label": "A"}]},
        {"type": "list", "items": [{"title": "a", "actions": [
            {"type": "link", "text": "b", "uri": "https://shop.example/"}]}]},
        {"type": "text", "text": "t", "actions": [{"type": "locationRequest", "text": "Where?"}]},
    ],
)  # fmt: skip
def test_custom_content_is_passed_on_as_it_was_written(custom):
    assert content_of({"custom": custom}) == {"content": custom}


def test_a_template_has_its_channels_schema():
    custom = {"content": {"type": "template", "template": {"name": "x"}}, "schema": "whatsapp"}
    assert content_of({"custom": custom}) == custom


@pytest.mark.parametrize(
    "message",
    [
        {"custom": {"type": "carousel", "items": []}},
        {"custom": {"type": "text", "text": "x" * 4097}},
        {"custom": {"type": "location"}},
        {"custom": {"blocks": []}},
        {"custom": ["a list"]},
        {"custom": {"content": {"type": "text", "text": "a"}, "schema": "line"}},
        {"elements": [{"title": "no button"}]},
        {"elements": [ELEMENT] * 11},
        {"elements": ["a text"]},
        {"image": "javascript:alert(1)"},
        {"image": ["a"]},
        {"text": "", "buttons": []},
        {"text": "Well?", "buttons": [{"title": "", "payload": "/a"}]},
    ],
)
def test_what_zendesk_would_refuse_is_refused_here(message):
    with pytest.raises(ValueError):
        content_of(message)


@needs_shared(PATTERN)
@pytest.mark.parametrize(
    "response",
    [
        {"text": "hello"},
        {"text": "Well?", "buttons": BUTTONS},
        {"text": "Well?", "buttons": [{"title": "Shop", "url": "https://shop.example/"}]},
        {"elements": [ELEMENT]},
        {"image": "https://shop.example/a.png"},
        {"attachment": "https://shop.example/a.pdf"},
        {"custom": {"type": "location", "coordinates": {"lat": 1.5, "long": 2.5}}},
    ],
)
def test_what_is_said_is_as_zendesk_documents_it(response):
    document = OpenApiServer()
    schemas = document.document["components"]["schemas"]
    for name in ("action", "actionSubset"):  # told apart by `type`, which is no enum there
        schemas[name]["anyOf"] = schemas[name].pop("oneOf")
    for each in said(response):
        schema = {"$ref": f"#/components/schemas/{each['content']['type']}Message"}
        assert document._invalid(schema, each["content"]) == []


@pytest.mark.parametrize(
    ("source", "buttons", "title", "cards"),
    [
        ("", 10, 40, True),
        ("web", 10, 40, True),
        ("messenger", 10, 20, True),
        ("telegram", 10, 40, True),
        ("whatsapp", 3, 20, False),
        ("instagram", 10, 20, False),
        ("twilio", 10, 40, False),
        ("api:conversations", 10, 40, True),
    ],
)
def test_what_a_channel_shows(source, buttons, title, cards):
    found = limits_of(source)
    assert (found.buttons, found.button_title, found.cards) == (buttons, title, cards)


@pytest.mark.parametrize("source", ["whatsapp", "instagram", "twilio"])
def test_where_zendesk_would_drop_a_carousels_buttons_they_are_said_in_words(source):
    buttons = [{"title": "Take it", "payload": "/take", "type": "postback"}]
    [body] = said({"elements": [{"title": "Fern", "buttons": buttons}]}, source)
    assert body["content"] == {"type": "text", "text": "Fern\n1. Take it"}
