"""Messenger in place of Rasa's: what the bot gets, what agents alone get, and what comes again."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace

import pytest
import requests
from aiohttp import ClientSession
from sanic import Sanic

from tests.support.platforms import facebook
from tests.support.waiting import until
from tools.processes import free_port
from zendesk_handoff.channels.inputs.facebook import FacebookOutput
from zendesk_handoff.rasa.adapter import MessageForAgents


class Server:
    def __init__(self, http, url):
        self.got, self.fails, self.holds, self.reads = [], {}, {}, []
        self.http, self.webhook = http, f"{url}/webhooks/facebook/webhook"
        self.user = facebook.MessengerUser(self.webhook, http, user="7")

    async def is_typing(self):
        return "typing_on" in self.api.actions["7"]

    def note_until(self, channel, sender_id, until):
        self.reads.append((channel, sender_id, until))

    async def take(self, message):
        if self.fails.get(message.text):
            self.fails[message.text] -= 1
            raise ValueError("of the bot")
        if message.text in self.holds:
            await self.holds[message.text].wait()
        kind = "agents" if isinstance(message, MessageForAgents) else "bot"
        self.got.append((kind, message.sender_id, message.text))
        if message.text == "answer me":
            await until(self.is_typing)
            await message.output_channel.send_response(message.sender_id, {"text": "yes"})


@pytest.fixture
def api():
    with facebook.MessengerApi() as served:
        yield served


@pytest.fixture
async def server(api):
    Sanic.test_mode = True
    app, port = Sanic("facebook"), free_port()
    channel = facebook.OurFacebookInput.from_credentials(facebook.block(api.url))
    async with ClientSession() as http:
        made = Server(http, f"http://127.0.0.1:{port}")
        made.api = api
        app.ctx.zendesk_handoff = SimpleNamespace(user_reads=made)
        app.blueprint(channel.blueprint(made.take), url_prefix="/webhooks/facebook")
        running = await app.create_server(
            host="127.0.0.1", port=port, return_asyncio_server=True, access_log=False
        )
        await running.startup()
        yield made
        running.close()
        await running.wait_closed()
        Sanic._app_registry.pop("facebook", None)


async def test_the_bot_gets_what_rasas_channel_gives_it(server, api):
    user = server.user
    await user.says("answer me")
    await user.sends(("image", {"url": "https://x.example/a.png"}))
    await user.posts(user.message("Yes", quick_reply={"payload": "/affirm"}))
    await user.posts(user.event(postback={"payload": "/track", "title": "Track"}))
    assert server.got == [
        ("bot", "7", "answer me"),
        ("bot", "7", "https://x.example/a.png"),
        ("bot", "7", "/affirm"),
        ("bot", "7", "/track"),
    ]
    assert api.texts("7") == ["yes"]

    async def is_shown():
        return {"mark_seen", "typing_on", "typing_off"} <= set(api.actions["7"])

    await until(is_shown)


async def test_what_rasas_channel_drops_is_for_agents(server):
    user = server.user
    await user.sends(("location", {"coordinates": {"lat": 1, "long": 2}}))
    await user.sends(("sticker", {"url": "https://x.example/s.png"}))
    await user.posts(user.event(message_edit={"mid": "m", "text": "now", "num_edit": 1}))
    assert server.got == [("agents", "7", "")] * 3


async def test_what_users_have_read_is_reported(server):
    await server.user.posts(server.user.event(read={"watermark": 1_458_668_856_253}))
    await server.user.says("hello")
    assert server.reads == [("ourfacebook", "7", 1_458_668_856.253)]
    assert server.got == [("bot", "7", "hello")]


async def test_every_event_of_a_request_is_handled_once(server):
    user = server.user
    other = facebook.MessengerUser("", None, user="8")
    events = [
        user.message("one"),
        {"sender": None, "message": 5},
        user.event(read={"watermark": 1}),
        user.message("echo", is_echo=True),
        other.message("two"),
        user.message("three"),
    ]
    body = {"object": "page", "entry": [{"messaging": events[:3]}, 7, {"messaging": events[3:]}]}
    await user.posts_body(body)
    await user.posts_body(body)
    assert [each[1:] for each in server.got] == [("7", "one"), ("8", "two"), ("7", "three")]


async def test_what_failed_is_sent_again_and_the_others_are_not_handled_twice(server):
    user = server.user
    events = [user.message("bad"), user.message("good")]
    server.fails["bad"] = 1
    await user.posts(*events, status=500)
    await user.posts(*events)
    assert [each[2] for each in server.got] == ["good", "bad"]
    server.fails["worse"] = 9
    worse = user.message("worse")
    for status in (500, 500, 200):
        await user.posts(worse, status=status)


async def test_the_bot_gets_messages_although_signs_of_progress_fail(server):
    facebook.redirect("http://127.0.0.1:9")
    await server.user.says("hello")
    assert server.got == [("bot", "7", "hello")]


@pytest.mark.parametrize(
    "signature", ["", "sha1=", "sha1", "md5=00", "new=00", "sha1=é", "sha256=" + "0" * 64]
)
async def test_forged_requests_are_refused(signature, server):
    for name in ("X-Hub-Signature", "X-Hub-Signature-256"):
        headers = {name: signature}
        async with server.http.post(server.webhook, data=b"{}", headers=headers) as answer:
            assert answer.status == 403
    assert server.got == []


@pytest.mark.parametrize("secret", ["", None])
def test_without_a_secret_nothing_is_signed(secret):
    validate = facebook.OurFacebookInput.validate_hub_signature
    assert not validate(secret, b"{}", "sha1=5d61605c3feea9799210ddcb71307d4ba264225f")


async def test_the_address_is_verified(server):
    query = {"hub.verify_token": facebook.VERIFY, "hub.challenge": "1158201444"}
    async with server.http.get(server.webhook, params=query) as answer:
        assert await answer.text() == "1158201444"
    query["hub.verify_token"] = "another"
    async with server.http.get(server.webhook, params=query) as answer:
        assert "1158201444" not in await answer.text()


async def test_a_slow_sign_of_progress_holds_no_message_up(server, monkeypatch):
    """The signs of the first message never end: neither waits for them, and the order stays."""
    never, shown = asyncio.Event(), []

    async def show(self, recipient_id, action):
        shown.append(action)
        await never.wait()

    monkeypatch.setattr(FacebookOutput, "show", show)
    await server.user.says("one")
    await server.user.says("two")
    assert server.got == [("bot", "7", "one"), ("bot", "7", "two")]
    assert shown == ["mark_seen", "mark_seen"]
    never.set()


async def test_what_is_not_handled_in_time_comes_again_and_is_handled_once(server, monkeypatch):
    monkeypatch.setattr("zendesk_handoff.channels.inputs.facebook._ANSWER_WITHIN", 0.2)
    message = server.user.message("slow")
    server.holds["slow"] = asyncio.Event()
    await server.user.posts(message, status=500)
    await server.user.posts(message, status=500)
    assert server.got == []
    server.holds["slow"].set()
    monkeypatch.setattr("zendesk_handoff.channels.inputs.facebook._ANSWER_WITHIN", 30.0)
    await server.user.posts(message)
    assert server.got == [("bot", "7", "slow")]


async def test_no_call_of_rasas_client_is_without_a_time_out(api, monkeypatch):
    monkeypatch.setattr("zendesk_handoff.channels.inputs.facebook._CALL_TIMEOUT", 0.1)
    channel = facebook.OurFacebookInput.from_credentials(facebook.block(api.url))
    client = channel.get_output_channel().messenger_client
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client.graph_url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(requests.Timeout):
            client.send({"text": "hello"}, "7")
    client.session.close()
