"""The adapter of Telegram: what it sends, what it makes of refusals, how it reads files."""

from __future__ import annotations

import json

import pytest
from aiohttp import web
from rasa.core.channels.channel import UserMessage

from tests.support.names import AGENTS, TEXTS
from tests.support.platforms import telegram
from zendesk_handoff.channels.adapters.telegram import TelegramAdapter
from zendesk_handoff.domain.messages import AgentMessage, Button
from zendesk_handoff.domain.text import units
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.response_tracking import TrackedResponse, current_response, keep_request

CHAT = "4915170000001"


class Channel:
    access_token = telegram.TOKEN


@pytest.fixture
async def api():
    async with telegram.telegram_api() as found:
        telegram.redirect(found.url)
        yield found


@pytest.fixture
async def adapter(api):
    made = TelegramAdapter(Channel())
    yield made
    await made.close()


@pytest.fixture
def output(adapter):
    return ChannelOutput(adapter, "telegram", {"chat": CHAT})


def agents(text="", **values):
    return AgentMessage(
        id="m1", author=values.pop("author", "Ana"), agent_id="a", kind="text", text=text, **values
    )


async def refused(output, **response):
    with pytest.raises(NotDelivered) as caught:
        await output.send_response(CHAT, response)
    return caught.value


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_texts_arrive_as_they_are(text, output, api):
    await output.send_agent_message(CHAT, agents(text), key="k")
    assert " ".join(api.texts(CHAT)).split() == f"Ana: {text}".split()
    assert all("parse_mode" not in each for each in api.sent[CHAT])


@pytest.mark.parametrize("author", AGENTS)
async def test_names_arrive_as_they_are(author, output, api):
    await output.send_agent_message(CHAT, agents("hello", author=author), key="k")
    assert api.texts(CHAT) == [f"{author}: hello"]


async def test_a_long_text_is_divided_by_utf16_units(output, api):
    text = "👩‍👩‍👧 " * 1_500
    await output.send_agent_message(CHAT, agents(text), key="k")
    assert len(api.texts(CHAT)) == 4
    assert all(units(each) <= 4096 for each in api.texts(CHAT))
    assert "".join(api.texts(CHAT)).count("👩‍👩‍👧") == 1_500


async def test_pictures_and_files_arrive_or_their_links(output, api):
    for kind, name, type_ in (
        ("image", "a.jpg", "image/jpeg"),
        ("image", "b.gif", "image/gif"),
        ("image", "c.webp", "image/webp"),
        ("file", "d.pdf", "application/pdf"),
        ("file", "e.docx", "application/msword"),
        ("file", "f.bin", None),
    ):
        message = AgentMessage(
            "m", "", None, kind, "", f"https://x.example/{name}", name, type_, None
        )
        await output.send_agent_message(CHAT, message, key=name)
    methods = [each["method"] for each in api.sent[CHAT]]
    assert methods.count("sendphoto") == 1
    assert methods.count("sendanimation") == 1
    assert methods.count("senddocument") == 1
    links = " ".join(api.texts(CHAT))
    assert all(f"https://x.example/{name}" in links for name in ("c.webp", "e.docx", "f.bin"))


async def test_buttons_send_what_fits_into_64_bytes(output, api):
    long_title, titles = "Ä" * 40, ("Yes", "Ä" * 40)
    await output.send_agent_message(
        CHAT, agents("choose", buttons=[Button(each) for each in titles]), key="k"
    )
    await output.send_response(
        CHAT,
        {
            "text": "bot",
            "buttons": [
                {"title": "Go on", "payload": "/go" + json.dumps({"to": "x" * 80})},
                {"title": "End", "payload": "/end_handoff"},
            ],
        },
    )
    keyboards = [json.loads(each["reply_markup"])["inline_keyboard"] for each in api.sent[CHAT]]
    assert keyboards == [
        [
            [{"text": "Yes", "callback_data": "Yes"}],
            [{"text": long_title, "callback_data": "2"}],
        ],
        [
            [{"text": "Go on", "callback_data": "Go on"}],
            [{"text": "End", "callback_data": "/end_handoff"}],
        ],
    ]


async def test_a_topic_is_kept_and_a_lost_topic_is_a_refusal(adapter, api):
    api.topics.add("7")
    in_topic = ChannelOutput(adapter, "telegram", {"chat": CHAT, "topic": 7})
    await in_topic.send_response(CHAT, {"text": "here"})
    assert api.sent[CHAT][0]["message_thread_id"] == "7"
    api.topics.clear()
    refusal = await refused(in_topic, text="private words")
    assert not refusal.may_repeat
    assert "message thread not found" in refusal.reason
    assert len(api.sent[CHAT]) == 1, "not in the group's general topic"


