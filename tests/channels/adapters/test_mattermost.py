"""Mattermost: places, refusals, markup, and what is read out of its webhooks."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.channels.mattermost import MattermostBot, MattermostInput

from tests.support.names import AGENTS, TEXTS
from tests.support.platforms import mattermost
from zendesk_handoff.channels.adapters.mattermost import MattermostAdapter
from zendesk_handoff.domain.messages import AgentMessage, Button
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channel_output import ChannelOutput

PLACE = {"channel": "c" * 26}
FILE = "f" * 26


@pytest.fixture
def api():
    with mattermost.MattermostApi() as served:
        yield served


@pytest.fixture
def channel(api):
    return MattermostInput.from_credentials(mattermost.block(api.url))


@pytest.fixture
def adapter(channel):
    return MattermostAdapter(channel)


def message_of(channel, text="hello"):
    output = MattermostBot(channel.url, channel.token, PLACE["channel"], channel.webhook_url)
    return UserMessage(text, output, "u1", input_channel="mattermost")


def test_the_place_is_the_channel_of_the_message(adapter, channel):
    assert adapter.address(message_of(channel)) == PLACE
    assert adapter.address(UserMessage("hi", None, "u1")) is None
    assert adapter.default_address("u1") is None


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("text", TEXTS)
async def test_agents_words_arrive(adapter, api, name, text):
    output = ChannelOutput(adapter, "mattermost", PLACE)
    await output.send_agent_message("u1", AgentMessage("1", name, "a", "text", text), key="k")
    (post,) = api.posts
    assert post["message"].replace("\\", "") == f"{name}: {text}".strip()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("*one* _two_", r"\*one\* \_two\_"),
        ("@all look", "@\u2060all look"),
        ("mara@x.example", "mara@x.example"),
        ("https://x.example/a_b_c?d=@all#e", "https://x.example/a_b_c?d=@all#e"),
        ("1. one\n- two", "1\\. one\n\\- two"),
    ],
)
def test_markup_and_mentions(adapter, text, written):
    assert adapter.literal(text) == written


async def test_buttons_and_their_titles(adapter, api, channel):
    message = AgentMessage(
        "1", "Ana", "a", "text", "Which?", buttons=(Button("Red"), Button("Blue"))
    )
    await ChannelOutput(adapter, "mattermost", PLACE).send_agent_message("u1", message, key="k")
    actions = api.posts[0]["props"]["attachments"][0]["actions"]
    assert [each["name"] for each in actions] == ["Red", "Blue"]
    body = {"user_id": "u1", "context": {"action": "/go", "title": "Red"}, "trigger_id": "t1"}
    content = adapter.receive(message_of(channel, "/go"), SimpleNamespace(body=json.dumps(body)))
    assert (content.text, content.title, content.key) == ("/go", "Red", "mattermost:t1")


async def test_pictures_and_files(adapter, api):
    await adapter.send("u1", PLACE, {"image": "https://x.example/a%20b.png"}, key="")
    await adapter.send("u1", PLACE, {"attachment": "https://x.example/a(1).pdf"}, key="")
    picture, file = api.posts
    assert picture["props"]["attachments"][0]["fallback"] == "a b.png"
    assert file["message"] == "[a(1).pdf](https://x.example/a%281%29.pdf)"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
async def test_refused_for_good(adapter, api, status):
    api.refuse(status, {"id": "api.some.app_error", "message": "hello, secret", "status_code": 4})
    with pytest.raises(NotDelivered) as raised:
        await adapter.send("u1", PLACE, {"text": "hello, secret"}, key="")
    assert not raised.value.may_repeat
    assert "api.some.app_error" in raised.value.reason and "secret" not in raised.value.reason


@pytest.mark.parametrize(
    ("status", "headers", "after"),
    [(429, {"X-RateLimit-Reset": "3"}, 3.0), (500, {}, None), (503, {"Retry-After": "x"}, None)],
)
async def test_refused_for_now(adapter, api, status, headers, after):
    api.refuse(status, "limit exceeded", headers=headers)
    with pytest.raises(NotDelivered) as raised:
        await adapter.send("u1", PLACE, {"text": "hello"}, key="")
    assert (raised.value.may_repeat, raised.value.retry_after) == (True, after)


async def test_an_answer_that_cannot_be_read(adapter, api):
    api.refuse(200, ["odd"])
    with pytest.raises(NotDelivered) as raised:
        await adapter.send("u1", PLACE, {"text": "hello"}, key="")
    assert raised.value.may_repeat


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/api/v4", "not an address"])
async def test_no_connection(channel, url):
    channel.url = url
    with pytest.raises(NotDelivered) as raised:
        await MattermostAdapter(channel).send("u1", PLACE, {"text": "hello"}, key="")
    assert raised.value.may_repeat


@pytest.mark.parametrize(
    ("body", "text", "files"),
    [
        ({"text": "@bot look at it", "trigger_word": "@bot", "file_ids": FILE}, "look at it", 1),
        ({"text": "two words", "trigger_word": "", "file_ids": [FILE, FILE]}, "two words", 2),
        ({"text": "", "trigger_word": "", "file_ids": f"{FILE},../etc"}, "", 1),
        ({"text": "@bot", "trigger_word": "@bot", "file_ids": None}, "", 0),
    ],
)
def test_what_a_webhook_tells(adapter, channel, body, text, files):
    request = SimpleNamespace(body=json.dumps({"user_id": "u1", "post_id": "p1", **body}))
    content = adapter.receive(message_of(channel), request)
    assert (content.text, len(content.files), content.key) == (text, files, "mattermost:p1")


@pytest.mark.parametrize("body", ["", "[]", "null", '{"user_id": "somebody else", "text": "x"}'])
def test_another_request_is_not_used(adapter, channel, body):
    assert adapter.receive(message_of(channel), SimpleNamespace(body=body)).text == "hello"


async def test_a_file_is_read_with_the_token(adapter, api):
    api.files[FILE] = (b"png", "image/png")
    file = await adapter.fetch(FILE)
    assert (file.data, file.media_type, file.name) == (b"png", "image/png", "lid.png")
    with pytest.raises(NotDelivered) as raised:
        await adapter.fetch("e" * 26)
    assert not raised.value.may_repeat
