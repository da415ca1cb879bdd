"""Slack in place of Rasa's: what is passed on, to whom, and how Slack is answered."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from sanic import Sanic

from tests.support.platforms import slack
from tests.support.waiting import until
from tools.processes import free_port
from zendesk_handoff.channels import SlackInput
from zendesk_handoff.channels.inputs import slack as module
from zendesk_handoff.rasa.adapter import MessageForAgents

SETTINGS = {key: value for key, value in slack.block("").items() if key != "api"}


class Server:
    """The channel's routes, and the messages that it passes on."""

    def __init__(self, **settings):
        self.messages = []
        self.fails = 0
        self.waits_for = None
        Sanic.test_mode = True
        self.app = Sanic("slack_in_place")
        channel = SlackInput.from_credentials({**SETTINGS, **settings})
        self.app.blueprint(channel.blueprint(self.handle), url_prefix="/webhooks/slack")

    async def handle(self, message):
        self.messages.append(message)
        if self.waits_for is not None:
            await self.waits_for.wait()
        if self.fails:
            self.fails -= 1
            raise RuntimeError("what the user wrote")

    async def __aenter__(self):
        port = free_port()
        self.http = aiohttp.ClientSession()
        self.server = await self.app.create_server(
            host="127.0.0.1", port=port, return_asyncio_server=True, access_log=False
        )
        await self.server.startup()
        await self.server.before_start()
        await self.server.after_start()
        self.webhook = f"http://127.0.0.1:{port}/webhooks/slack/webhook"
        return self

    async def __aexit__(self, *_error):
        await self.http.close()
        await self.server.before_stop()
        self.server.close()
        await self.server.wait_closed()
        await self.server.after_stop()
        Sanic._app_registry.pop("slack_in_place", None)

    def user(self, channel="D9", **values):
        return slack.SlackUser(self.webhook, self.http, channel=channel, user="U1", **values)


@pytest.fixture
async def server():
    async with Server() as running:
        yield running


async def test_words_are_for_the_bot_as_rasas_channel_gives_them(server):
    user = server.user(content_type="application/json; charset=utf-8")
    await user.says(f"<@{slack.BOT}> hello")
    (message,) = server.messages
    assert type(message) is not MessageForAgents
    assert (message.text, message.sender_id, message.input_channel) == ("hello", "U1", "slack")
    assert message.output_channel.slack_channel == "D9"
    assert message.metadata["out_channel"] == "D9"


@pytest.mark.parametrize("granularity", ["sender", "channel", "thread"])
async def test_a_change_belongs_to_the_conversation_of_its_message(granularity):
    async with Server(conversation_granularity=granularity, use_threads=True) as server:
        user = server.user()
        ts = await user.says("old")
        await user.edits(ts, "old", "new")
        await user.deletes(ts, "new")
        first, *others = server.messages
        assert all(isinstance(each, MessageForAgents) for each in others) and len(others) == 2
        assert {each.sender_id for each in server.messages} == {first.sender_id}
        assert {each.output_channel.thread_id for each in server.messages} == {ts}


async def test_files_without_words_are_for_agents(server):
    await server.user().says("", subtype="file_share", files=[{"id": "F1"}])
    await server.user(slack.PUBLIC).says("", subtype="file_share", files=[{"id": "F1"}])
    assert [type(each) for each in server.messages] == [MessageForAgents] * 2


async def test_what_is_not_for_the_bot(server):
    elsewhere = server.user("C5")
    ts = await elsewhere.says("to somebody else")
    await elsewhere.edits(ts, "old", "to somebody else")
    await server.user().says("by a bot", bot_id="B1")
    await server.user().reports({"type": "reaction_added", "user": "U1"})
    await server.user().says("the bot's own", user=slack.BOT)
    assert server.messages == []
    await elsewhere.says(f"<@{slack.BOT}> help", type="app_mention")
    assert [each.text for each in server.messages] == ["help"]


async def test_a_preview_of_a_link_is_no_edit(server):
    message = {"user": "U1", "ts": "1.2", "text": "https://x.example"}
    shown = {**message, "attachments": [{"title": "A page"}]}
    event = {"type": "message", "subtype": "message_changed", "message": shown}
    await server.user().reports({**event, "previous_message": message})
    assert server.messages == []


async def test_repeats_and_a_mention_are_one_message(server):
    event = {"user": "U1", "ts": "1.2", "text": f"<@{slack.BOT}> help"}
    user = server.user(slack.PUBLIC)
    await user.reports({"type": "message", **event}, times=2)
    await user.reports({"type": "app_mention", **event})
    assert len(server.messages) == 1


async def test_a_failure_is_answered_so_that_slack_sends_again(server):
    server.fails = 1
    event = {"type": "message", "user": "U1", "ts": "1.2", "text": "help"}
    with pytest.raises(AssertionError):
        await server.user().reports(event)
    await server.user().reports(event)
    assert len(server.messages) == 2


async def test_slack_is_answered_before_it_gives_up(server, monkeypatch):
    monkeypatch.setattr(module, "_ANSWER_WITHIN", 0.01)
    server.waits_for = asyncio.Event()
    await server.user().says("a long story")
    server.waits_for.set()


async def test_what_fails_after_the_answer_is_handled_again(server, monkeypatch):
    monkeypatch.setattr(module, "_ANSWER_WITHIN", 0.01)
    monkeypatch.setattr(module, "_PAUSES", (0.01, 0.01))
    server.waits_for = asyncio.Event()
    server.fails = 2
    await server.user().says("a long story")
    server.waits_for.set()

    async def is_handled():
        return [each.text for each in server.messages] == ["a long story"] * 3

    await until(is_handled)
    assert server.fails == 0


async def test_buttons(server):
    await server.user().presses("Yes", "/affirm")
    assert [each.text for each in server.messages] == ["/affirm"]


async def test_requests_that_are_not_slacks(server):
    async with server.http.post(server.webhook, json={"challenge": "x"}) as answer:
        assert answer.status == 400
    await server.user()._post(b"[]", "application/json")
    await server.user()._post(b"payload=%7B", "application/x-www-form-urlencoded")
    await server.user()._post(b"{", "application/json")
    assert server.messages == []