@pytest.mark.parametrize(
    ("status", "description", "may_repeat", "words"),
    [
        (403, "Forbidden: bot was blocked by the user", False, "bot was blocked by the user"),
        (403, "Forbidden: user is deactivated", False, "user is deactivated"),
        (400, "Bad Request: chat not found", False, "chat not found"),
        (400, "Bad Request: message is too long", False, "message is too long"),
        (400, "Bad Request: can't do it with 'secret words'", False, "400"),
        (404, "Not Found", False, "404"),
        (500, "Internal Server Error", True, "failed"),
        (502, "Bad Gateway", True, "failed"),
    ],
)
async def test_refusals(status, description, may_repeat, words, output, api):
    api.refuse(status, description)
    refusal = await refused(output, text="secret words")
    assert refusal.may_repeat is may_repeat
    assert words in refusal.reason
    assert "secret" not in refusal.reason


async def test_too_many_messages_come_with_a_time(output, api):
    api.refuse(429, "Too Many Requests: retry after 17", retry_after=17)
    refusal = await refused(output, text="hello")
    assert (refusal.may_repeat, refusal.retry_after) == (True, 17)


async def test_a_group_that_has_moved_is_followed(output, api):
    api.refuse(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100200)
    await output.send_response(CHAT, {"text": "hello"})
    assert api.texts("-100200") == ["hello"]
    for _ in range(2):
        api.refuse(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100200)
    assert not (await refused(output, text="hello")).may_repeat


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text="<html>", content_type="text/html", status=502),
        lambda: web.Response(text="[]", content_type="application/json"),
        lambda: web.Response(text="", content_type="application/json", status=500),
        lambda: web.json_response({"ok": True, "result": True}),
    ],
)
async def test_an_answer_that_cannot_be_read_is_no_delivery(answer, output, api):
    api.answers.append(answer())
    assert (await refused(output, text="hello")).may_repeat


async def test_without_a_connection_it_is_sent_again_later(adapter, output, api):
    telegram.redirect("http://127.0.0.1:9")
    refusal = await refused(output, text="hello")
    assert refusal.may_repeat
    assert telegram.TOKEN not in refusal.reason


async def test_a_file_is_read_with_the_token(adapter, api):
    api.files["voice-1"] = b"OggS"
    found = await adapter.fetch("voice-1")
    assert found.data == b"OggS"
    with pytest.raises(NotDelivered) as caught:
        await adapter.fetch("gone")
    assert not caught.value.may_repeat
    assert telegram.TOKEN not in str(caught.value)


async def test_a_file_elsewhere_does_not_get_the_token(adapter, api, monkeypatch):
    asked = []

    async def elsewhere(request):
        asked.append(request.path)
        raise web.HTTPFound(f"{api.url.replace('127.0.0.1', 'localhost')}/file/elsewhere")

    monkeypatch.setattr(api, "files", {"a": b"x"})
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", api.answer)
    app.router.add_get("/file/{rest:.*}", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    telegram.redirect(f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        with pytest.raises(NotDelivered):
            await adapter.fetch("a")
    finally:
        await runner.cleanup()
    assert len(asked) == 1


async def test_a_file_that_is_too_large_is_not_read_whole(adapter, api, monkeypatch):
    monkeypatch.setattr("zendesk_handoff.channels.adapters.telegram.MAX_FILE_BYTES", 10)
    api.files["big"] = b"x" * 11
    with pytest.raises(NotDelivered) as caught:
        await adapter.fetch("big")
    assert not caught.value.may_repeat


class Request:
    def __init__(self, **update):
        self.body = json.dumps(update).encode()


def test_the_topic_is_that_of_the_messages_own_request(adapter):
    message = UserMessage("hi", None, CHAT, input_channel="telegram")
    sent = {"chat": {"id": int(CHAT)}, "message_thread_id": 7, "is_topic_message": True}
    token = current_response.set(TrackedResponse(Request(message=sent)))
    keep_request(message)
    other = {"chat": {"id": int(CHAT)}, "message_thread_id": 8, "is_topic_message": True}
    current_response.set(TrackedResponse(Request(message=other)))
    try:
        assert adapter.address(message) == {"chat": CHAT, "topic": 7}
    finally:
        current_response.reset(token)
    unknown = UserMessage("hi", None, "12", input_channel="telegram")
    assert adapter.address(unknown) == {"chat": "12"}


def test_a_request_of_another_chat_is_not_read(adapter):
    request = Request(message={"chat": {"id": 5}, "text": "of somebody else"})
    message = UserMessage("own words", None, CHAT)
    assert adapter.receive(message, request).text == "own words"
    assert adapter.receive(message, None).text == "own words"


def test_the_start_says_that_rasas_channel_does_not_work(adapter):
    assert "zendesk_handoff.channels.TelegramInput" in " ".join(adapter.limitations())
    own = telegram.LocalTelegramInputInPlace(telegram.TOKEN, "the_bot", "https://x.example")
    assert TelegramAdapter(own).limitations() == []


@pytest.mark.parametrize("place", [{}, {"topic": 7}])
async def test_agents_typing_is_shown_where_the_talk_is(adapter, api, place):
    await adapter.show_typing(CHAT, {"chat": CHAT, **place}, is_on=True)
    await adapter.show_typing(CHAT, {"chat": CHAT, **place}, is_on=False)
    [shown] = api.actions
    assert (shown["chat_id"], shown["action"]) == (CHAT, "typing")
    assert shown.get("message_thread_id") == (str(place["topic"]) if place else None)
    assert api.sent[CHAT] == []
