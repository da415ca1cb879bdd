"""Twilio in place of Rasa's: what the bot gets, and what agents alone get."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest
from aiohttp import ClientSession
from sanic import Sanic

from tests.support.platforms import twilio
from tools.processes import free_port
from zendesk_handoff.rasa.adapter import MessageForAgents

USER = "whatsapp:+491700000001"


class Server:
    def __init__(self, http, url, channel):
        self.got, self.channel, self.error = [], channel, None
        self.user = twilio.TwilioUser(url, http, number=USER)
        self.http, self.url = http, url

    async def take(self, message):
        if self.error:
            raise self.error
        kind = "agents" if isinstance(message, MessageForAgents) else "bot"
        self.got.append((kind, message.sender_id, message.text))


@pytest.fixture
def api():
    with twilio.TwilioApi() as served:
        yield served


@pytest.fixture
async def server(api):
    Sanic.test_mode = True
    app, port = Sanic("twilio"), free_port()
    settings = SimpleNamespace(public_url=twilio.PUBLIC_URL)
    app.ctx.zendesk_handoff = SimpleNamespace(settings=settings)
    channel = twilio.LocalTwilioInputInPlace.from_credentials(twilio.block(api.url))
    async with ClientSession() as http:
        made = Server(http, f"http://127.0.0.1:{port}", channel)
        app.blueprint(channel.blueprint(made.take), url_prefix="/webhooks/twilio")
        running = await app.create_server(
            host="127.0.0.1", port=port, return_asyncio_server=True, access_log=False
        )
        await running.startup()
        yield made
        running.close()
        await running.wait_closed()
        Sanic._app_registry.pop("twilio", None)


async def test_texts_and_places_are_as_from_rasas_channel(server):
    await server.user.says("jo¡x.example")
    await server.user.sends(Latitude="52.5", Longitude="13")
    assert server.got == [
        ("bot", USER, "jo@x.example"),
        ("bot", USER, "/locationData{'Latitude': 52.5,'Longitude': 13}"),
    ]


async def test_what_rasas_channel_raises_on_is_for_agents(server):
    await server.user.sends(NumMedia="1", MediaUrl0="https://api.twilio.com/x")
    await server.user.sends(MessageType="unsupported")
    await server.user.says("  ")
    assert [kind for kind, _sender, _text in server.got] == ["agents"] * 3


async def test_what_is_of_no_user_is_ignored(server):
    await server.user.sends(From="")
    async with server.http.post(
        f"{server.url}/webhooks/twilio/webhook",
        data={"From": USER, "MessageStatus": "sent", "MessageSid": "SM1"},
    ) as answer:
        assert answer.status == 204
    async with server.http.get(f"{server.url}/webhooks/twilio/") as answer:
        assert await answer.json() == {"status": "ok"}
    assert server.got == []


@pytest.mark.parametrize("debugs", [True, False])
async def test_a_message_that_was_not_handled_is_not_answered_with_success(server, debugs, capsys):
    server.error, server.channel.debug_mode = ValueError("quotes the user"), debugs
    for status in (500, 500, 204):
        await server.user.sends(Body="hello", MessageSid="SM1", status=status)
    assert "quotes the user" not in "".join(capsys.readouterr())


async def test_signatures_are_checked_on_demand(server, api):
    block = {**twilio.block(api.url), "verify_signature": True}
    assert twilio.LocalTwilioInputInPlace.from_credentials(block).verify_signature
    server.channel.verify_signature = True
    await server.user.sends(Body="hello", status=403)
    fields = {"Body": "hello", "From": USER, "ProfileName": "", "MessageSid": "SM1"}
    url = f"{twilio.PUBLIC_URL}/webhooks/twilio/webhook"
    for token, status in (("another", 403), (twilio.TOKEN, 204)):
        async with server.http.post(
            f"{server.url}/webhooks/twilio/webhook",
            data=fields,
            headers=twilio.signed(url, fields, token),
        ) as answer:
            assert answer.status == status
    assert server.got == [("bot", USER, "hello")]


async def test_the_bots_words_do_not_block_the_loop(server, api, monkeypatch):
    output = server.channel.get_output_channel()
    assert output.http_client.timeout
    released = threading.Event()
    create = type(output.messages).create

    def slow(self, **arguments):
        assert released.wait(10)
        return create(self, **arguments)

    monkeypatch.setattr(type(output.messages), "create", slow)
    sending = asyncio.create_task(output.send_text_message(USER, "hi"))
    await server.user.says("meanwhile")
    released.set()
    await sending
    assert api.texts(USER) == ["hi"]


async def test_a_refused_word_of_the_bots_is_logged_without_it(server, api, caplog):
    api.refuse_with(400, 63016)
    await server.channel.get_output_channel().send_text_message(USER, "a private word")
    assert "63016" in caplog.text
    assert "private" not in caplog.text
