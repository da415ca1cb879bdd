"""Rocket.Chat: logins, refusals, markup, and what is read out of its webhooks."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest
import structlog
from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rocketchat import RocketChatInput

from tests.support.names import AGENTS, TEXTS
from tests.support.platforms import rocketchat
from zendesk_handoff.channels.adapters.rocketchat import RocketChatAdapter
from zendesk_handoff.domain.markup import WORD_JOINER
from zendesk_handoff.domain.messages import AgentMessage, Button
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channel_output import ChannelOutput

ROOM = "r" * 17
PLACE = {"room": ROOM}


@pytest.fixture
def api():
    with rocketchat.RocketChatApi() as served:
        yield served


@pytest.fixture
def channel(api):
    return RocketChatInput.from_credentials(rocketchat.block(api.url))


@pytest.fixture
def adapter(channel):
    return RocketChatAdapter(channel)


def message(text="hello"):
    return UserMessage(text, None, ROOM, input_channel="rocketchat")


def read(adapter, text="hello", **body):
    return adapter.receive(message(text), SimpleNamespace(body=json.dumps(body)))


async def refusal(adapter):
    with pytest.raises(NotDelivered) as raised:
        await adapter.send(ROOM, PLACE, {"text": "hello, secret"}, key="")
    assert "secret" not in str(raised.value) and rocketchat.PASSWORD not in str(raised.value)
    return raised.value


async def test_one_login_for_all_messages_and_another_when_it_has_expired(adapter, api):
    await adapter.send(ROOM, PLACE, {"text": "one"}, key="")
    await adapter.send(ROOM, PLACE, {"text": "two"}, key="")
    assert api.logins == 1
    api.valid.clear()
    await adapter.send(ROOM, PLACE, {"text": "three"}, key="")
    assert (api.logins, api.texts(ROOM)) == (2, ["one", "two", "three"])


async def test_a_wrong_password_is_for_good(adapter, channel):
    channel.password = "wrong"
    assert not (await refusal(adapter)).may_repeat


async def test_no_connection(adapter, channel, api):
    channel.server_url = "http://127.0.0.1:9"
    assert (await refusal(adapter)).may_repeat
    channel.server_url = api.url
    await adapter.send(ROOM, PLACE, {"text": "later"}, key="")
    assert api.texts(ROOM) == ["later"]


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("text", TEXTS)
async def test_agents_words_arrive(adapter, api, name, text):
    output = ChannelOutput(adapter, "rocketchat", PLACE)
    await output.send_agent_message(ROOM, AgentMessage("1", name, "a", "text", text), key="k")
    shown = "".join(api.texts(ROOM)).replace("\\", "").replace(WORD_JOINER, "")
    assert shown.replace(" ", "").startswith(f"{name}: {text[:200]}".replace(" ", "").strip()[:150])
    assert all(len(each) <= 5000 for each in api.texts(ROOM))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("*one* _two_", r"\*one\* \_two\_"),
        ("@here", "@\u2060here"),
        ("[a](b)", "[a]\u2060(b)"),
        ("> said", "\u2060> said"),
        ("https://x.example/a_b#c", "https://x.example/a_b#c"),
    ],
)
def test_markup_and_mentions(adapter, text, written):
    assert adapter.literal(text) == written


async def test_buttons_pictures_and_files(adapter, api):
    asked = AgentMessage("1", "Ana", "a", "text", "Which?", buttons=(Button("Red"), Button("Blue")))
    await ChannelOutput(adapter, "rocketchat", PLACE).send_agent_message(ROOM, asked, key="k")
    actions = api.posts[0]["attachments"][0]["actions"]
    assert [(each["text"], each["msg"]) for each in actions] == [("Red", "Red"), ("Blue", "Blue")]
    await adapter.send(ROOM, PLACE, {"image": "https://x.example/a.png"}, key="")
    await adapter.send(ROOM, PLACE, {"attachment": "https://x.example/b%20c.pdf"}, key="")
    assert api.posts[1]["attachments"][0]["image_url"] == "https://x.example/a.png"
    assert api.posts[2]["attachments"][0]["title"] == "b c.pdf"


async def say(adapter, text, *, author="Ana", picture="https://pictures.example/ana.png"):
    said = AgentMessage("1", author, "a", "text", text, avatar_url=picture)
    await ChannelOutput(adapter, "rocketchat", PLACE).send_agent_message(ROOM, said, key=text)


@pytest.mark.parametrize("picture", ["https://pictures.example/ana.png", "http://10.0.0.1/a", None])
async def test_an_agent_has_a_name_and_a_picture(adapter, api, picture):
    await say(adapter, "hello", picture=picture)
    await ChannelOutput(adapter, "rocketchat", PLACE).send_response(ROOM, {"text": "the bot's"})
    agents, bots = api.posts
    assert agents["alias"] == "Ana"
    assert agents.get("avatar") == (picture if picture and "https" in picture else None)
    assert not {"alias", "avatar"} & bots.keys()


async def test_without_the_permission_no_message_is_lost(adapter, api):
    api.sender_error = "Not enough permission"
    with structlog.testing.capture_logs() as logs:
        await say(adapter, "one")
        await say(adapter, "two")
    assert [each["text"] for each in api.posts] == ["Ana: one", "Ana: two"]
    assert [each["event"] for each in logs] == ["handoff.rocketchat.sender_refused"]


async def test_a_refusal_of_the_room_is_not_the_names(adapter, api):
    api.closed.add(ROOM)
    with pytest.raises(NotDelivered):
        await say(adapter, "one")
    api.closed.clear()
    await say(adapter, "two")
    assert api.posts[0]["alias"] == "Ana"


async def test_refusals(adapter, api):
    api.closed.add(ROOM)
    found = await refusal(adapter)
    assert not found.may_repeat and "error-not-allowed" in found.reason
    api.closed.clear()
    slow = {"success": False, "error": "Slow down, hello, secret [error-too-many-requests]"}
    reset = str(int((time.time() + 60) * 1000))
    api.refuse(429, slow, headers={"X-RateLimit-Reset": reset})
    found = await refusal(adapter)
    assert found.may_repeat and 0 < found.retry_after <= 60
    for status, body in ((500, None), (502, "odd"), (200, ["odd"]), (200, {})):
        api.refuse(status, body)
        assert (await refusal(adapter)).may_repeat
    api.refuse(200, {"success": False, "error": "hello, secret"})
    assert not (await refusal(adapter)).may_repeat


def test_a_message_and_its_edits(adapter):
    first = read(adapter, channel_id=ROOM, message_id="m1")
    assert (first.text, first.key, first.change) == ("hello", "rocketchat:m1", None)
    edits = [
        read(adapter, text, channel_id=ROOM, message_id="m1", isEdited=True)
        for text in ("hallo", "hallo", "hullo")
    ]
    assert [each.change for each in edits] == ["edit"] * 3
    assert len({first.key, *(each.key for each in edits)}) == 3


def test_an_uploaded_file(adapter):
    sent = {"files": [{"_id": "f1", "name": "a b.png", "type": "image/png"}]}
    content = read(adapter, "", channel_id=ROOM, message_id="m1", message=sent)
    assert [each.reference for each in content.files] == ["/file-upload/f1/a%20b.png"]


@pytest.mark.parametrize(
    "location",
    [
        None,
        "odd",
        {"coordinates": [13.4]},
        {"coordinates": ["13.4", "52.5"]},
        {"coordinates": [13.4, 91]},
        {"coordinates": [float("nan"), 52.5]},
    ],
)
async def test_a_place_that_is_none(adapter, api, location):
    api.messages["m1"] = {"_id": "m1", "rid": ROOM, "msg": "", "location": location}
    content = read(adapter, "", channel_id=ROOM, message_id="m1")
    found = await adapter.complete(message(""), content)
    assert (found.places, found.lost) == ((), True)


async def test_words_are_not_asked_for(adapter, channel):
    channel.server_url = "http://127.0.0.1:9"
    for body in ({"message_id": "m1"}, {"message_id": "m1", "isEdited": True}, {}):
        content = read(adapter, channel_id=ROOM, **body)
        assert await adapter.complete(message(), content) == content
    nameless = read(adapter, "", channel_id=ROOM, message_id="m1&roomId=x")
    assert await adapter.complete(message(""), nameless) == nameless


def test_all_messages_of_a_visitor(adapter):
    messages = [
        {"_id": "m1", "username": "guest", "msg": "one"},
        {"_id": "m2", "username": rocketchat.USER, "msg": "the bot's"},
        {"_id": "m3", "username": "guest", "msg": "", "fileUpload": {"publicFilePath": "/f/a.png"}},
        "odd",
    ]
    content = read(adapter, _id=ROOM, visitor={}, messages=messages)
    assert (content.text, content.files[0].name) == ("one", "a.png")
    assert content.key == "rocketchat:m1:m3"


@pytest.mark.parametrize("body", ["", "[]", '{"channel_id": "another", "text": "x"}', '{"_id": 1}'])
def test_another_request_is_not_used(adapter, body):
    assert adapter.receive(message(), SimpleNamespace(body=body)).text == "hello"


async def test_a_file_is_read_with_the_login(adapter, api):
    api.files["f1"] = (b"png", "image/png")
    assert (await adapter.fetch("/file-upload/f1/a.png")).data == b"png"
    api.valid.clear()
    assert (await adapter.fetch("/file-upload/f1/a.png")).data == b"png"
    with rocketchat.RocketChatApi() as other, pytest.raises(NotDelivered):
        await adapter.fetch(f"{other.url}/file-upload/f1/a.png")
    assert other.tokens_seen == []
