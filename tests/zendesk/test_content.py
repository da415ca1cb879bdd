"""What an agent sends, reduced to what a user can be shown: nothing that can be read is lost.

The shapes are those of the Conversations API's reference, schemas `content`, `action`, `item`.
"""

from __future__ import annotations

import msgspec
import pytest

from tests.support.names import AGENTS, TEXTS
from zendesk_handoff.domain.messages import CANNOT_SHOW, Button, Card
from zendesk_handoff.zendesk import Message

REPLY = {"type": "reply", "text": "Blue", "payload": "BLUE"}
LINK = {"type": "link", "text": "Our shop", "uri": "https://shop.example/?a=1&b=2"}


def shown(content, **message):
    author = {"type": "business", "displayName": "Ana Smith"}
    raw = {"id": "1", "author": author, "content": content, **message}
    return msgspec.convert(raw, Message).for_user()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_as_it_is(text):
    assert shown({"type": "text", "text": text}).text == text.strip()


@pytest.mark.parametrize("name", AGENTS)
def test_a_name_stays_on_one_line(name):
    author = {"type": "business", "displayName": f" {name}\n"}
    assert shown({"type": "text", "text": "a"}, author=author).author == name


def test_html_is_read_for_its_links():
    html = '<p>Read our <a href="https://help.example/returns">return policy</a>.</p>'
    message = shown({"type": "text", "text": "Read our return policy.", "htmlText": html})
    assert message.text == "Read our return policy (https://help.example/returns)."
    assert shown({"type": "text", "text": "a", "htmlText": "<p></p>"}).text == "a"


def test_actions_become_buttons_or_words():
    actions = [
        REPLY,
        {"type": "postback", "text": "More", "payload": "MORE"},
        LINK,
        {"type": "webview", "text": "Form", "uri": "javascript:x", "fallback": "https://f.example"},
        {"type": "locationRequest", "text": "Tell us where you are"},
        {"type": "buy", "text": "Buy the lid", "amount": 1999, "currency": "eur"},
        {"type": "link", "text": "Nowhere", "uri": "javascript:alert(1)"},
    ]
    message = shown({"type": "text", "text": "Choose", "actions": actions})
    assert message.buttons == (
        Button("Blue", payload="BLUE"),
        Button("More", payload="MORE"),
        Button("Our shop", url="https://shop.example/?a=1&b=2"),
        Button("Form", url="https://f.example"),
    )
    assert message.text.split("\n") == [
        *("Choose", "Tell us where you are", "Buy the lid: 19.99 EUR"),
    ]
    assert [each.title for each in message.choices] == ["Blue", "More"]


def test_items_become_cards():
    items = [
        {
            "title": "Blue kettle",
            "description": "1.7 l",
            "mediaUrl": "https://shop.example/blue.png",
            "actions": [LINK, {"type": "postback", "text": "Choose", "payload": "B"}],
        },
        {
            "title": "Red kettle",
            "mediaUrl": "javascript:x",
            "actions": [{"type": "postback", "text": "Choose", "payload": "R"}],
        },
    ]
    message = shown({"type": "carousel", "text": "Blue kettle\n\nRed kettle", "items": items})
    assert message.text == ""
    assert message.cards == (
        Card(
            "Blue kettle",
            "1.7 l",
            "https://shop.example/blue.png",
            (Button("Our shop", url=LINK["uri"]), Button("Choose", payload="B")),
        ),
        Card("Red kettle", buttons=(Button("Choose", payload="R"),)),
    )
    assert message.choices == [
        Button("Choose: Blue kettle", payload="B"),
        Button("Choose: Red kettle", payload="R"),
    ]


def test_a_form_becomes_questions():
    select = {
        "type": "select",
        "name": "size",
        "label": "Which size?",
        "options": [{"name": "s", "label": "Small"}, {"name": "l", "label": "Large"}],
    }
    alone = shown({"type": "form", "fields": [select], "submitted": False})
    assert alone.text == "Which size?"
    assert alone.choices == [Button("Small", payload="s"), Button("Large", payload="l")]
    name = {"type": "text", "name": "n", "label": "Your name", "placeholder": "as on the bill"}
    both = shown({"type": "form", "text": "Please tell us:", "fields": [name, select]})
    assert both.text.split("\n") == [
        *("Please tell us:", "1. Your name (as on the bill)", "2. Which size?"),
        *("   1) Small", "   2) Large"),
    ]
    assert not both.choices


