"""Telegram in place of Rasa's: what the bot gets, and what agents alone get."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession

from tests.support.channel_server import serving
from tests.support.platforms import telegram
from tests.support.waiting import until
from zendesk_handoff.channels import TelegramInput
from zendesk_handoff.rasa.adapter import MessageForAgents


class Server:
    def __init__(self, http):
        self.got, self.http, self.error = [], http, None

    async def take(self, message):
        if self.error:
            raise self.error
        kind = "agents" if isinstance(message, MessageForAgents) else "bot"
        self.got.append((kind, message.sender_id, message.text))


@pytest.fixture
async def api():
    async with telegram.telegram_api() as found:
        telegram.redirect(found.url)
        yield found


@pytest.fixture
async def server(api):
    channel = TelegramInput.from_credentials(
        {key: value for key, value in telegram.block(api.url).items() if key != "api"}
    )
    async with ClientSession() as http:
        made = Server(http)
        async with serving(channel, made.take) as url:
            made.url, made.user = url, telegram.TelegramUser(url, http, chat=7)
            yield made


async def test_texts_and_places_are_as_from_rasas_channel(server, api):
    user = server.user
    await user.says("hi /bot there")
    await user.sends(location={"latitude": 52.5, "longitude": 13})
    await user.update(edited_message=user.message(text="second"))
    pressed = {"id": "q1", "data": "/track", "message": user.message(text="bot")}
    await user.update(callback_query=pressed)
    await user.says("/restart")
    assert server.got == [
        ("bot", "7", "hi  there"),
        ("bot", "7", '{"lng":13, "lat":52.5}'),
        ("bot", "7", "second"),
        ("bot", "7", "/track"),
        ("bot", "7", "/restart"),
        ("bot", "7", "/start"),
    ]
    await until(answered(api))
    assert api.calls.count("getme") == 1


def answered(api):
    async def check():
        return api.answered == ["q1"]

    return check


async def test_what_rasas_channel_drops_is_for_agents(server):
    await server.user.sends(voice={"file_id": "F"})
    await server.user.sends(caption="look", photo=[{"file_id": "P"}])
    await server.user.update(edited_message=server.user.message(caption="look again"))
    assert server.got == [("agents", "7", "")] * 3


async def test_what_is_of_no_user_is_ignored(server):
    await server.user.update(channel_post=server.user.message(text="news"))
    await server.user.update(my_chat_member={"chat": {"id": 7}})
    await server.user.update(callback_query={"id": "q", "data": "x"})
    assert server.got == []


async def test_the_webhook_is_set_at_the_start(server, api):
    async def is_set():
        return "setwebhook" in api.calls

    await until(is_set)
    async with server.http.get(f"{server.url}/webhooks/telegram/set_webhook") as answer:
        assert await answer.text() == "Webhook setup successful"
    async with server.http.get(f"{server.url}/webhooks/telegram/") as answer:
        assert await answer.json() == {"status": "ok"}


async def test_another_bots_token_is_refused(server, monkeypatch):
    monkeypatch.setattr(telegram, "BOT", "another_bot")
    await server.user.says("hello")
    assert server.got == []


async def test_telegram_sends_again_what_could_not_be_verified(server):
    telegram.redirect("http://127.0.0.1:9")
    with pytest.raises(AssertionError):
        await server.user.says("hello")
    assert server.got == []


async def test_an_error_of_the_bot_is_telegrams_to_repeat_and_not_for_ever(server):
    server.error = ValueError("of the bot")
    message = server.user.message(text="hello")
    for status in (500, 500, 200):
        await server.user.update(update_id=77, message=message, status=status)
    await server.user.update(update_id=78, message=message, status=500)
    server.error = None
    await server.user.update(update_id=78, message=message)
    assert server.got == [("bot", "7", "hello")]
