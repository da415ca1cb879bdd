"""The channel of a message: by the route of its request, not by the client's word."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.channels.rest import RestInput

from zendesk_handoff.channels.adapters import ADAPTERS
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.rasa.origin import Origins
from zendesk_handoff.rasa.response_tracking import TrackedResponse, current_response, keep_request


def channel(channel_name, prefix):
    class Named(InputChannel):
        @classmethod
        def name(cls):
            return channel_name

        def url_prefix(self):
            if isinstance(prefix, Exception):
                raise prefix
            return prefix

    return Named()


CHANNELS = [
    channel("root", "/"),
    channel("rest", "rest"),
    channel("restful", "restful"),
    channel("deep", "rest/deep"),
    channel("odd", "/odd/"),
    channel("broken", ValueError("no prefix")),
]


@pytest.mark.parametrize(
    "template, name",
    [
        ("/webhooks/rest/webhook", "rest"),
        ("/webhooks/rest", "rest"),
        ("/webhooks/restful/webhook", "restful"),
        ("/webhooks/rest/deep/webhook", "deep"),
        ("/odd/webhook", "odd"),
        ("/conversations/<conversation_id:path>/execute", "claimed"),
        (None, "claimed"),
    ],
)
def test_the_route_tells_the_channel(template, name):
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=CHANNELS))
    message = UserMessage("hi", CollectingOutputChannel(), "u", input_channel="claimed")
    token = current_response.set(TrackedResponse(SimpleNamespace(uri_template=template)))
    keep_request(message)
    current_response.reset(token)
    assert Origins(app).channel_of(message) == name


def test_whose_request_brings_a_message():
    """Of a platform's request the address is the platform's."""
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[]))
    found = {
        channel.rpartition(".")[2]
        for channel, adapter in ADAPTERS.items()
        if getattr(load(adapter), "is_called_by_users", False)
    }
    assert found == {"RestInput", "CmdlineInput", "CallbackInput", "SocketIOInput"}

    app.ctx.input_channels = [RestInput(), channel("slack", "slack")]
    request = SimpleNamespace(uri_template="/webhooks/rest/webhook")
    for route, expected in (("rest", request), ("slack", None)):
        request.uri_template = f"/webhooks/{route}/webhook"
        token = current_response.set(TrackedResponse(request))
        message = UserMessage("hi", CollectingOutputChannel(), "u", input_channel="rest")
        keep_request(message)
        current_response.reset(token)
        assert Channels(app, ADAPTERS).users_request(message) is expected
    assert Channels(app, ADAPTERS).users_request(UserMessage("hi", None, "u")) is None


def load(name):
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)
