"""Bot Framework: what is read out of activities."""

from __future__ import annotations

import pytest

from tests.support.names import AGENTS, TEXTS
from zendesk_handoff.channels.adapters.botframework_events import FileReference, content_of
from zendesk_handoff.domain.user_content import Place

SERVICE = "https://smba.trafficmanager.net/emea/"
BOT = "28:app"


def activity(**values):
    return {
        "type": "message",
        "id": "1481567603816",
        "from": {"id": "29:1mara"},
        "recipient": {"id": BOT},
        "conversation": {"id": "a:1"},
        "textFormat": "plain",
        "text": "",
        **values,
    }


def read(**values):
    return content_of(activity(**values), SERVICE)


def mention(text, who=BOT):
    return {"type": "mention", "text": text, "mentioned": {"id": who, "name": "n"}}


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_read_as_they_are(text):
    assert read(text=text).text == text


@pytest.mark.parametrize("name", [each for each in AGENTS if "<" not in each])
def test_the_bots_mention_is_left_out_and_others_are_readable(name):
    text = f"<at>{name}</at>  where is it, <at>Mara &amp; Co</at>?"
    entities = [mention(f"<at>{name}</at>"), mention("<at>Mara &amp; Co</at>", "29:2")]
    assert read(text=text, entities=entities).text == "where is it, @Mara & Co?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<at>Bot</at> stop", "stop"),
        ("stop <at>Bot</at>", "stop"),
        ("one <at>Bot</at> two", "one two"),
        ("<at>Bot</at>", ""),
    ],
)
def test_where_the_mention_stands(text, words):
    content = read(text=text, entities=[mention("<at>Bot</at>")])
    assert content.text == words and not content.lost


def test_markup_becomes_words():
    text = '<p>see <a href="https://x.example/a">this</a></p>'
    assert read(text=text, textFormat="xml").text == "see this (https://x.example/a)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            {"order": "10234", "count": 2, "msteams": {"a": "b"}, "empty": " "},
            "order: 10234\ncount: 2",
        ),
        (" yes ", "yes"),
        ({}, ""),
        (None, ""),
        ([1], ""),
    ],
)
def test_what_a_card_submits(value, text):
    assert read(text=None, value=value).text == text
    assert read(text="/inform", value=value).text == "/inform"


@pytest.mark.parametrize(
    ("entity", "place"),
    [
        (
            {"type": "GeoCoordinates", "latitude": 52.5, "longitude": 13, "name": "Mill"},
            Place(52.5, 13.0, name="Mill"),
        ),
        (
            {
                "type": "Place",
                "name": "Shop",
                "address": "Mill Lane 1",
                "geo": {"type": "GeoCoordinates", "latitude": -1, "longitude": 0.5},
            },
            Place(-1.0, 0.5, name="Shop", address="Mill Lane 1"),
        ),
        ({"type": "GeoCoordinates", "latitude": float("nan"), "longitude": 1}, None),
        ({"type": "GeoCoordinates", "latitude": 91, "longitude": 1}, None),
        ({"type": "Place", "geo": {"latitude": "52", "longitude": 1}}, None),
        ({"type": "clientInfo", "latitude": 1, "longitude": 1}, None),
    ],
)
def test_places(entity, place):
    assert read(entities=[entity, "odd", None]).places == (() if place is None else (place,))


def attached(**values):
    return read(attachments=[values])


def test_a_file_of_teams():
    url = "https://contoso-my.sharepoint.com/personal/mara/_layouts/15/download.aspx?tempauth=x"
    content = attached(
        contentType="application/vnd.microsoft.teams.file.download.info",
        contentUrl="https://contoso-my.sharepoint.com/personal/mara/a.pdf",
        name="a.pdf",
        content={"downloadUrl": url, "fileType": "pdf"},
    )
    (file,) = content.files
    assert FileReference.load(file.reference) == FileReference(url, SERVICE, needs_token=False)
    assert (file.name, file.url, content.lost) == ("a.pdf", "", False)
    assert url not in repr(content)


