"""The adapter of Messenger: what it sends, what it makes of refusals, how it reads files."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import pytest
from aiohttp import web

from tests.support.names import AGENTS, TEXTS
from tests.support.platforms import facebook
from zendesk_handoff.channels.adapters.downloads import download, origin
from zendesk_handoff.channels.adapters.facebook import FacebookAdapter, is_metas
from zendesk_handoff.domain.messages import AgentMessage, Button, Card
from zendesk_handoff.domain.text import units
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channel_output import ChannelOutput

USER = "2400000000000001"


@pytest.fixture
def api():
    with facebook.MessengerApi() as served:
        yield served


@pytest.fixture
def adapter(api):
    return FacebookAdapter(facebook.StockFacebookInput.from_credentials(facebook.block(api.url)))


@pytest.fixture
def output(adapter):
    return ChannelOutput(adapter, "facebook", {})


def agents(text="", **values):
    return AgentMessage(
        id="m1", author=values.pop("author", "Ana"), agent_id="a", kind="text", text=text, **values
    )


async def refused(output, user=USER, **response):
    with pytest.raises(NotDelivered) as caught:
        await output.send_response(user, response or {"text": "secret words"})
    assert facebook.TOKEN not in str(caught.value)
    assert "secret words" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_texts_arrive_as_they_are(text, output, api):
    await output.send_agent_message(USER, agents(text), key="k")
    assert " ".join(api.texts(USER)).split() == f"Ana: {text}".split()


@pytest.mark.parametrize("author", AGENTS)
async def test_names_arrive_as_they_are(author, output, api):
    await output.send_agent_message(USER, agents("hello", author=author), key="k")
    assert api.texts(USER) == [f"{author}: hello"]


async def test_a_long_text_is_divided(output, api):
    await output.send_agent_message(USER, agents("👩‍👩‍👧 " * 1_500), key="k")
    assert all(units(each) <= 2000 for each in api.texts(USER))
    assert "".join(api.texts(USER)).count("👩‍👩‍👧") == 1_500


async def test_paragraphs_stay_in_one_message(output, api):
    await output.send_agent_message(USER, agents("one\n\ntwo"), key="k")
    assert api.texts(USER) == ["Ana: one\n\ntwo"]


async def test_files_are_attachments_of_their_kind_or_links(output, api):
    for kind, name, type_, size in (
        ("image", "a.jpg", "image/jpeg", 10),
        ("image", "b.heic", "image/heic", 10),
        ("file", "c.pdf", "application/pdf", 10),
        ("file", "d.mp4", "video/mp4", 10),
        ("file", "e.mp3", "audio/mpeg", 10),
        ("file", "f.zip", "application/zip", 26 * 1024 * 1024),
    ):
        message = AgentMessage(
            "m", "", None, kind, "", f"https://x.example/{name}", name, type_, size
        )
        await output.send_agent_message(USER, message, key=name)
    attachments = [each["attachment"] for each in api.sent[USER] if "attachment" in each]
    assert [(each["type"], each["payload"]["url"][-5:]) for each in attachments] == [
        *(("image", "a.jpg"), ("file", "c.pdf"), ("video", "d.mp4"), ("audio", "e.mp3"))
    ]
    words = " ".join(each.get("text", "") for each in api.sent[USER])
    assert "https://x.example/b.heic" in words
    assert "https://x.example/f.zip" in words


async def test_choices_are_buttons_quick_replies_or_a_list(output, api):
    for titles in (["Yes", "No"], list("abcd"), ["x" * 21], [str(each) for each in range(14)]):
        buttons = [Button(each) for each in titles]
        await output.send_agent_message(USER, agents("choose", buttons=buttons), key=str(titles))
    template, replies, long_one, many = api.sent[USER]
    assert template["attachment"]["payload"]["buttons"] == [
        {"type": "postback", "title": each, "payload": each} for each in ("Yes", "No")
    ]
    assert [each["payload"] for each in replies["quick_replies"]] == list("abcd")
    assert "1. " + "x" * 21 in long_one["text"]
    assert "14. 13" in many["text"]


async def test_a_bots_links_are_buttons_up_to_three(output, api):
    links = [{"title": f"L{each}", "url": f"https://x.example/{each}"} for each in range(4)]
    await output.send_response(USER, {"text": "see", "buttons": links[:3]})
    await output.send_response(USER, {"text": "see", "buttons": links})
    first, second = api.sent[USER]
    made = first["attachment"]["payload"]["buttons"]
    assert [each["type"] for each in made] == ["web_url"] * 3
    assert "https://x.example/3" in second["text"]


@pytest.mark.parametrize(
    ("card", "is_template"),
    [
        (Card("Mug", "blue", "https://x.example/mug.png", (Button("Buy", "https://x.e/1"),)), True),
        (Card("Mug", "d" * 81), False),
        (Card("M" * 81, "blue"), False),
        (Card("Mug"), False),
        (Card("Mug", "blue", buttons=tuple(Button(f"b{each}") for each in range(4))), False),
    ],
)
async def test_cards_come_whole(card, is_template, output, api):
    await output.send_agent_message(USER, agents("look", cards=[card]), key="k")
    templates = [each for each in api.sent[USER] if "attachment" in each]
    assert bool(templates) is is_template
    words = " ".join(api.texts(USER))
    assert card.title in words
    assert card.description in words


async def test_a_designers_own_messages(output, api):
    custom = {"text": "hi", "quick_replies": [{"content_type": "text", "title": "a"}]}
    await output.send_response(USER, {"custom": {**custom, "sender": {"id": "7"}}})
    elements = [{"title": "Mug", "subtitle": "", "buttons": [{"title": "A", "payload": "/a"}]}]
    await output.send_response(USER, {"elements": elements})
    media = {"type": "image", "payload": {"url": "https://x.example/a.png"}}
    await output.send_response(USER, {"attachment": media})
    first, second, third = api.sent[USER]
    assert first == custom
    assert second["attachment"]["payload"]["elements"][0]["buttons"][0]["type"] == "postback"
    assert third["attachment"] == media


@pytest.mark.parametrize(
    ("status", "fields", "may_repeat", "words"),
    [
        (400, {"code": 10, "error_subcode": 2018278}, False, "24 hours"),
        (400, {"code": 551, "error_subcode": 1545041}, False, "not available"),
        (400, {"code": 551}, False, "not available"),
        (400, {"code": 100, "error_subcode": 2018001}, False, "no such user"),
        (400, {"code": 100, "message": "about secret words"}, False, "error 100"),
        (400, {"code": 190}, False, "token"),
        (403, {"code": 200}, False, "permission"),
        (400, {"code": 613}, True, "too many"),
        (400, {"code": 4}, True, "too many"),
        (400, {"code": 1200}, True, "1200"),
        (400, {"code": 77, "is_transient": True}, True, "77"),
        (500, {"code": 1}, True, "1"),
        (200, {"code": 551}, False, "not available"),
        (400, {"code": "x", "error_subcode": ["secret words"]}, False, "400"),
    ],
)
async def test_refusals(status, fields, may_repeat, words, output, api):
    api.refuse(status, {"error": {"message": "secret words", **fields}})
    refusal = await refused(output)
    assert refusal.may_repeat is may_repeat
    assert words in refusal.reason


async def test_too_many_messages_come_with_a_time(output, api):
    api.refuse(429, {"error": {"code": 613}}, headers={"Retry-After": "17"})
    assert (await refused(output)).retry_after == 17


@pytest.mark.parametrize(
    ("status", "text", "may_repeat"),
    [
        (502, "<html>", True),
        (200, "[]", True),
        (200, "", True),
        (200, "{}", True),
        (404, "", False),
    ],
)
async def test_an_answer_that_cannot_be_read_is_no_delivery(status, text, may_repeat, output, api):
    api._refusals.append(web.Response(status=status, text=text, content_type="application/json"))
    assert (await refused(output)).may_repeat is may_repeat


async def test_a_redirect_is_not_followed(output, api):
    elsewhere = f"{api.url}/v2.12/me/messages?access_token={facebook.TOKEN}"
    api._refusals.append(web.Response(status=307, headers={"Location": elsewhere}))
    assert not (await refused(output)).may_repeat
    assert not api.sent


async def test_without_a_connection_it_is_sent_again_later(output, api):
    facebook.redirect("http://127.0.0.1:9")
    assert (await refused(output)).may_repeat


async def test_what_is_refused_in_its_form_comes_in_words(output, api):
    api.refuse(400, {"error": {"code": 100, "error_subcode": 2018047}})
    await output.send_response(USER, {"image": "https://x.example/a.png"})
    assert api.texts(USER) == ["https://x.example/a.png"]


async def test_files_are_read_from_metas_addresses_alone(adapter, api):
    api.files["a.png"] = (b"png", "image/png")
    api.redirects["moved"] = f"{api.url}/files/a.png"
    api.redirects["away"] = api.url.replace("127.0.0.1", "localhost") + "/files/a.png"
    for name in ("a.png", "moved"):
        found = await adapter.fetch(f"{api.url}/files/{name}?oh=1")
        assert (found.data, found.media_type, found.name) == (b"png", "image/png", "a.png")
    for url in (f"{api.url}/files/away", f"{api.url}/files/gone", "http://169.254.169.254/x"):
        with pytest.raises(NotDelivered) as caught:
            await adapter.fetch(url)
        assert not caught.value.may_repeat


async def test_a_file_that_is_too_large_is_not_read_whole(adapter, api, monkeypatch):
    api.files["big"] = (b"x" * 11, "image/png")
    read = functools.partial(download, max_bytes=10)
    monkeypatch.setattr("zendesk_handoff.channels.adapters.facebook.download", read)
    with pytest.raises(NotDelivered) as caught:
        await adapter.fetch(f"{api.url}/files/big")
    assert not caught.value.may_repeat


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://scontent.xx.fbcdn.net/v/t1/a.jpg?oh=1", True),
        ("https://cdn.fbsbx.com/v/a.mp4", True),
        ("http://cdn.fbsbx.com/v/a.mp4", False),
        ("https://cdn.fbsbx.com:8443/v/a.mp4", False),
        ("https://evilfbcdn.net/a", False),
        ("https://fbcdn.net@evil.example/a", False),
        ("https://[", False),
        ("file:///etc/passwd", False),
    ],
)
def test_metas_hosts(url, expected):
    found = origin(url)
    assert (found is not None and is_metas(found)) is expected


def test_the_start_says_what_rasas_channel_drops(adapter, api):
    assert "zendesk_handoff.channels.FacebookInput" in " ".join(adapter.limitations())
    own = facebook.OurFacebookInput.from_credentials(facebook.block(api.url))
    assert FacebookAdapter(own).limitations() == []


async def test_agents_typing_is_shown(adapter, api):
    for is_on in (True, False):
        await adapter.show_typing(USER, {}, is_on=is_on)
    assert api.actions[USER] == ["typing_on", "typing_off"]


async def test_no_token_is_in_the_error_of_a_sign_that_is_not_taken(adapter, api):
    client = adapter.channel.get_output_channel().messenger_client
    adapter.channel.get_output_channel = lambda: SimpleNamespace(messenger_client=client)
    client.graph_url = "http://127.0.0.1:9"
    with pytest.raises(NotDelivered) as caught:
        await adapter.show_typing(USER, {}, is_on=True)
    assert facebook.TOKEN not in repr(caught.value)
