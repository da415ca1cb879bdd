"""Mattermost in place of Rasa's: a post needs the outgoing webhook's token."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession

from tests.support.channel_server import serving
from tests.support.platforms import mattermost
from zendesk_handoff.channels import MattermostInput
from zendesk_handoff.channels.adapters.mattermost import MattermostAdapter
from zendesk_handoff.rasa.response_tracking import TrackedResponse, current_response, keep_request

OWN = mattermost.new_id()


class Server:
    def __init__(self, channel, http):
        self.adapter, self.http, self.got = MattermostAdapter(channel), http, []

    async def take(self, message):
        keep_request(message)
        self.got.append((message.text, self.adapter.is_authentic(message)))

    async def posts(self, *, token=None, status=200, **fields):
        body = {"user_id": "u1", "channel_id": "c1", "token": token, **fields}
        async with self.http.post(self.url, json=body) as answer:
            assert answer.status == status


class Tracked(MattermostInput):
    """Whose requests are kept, as those of a Rasa server with the plugin."""

    def get_metadata(self, request):
        current_response.set(TrackedResponse(request))
        return super().get_metadata(request)


def block(token):
    given = {} if token is None else {"webhook_token": token}
    return {**mattermost.block("http://127.0.0.1:9"), **given}


@pytest.fixture(params=[OWN, ["old", OWN], None], ids=["one", "several", "none"])
async def server(request):
    channel = Tracked.from_credentials(block(request.param))
    async with ClientSession() as http:
        made = Server(channel, http)
        made.checks = request.param is not None
        async with serving(channel, made.take) as url:
            made.url = f"{url}/webhooks/mattermost/webhook"
            yield made


async def test_a_post_is_taken_with_the_webhooks_token(server):
    await server.posts(token=OWN, text="@bot hello", trigger_word="@bot")
    assert server.got == [("hello", server.checks)]


@pytest.mark.parametrize("token", [None, "", "é", 7, "other"])
async def test_a_forged_post_is_not(server, token):
    post = {"text": "@bot hello", "trigger_word": "@bot"}
    await server.posts(token=token, **post, status=403 if server.checks else 200)
    assert server.got == ([] if server.checks else [("hello", False)])


async def test_a_pressed_button_proves_nothing(server):
    await server.posts(context={"action": "/track"})
    assert server.got == [("/track", False)]