@pytest.mark.parametrize(
    ("url", "needs_token", "public"),
    [
        (f"{SERVICE}v3/attachments/0-weu/views/original", True, ""),
        ("https://cdn.example.com/a.png", None, "https://cdn.example.com/a.png"),
    ],
)
def test_pictures(url, needs_token, public):
    (file,) = attached(contentType="image/png", contentUrl=url).files
    assert (file.url, file.media_type) == (public, "image/png")
    if needs_token:
        assert FileReference.load(file.reference) == FileReference(url, SERVICE, needs_token=True)
    else:
        assert file.reference == ""


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64,iVBORw0KGgo=",
        "javascript:alert(1)",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8000/a",
        "file:///etc/hostname",
        "https://[",
        "",
        None,
        7,
    ],
)
def test_an_address_that_nobody_may_read_is_lost(url):
    content = attached(contentType="image/png", contentUrl=url)
    assert content.files == () and content.lost


@pytest.mark.parametrize(
    ("kind", "read_as"),
    [("image/*", ""), ("audio/ogg", "audio/ogg"), ("image/png\r\nX: y", ""), (None, "")],
)
def test_media_types(kind, read_as):
    (file,) = attached(contentType=kind, contentUrl="https://cdn.example.com/a").files
    assert file.media_type == read_as


def test_nothing_is_read_where_the_service_url_is_not_signed():
    own = {"contentType": "image/png", "contentUrl": f"{SERVICE}v3/attachments/1"}
    file = {
        "contentType": "application/vnd.microsoft.teams.file.download.info",
        "content": {"downloadUrl": "https://contoso.sharepoint.com/a"},
    }
    content = content_of(activity(attachments=[own, file]), None)
    assert [each.reference for each in content.files] == [""] and content.lost


def test_the_text_once_more_is_no_file():
    html = {"contentType": "text/html", "content": "<p>hello</p>"}
    reply = {"contentType": "messageReference", "content": "{}"}
    content = read(text="hello", attachments=[html, reply])
    assert (content.text, content.files, content.lost) == ("hello", (), False)
    # An animated picture: nothing else tells of it.
    assert read(text="", attachments=[html]).lost


@pytest.mark.parametrize(
    ("content", "text", "lost"),
    [
        ({"title": "Order", "text": "<b>10234</b>", "subtitle": "x"}, "Order\nx\n10234", False),
        ({"body": [{"type": "TextBlock", "text": "x"}]}, "", True),
        (None, "", True),
    ],
)
def test_cards_of_users(content, text, lost):
    found = attached(contentType="application/vnd.microsoft.card.hero", content=content)
    assert (found.text, found.lost) == (text, lost)


def test_an_edit_and_a_deletion():
    edit = read(
        type="messageUpdate",
        text="two",
        timestamp="2026-01-05T10:00:01Z",
        attachments=[{"contentType": "image/png", "contentUrl": "https://cdn.example.com/a"}],
    )
    assert (edit.change, edit.text, edit.files) == ("edit", "two", ())
    later = read(type="messageUpdate", text="three", timestamp="2026-01-05T10:00:02Z")
    deletion = read(type="messageDelete")
    assert deletion.change == "deletion"
    keys = {edit.key, later.key, deletion.key, read(text="one").key}
    assert len(keys) == 4


def test_a_repeat_has_the_same_key_and_another_conversation_another():
    assert read(text="one").key == read(text="one").key
    assert read(text="one").key != read(text="one", conversation={"id": "a:2"}).key
    assert read(text="one", id=None).key is None
    assert "148156" not in str(read(id="x" * 5_000).key) and len(read(id="x" * 5_000).key) < 64


@pytest.mark.parametrize("odd", [None, 7, "text", [], [None], {"id": []}])
def test_odd_shapes(odd):
    fields = ("text", "entities", "attachments", "conversation", "recipient", "value", "id")
    for field in fields:
        content_of(activity(**{field: odd}), SERVICE)
