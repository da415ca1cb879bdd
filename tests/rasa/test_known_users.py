"""The record of a user in a message's metadata: the server's own, whatever a client has sent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel, UserMessage

from zendesk_handoff.domain.identity import USER_KEY, KnownUser
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.rasa.adapter import ChannelAdapter
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.rasa.response_tracking import (
    TrackedResponse,
    current_response,
    keep_request,
)

FORGED = {USER_KEY: {"subject": "customer-1", "email": "ceo@example.com"}}


class PagerAdapter(ChannelAdapter):
    """Knows a user."""

    def receive(self, message, request):
        return UserContent(text=message.text, user=KnownUser(name="Jo"))


class Pager:
    handoff_adapter = PagerAdapter

    def name(self):
        return "pager"

    def url_prefix(self):
        return "pager"


class Rest:
    def name(self):
        return "rest"

    def url_prefix(self):
        return "rest"


class PagerOutput(OutputChannel):
    def name(self):
        return "pager"


@pytest.fixture
def channels():
    return Channels(SimpleNamespace(ctx=SimpleNamespace(input_channels=[Pager(), Rest()])))


def noted(channels, *, metadata=None, output=None, channel="pager"):
    message = UserMessage("hi", output or PagerOutput(), "u", channel, metadata=metadata)
    message.input_channel = channel
    message.metadata = metadata
    keep_request(message)
    channels.note_user(message)
    return message.metadata


@pytest.mark.parametrize("metadata", [None, {}, FORGED])
def test_the_channels_own_message_is_recorded(channels, metadata):
    assert noted(channels, metadata=metadata) == {USER_KEY: {"name": "Jo"}}


@pytest.mark.parametrize("kept", [{}, {"workspace": "wholesale"}])
def test_a_client_that_names_another_channel_is_nobody(channels, kept):
    output = CollectingOutputChannel()
    request = SimpleNamespace(uri_template="/webhooks/rest/webhook", body=b"")
    token = current_response.set(TrackedResponse(request))
    try:
        assert noted(channels, metadata={**FORGED, **kept}, output=output) == kept
        # A channel of an adopter's that collects its answers.
        request.uri_template = "/webhooks/pager/webhook"
        assert noted(channels, metadata=kept, output=output) == {**kept, USER_KEY: {"name": "Jo"}}
    finally:
        current_response.reset(token)


@pytest.mark.parametrize("metadata", [["a"], "text"])
def test_metadata_of_another_shape_is_left(channels, metadata):
    assert noted(channels, metadata=metadata) == metadata


@pytest.mark.parametrize("metadata", [None, {"a": 1}])
def test_nothing_is_added_where_nothing_is_known(channels, metadata):
    assert noted(channels, metadata=metadata, channel="rest") == metadata
