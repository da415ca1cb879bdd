"""Webex: rooms, limits in bytes, refusals, and files that the API tells of."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import UserMessage

from tests.support.names import AGENTS, TEXTS
from tests.support.platforms import webexteams
from zendesk_handoff.channels.adapters.webexteams import WebexTeamsAdapter
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channel_output import ChannelOutput

ROOM = "Y2lzY29-private"
PLACE = {"room": ROOM}


@pytest.fixture
def api():
    with webexteams.WebexApi() as served:
        yield served


@pytest.fixture
def channel(api):
    return webexteams.LocalWebexInput.from_credentials(webexteams.block(api.url))


@pytest.fixture
def adapter(channel):
    return WebexTeamsAdapter(channel)


def message(text="hello", output=None):
    return UserMessage(text, output, ROOM, input_channel="webexteams")


def test_the_room_of_the_message_and_not_that_of_the_settings(adapter, channel):
    assert adapter.address(message(output=channel.get_output_channel())) == PLACE


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("text", [*TEXTS, "ق" * 9000])
async def test_agents_words_arrive_within_the_limit_in_bytes(adapter, api, name, text):
    output = ChannelOutput(adapter, "webexteams", PLACE)
    await output.send_agent_message(ROOM, AgentMessage("1", name, "a", "text", text), key="k")
    shown = "".join(api.texts(ROOM))
    assert shown.replace(" ", "") == f"{name}: {text}".replace(" ", "")
    assert {each["roomId"] for each in api.posts} == {ROOM}


async def test_pictures_and_files(adapter, api):
    await adapter.send(ROOM, PLACE, {"image": "https://x.example/a.png"}, key="")
    await adapter.send(ROOM, PLACE, {"attachment": "https://x.example/a.pdf"}, key="")
    assert [each["files"] for each in api.posts] == [
        ["https://x.example/a.png"],
        ["https://x.example/a.pdf"],
    ]


@pytest.mark.parametrize("path", ["/etc/hostname", "file:///etc/hostname", "a.png"])
async def test_no_file_of_this_machine_is_sent(adapter, api, path):
    with pytest.raises(NotDelivered) as raised:
        await adapter.send(ROOM, PLACE, {"image": path}, key="")
    assert not raised.value.may_repeat and api.posts == []


@pytest.mark.parametrize(
    ("status", "headers", "may_repeat", "after"),
    [
        *((each, {}, False, None) for each in (400, 401, 403, 404, 409)),
        (429, {"Retry-After": "4"}, True, 4.0),
        (429, {"Retry-After": "soon"}, True, None),
        (423, {"Retry-After": "2"}, True, 2.0),
        (500, {}, True, None),
        (204, {}, False, None),
    ],
)
async def test_refusals(adapter, api, status, headers, may_repeat, after):
    api.refuse(status, {"message": "cannot post: hello, secret"}, headers=headers)
    with pytest.raises(NotDelivered) as raised:
        await adapter.send(ROOM, PLACE, {"text": "hello, secret"}, key="")
    assert "secret" not in str(raised.value)
    assert (raised.value.may_repeat, raised.value.retry_after) == (may_repeat, after)


async def test_no_connection(channel):
    channel.api = webexteams.WebexTeamsAPI("token", base_url="http://127.0.0.1:9/v1/")
    with pytest.raises(NotDelivered) as raised:
        await WebexTeamsAdapter(channel).send(ROOM, PLACE, {"text": "hello"}, key="")
    assert raised.value.may_repeat


def announced(room=ROOM, message_id="m1"):
    return SimpleNamespace(body=json.dumps({"data": {"id": message_id, "roomId": room}}))


async def test_files_are_asked_for(adapter, api):
    files = [f"{api.url}/v1/contents/c1"]
    api.messages["m1"] = {"id": "m1", "roomId": ROOM, "files": files}
    content = adapter.receive(message(None), announced())
    assert (content.text, content.key) == ("", "webexteams:m1")
    content = await adapter.complete(message(None), content)
    assert [each.reference for each in content.files] == files
    api.files["c1"] = (b"png", "image/png")
    file = await adapter.fetch(files[0])
    assert (file.data, file.media_type, file.name) == (b"png", "image/png", "lid.png")


async def test_a_message_of_another_room_is_not_used(adapter, api):
    api.messages["m1"] = {"id": "m1", "roomId": "another", "files": ["https://x.example"]}
    content = await adapter.complete(message(), adapter.receive(message(), announced()))
    assert content.files == ()
    assert adapter.receive(message(), announced(room="another")).key is None
    assert adapter.receive(message(), announced(message_id="../people/me")).key is None


async def test_the_token_goes_to_webex_alone_and_a_scan_is_waited_for(adapter, api):
    with webexteams.WebexApi() as other, pytest.raises(NotDelivered) as raised:
        await adapter.fetch(f"{other.url}/v1/contents/c1")
    assert other.tokens_seen == [] and not raised.value.may_repeat
    api.refuse(423, headers={"Retry-After": "3"})
    with pytest.raises(NotDelivered) as raised:
        await adapter.fetch(f"{api.url}/v1/contents/c1")
    assert (raised.value.may_repeat, raised.value.retry_after) == (True, 3.0)