def test_a_place_has_a_link_to_a_map():
    content = {
        "type": "location",
        "coordinates": {"lat": 52.52, "long": -13.4050001},
        "location": {"name": "Our shop", "address": "Seestraße 1"},
    }
    assert shown(content).text.split("\n") == [
        *("Our shop", "Seestraße 1"),
        "https://www.openstreetmap.org/?mlat=52.52&mlon=-13.405#map=17/52.52/-13.405",
    ]
    assert shown({"type": "location", "coordinates": {"lat": "x", "long": 1}}).text == CANNOT_SHOW


@pytest.mark.parametrize(
    "alt_text, url, name",
    [
        ("Invoice 10234.pdf", "https://z.example/v2/01H/x", "Invoice 10234.pdf"),
        ("Invoice 10234", "https://z.example/v2/01H/a%20b.pdf", "Invoice 10234.pdf"),
        (None, "https://z.example/v2/01H/a%20b.pdf", "a b.pdf"),
        (None, "https://z.example/", "file"),
        ("../../etc/passwd", "https://z.example/a", "_.._etc_passwd"),
        ("invoice\u202egnp.exe", "https://z.example/a", "invoicegnp.exe"),
        (TEXTS[0], "https://z.example/a.png", TEXTS[0] + ".png"),
    ],
)
def test_a_file_has_the_name_that_the_agent_sees(alt_text, url, name):
    content = {"type": "file", "mediaUrl": url, "mediaSize": 12, "mediaType": "text/plain"}
    message = shown({**content, "altText": alt_text} if alt_text else content)
    assert (message.kind, message.media_name, message.media_size) == ("file", name, 12)


def test_a_file_that_is_an_image_is_shown_as_one():
    message = shown({"type": "file", "mediaUrl": "https://a.example/a", "mediaType": "image/png"})
    assert (message.kind, message.text) == ("image", "")


@pytest.mark.parametrize(
    "url", ("javascript:alert(1)", "data:text/html,x", "file:///a", 7, "http://[")
)
def test_a_file_without_a_web_address_is_said_in_words(url):
    message = shown({"type": "image", "mediaUrl": url, "altText": "A lid", "text": "Look"})
    assert (message.kind, message.media_url, message.text) == ("text", None, "Look\nA lid")


def test_the_sources_of_an_answer_are_named():
    references = [{"uri": "https://help.example/1", "title": "Returns"}, {"uri": "javascript:x"}]
    message = shown({"type": "text", "text": "Yes."}, references=references)
    assert message.text == "Yes.\nReturns (https://help.example/1)"


def test_the_texts_of_an_unknown_type_are_shown():
    template = {"name": "t", "components": [{"parameters": [{"type": "text", "text": "Friday"}]}]}
    assert shown({"type": "template", "template": template}).text == "Friday"
    fallback = {"type": "formResponse", "textFallback": "Size: Small"}
    assert shown(fallback).text == "Size: Small"
    assert shown({"type": "hologram"}).text == CANNOT_SHOW
    assert shown({}).text == CANNOT_SHOW


@pytest.mark.parametrize("value", (None, 7, "x", [], {}, [None, 7, {}], [[[]]]))
def test_other_shapes_do_not_raise(value):
    names = ("type", "text", "htmlText", "actions", "items", "fields", "coordinates", "location")
    for name in (*names, "mediaUrl", "altText", "mediaSize", "mediaType"):
        for kind in ("text", "image", "carousel", "form", "location"):
            shown({"type": kind, name: value}, references=value)


def test_a_deleted_message_has_no_content():
    message = shown({"type": "text", "text": "secret"}, deleted=True)
    assert message.is_deleted
    assert message.text == ""


@pytest.mark.parametrize("kind", ["carousel", "list"])
def test_items_that_are_missing_are_said_by_the_fallback(kind):
    for items in (None, [], [{"title": "", "actions": []}]):
        found = shown({"type": kind, "items": items, "text": "Blue kettle"})
        assert (found.text, found.cards) == ("Blue kettle", ())
        assert shown({"type": kind, "items": items}).text == CANNOT_SHOW
    whole = shown({"type": kind, "items": [{"title": "Blue kettle"}], "text": "Blue kettle"})
    assert (whole.text, len(whole.cards)) == ("", 1)


def test_answers_of_a_form_are_said_with_their_labels():
    fields = [
        {"type": "email", "name": "mail", "label": "E-mail", "email": "mo@example.com"},
        {"type": "select", "name": "size", "select": [{"name": "l", "label": "L"}, {"name": "m"}]},
        {"type": "text", "name": "empty", "label": "Empty", "text": None},
    ]
    found = shown({"type": "formResponse", "fields": fields})
    assert found.text == "E-mail: mo@example.com\nsize: L, m"
