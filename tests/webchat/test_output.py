"""The output channel: what the page shows of the bot's and the agents' messages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import CollectingOutputChannel

from tests.support.names import AGENTS
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.responses import AGENT_JOINED, ENDED, QUEUE
from zendesk_handoff.domain.user_content import Place
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.delivery import named, with_literal_values
from zendesk_handoff.webchat.adapter import WebChatAdapter
from zendesk_handoff.webchat.output import WebChatOutput
from zendesk_handoff.webchat.queue import PageMessage
from zendesk_handoff.webchat.typing import TypingAgents

SENDER = "webchat-1"


@pytest.fixture
def output(store):
    return WebChatOutput(lambda: store)


@pytest.fixture
def to_page(store):
    channel = SimpleNamespace(store=lambda: store, typing=TypingAgents(lambda _sender: None))
    return ChannelOutput(WebChatAdapter(channel), "webchat", {})


@pytest.fixture
def shown(store):
    async def read():
        return [dict(each.body) for each in await store.chat.after(SENDER, 0)]

    return read


async def test_responses_of_every_kind_are_shown(output, shown):
    for message in (
        {"text": "a\n\nb"},
        {"text": "Which?", "buttons": [{"title": "This", "payload": "/this"}]},
        {"text": "Or?", "quick_replies": [{"title": "That", "payload": "/that"}]},
        {"image": "https://shop.example/a.png"},
        {"attachment": "https://shop.example/b.pdf"},
        {"custom": {"text": "own"}},
        {"elements": [{"title": "Kettle", "subtitle": "blue", "image_url": "/k.png"}]},
    ):
        await output.send_response(SENDER, message)
    assert await shown() == [
        {"role": "bot", "text": "a\n\nb"},
        {"role": "bot", "text": "Which?", "buttons": [{"title": "This", "payload": "/this"}]},
        {"role": "bot", "text": "Or?", "buttons": [{"title": "That", "payload": "/that"}]},
        {
            "role": "bot",
            "media": {"kind": "image", "url": "https://shop.example/a.png", "name": "a.png"},
        },
        {
            "role": "bot",
            "media": {"kind": "file", "url": "https://shop.example/b.pdf", "name": "b.pdf"},
        },
        {"role": "bot", "text": "own"},
        {
            "role": "bot",
            "text": "**Kettle**\nblue",
            "media": {"kind": "image", "url": "/k.png", "name": "Kettle"},
        },
    ]


@pytest.mark.parametrize(
    "message", [{}, [], {"text": 3}, {"buttons": "a"}, {"image": "javascript:alert(1)"}]
)
async def test_a_custom_message_that_cannot_be_shown_is_left_out(output, shown, message):
    await output.send_custom_json(SENDER, message)
    assert await shown() == []


async def test_numbers_of_custom_actions_are_shown_and_what_is_no_card_is_left_out(output, shown):
    buttons = [{"title": 1, "payload": '/rate{"stars": 1}'}, {"title": 0, "payload": 0}, 7]
    await output.send_text_with_buttons(SENDER, 5, buttons)
    elements = [{"title": 10234, "subtitle": 9.5, "buttons": buttons[:1]}, None, "odd"]
    await output.send_elements(SENDER, elements)
    first = {"title": "1", "payload": '/rate{"stars": 1}'}
    assert await shown() == [
        {"role": "bot", "text": "5", "buttons": [first, {"title": "0", "payload": "0"}]},
        {"role": "bot", "text": "**10234**\n9.5", "buttons": [first]},
    ]


async def test_an_agents_message_is_shown_once(to_page, shown):
    message = AgentMessage("m1", AGENTS[0], "a1", "text", "Hello")
    for _ in range(2):
        await to_page.send_agent_message(SENDER, message, key="zendesk:m1")
    assert await shown() == [{"role": "agent", "name": AGENTS[0], "text": "Hello"}]


async def test_each_part_of_a_response_with_a_key_is_shown_once(to_page, shown):
    response = {"text": "Look:", "image": "https://shop.example/a.png"}
    for key in ("one", "one", "two"):
        await to_page.send_once(SENDER, dict(response), key=key)
    assert [sorted(each.keys() - {"role"}) for each in await shown()] == [["text"], ["media"]] * 2


@pytest.mark.parametrize("key", ["one", None])
async def test_words_about_the_handover_are_a_line(to_page, output, shown, key):
    response = {"text": "Ana is here now.", "buttons": []}
    for name in (AGENT_JOINED, QUEUE):
        sent = named(to_page, response, name)
        await (
            to_page.send_once(SENDER, sent, key=name)
            if key
            else to_page.send_response(SENDER, sent)
        )
    await output.send_response(SENDER, {**response, "utter_action": QUEUE})  # the bot's own turn
    assert await shown() == [{"role": "status", "text": "Ana is here now."}] * 3


async def test_a_response_with_buttons_or_of_another_name_stays_a_message(to_page, shown):
    buttons = [{"title": "Yes", "payload": "/yes"}]
    for name, more in ((QUEUE, {"buttons": buttons}), (ENDED, {})):
        await to_page.send_response(SENDER, named(to_page, {"text": "Wait.", **more}, name))
    assert "status" not in {each["role"] for each in await shown()}
    assert named(CollectingOutputChannel(), {"text": "Wait."}, QUEUE) == {"text": "Wait."}


def test_a_place_is_passed_on_as_one(output):
    message = PageMessage("My location: https://map.example", output, SENDER)
    message.place = Place(52.5, 13.4)
    content = WebChatAdapter(None).receive(message, None)
    assert (content.text, content.places) == ("", (Place(52.5, 13.4),))


NAMES = [
    ("Ana Smith", "Ana Smith"),
    ("王 小明", "王 小明"),
    ("*Mo* [x](https://x.example)", r"\*Mo\* \[x\]\(https\:\/\/x\.example\)"),
    ("<b>Mo</b>", r"\<b\>Mo\<\/b\>"),
    ("1. Mo", r"1\. Mo"),
    ("Mo\n\n    # code", r"Mo \# code"),
    ("Mo\\", "Mo\\\\"),
]


@pytest.mark.parametrize(("name", "escaped"), NAMES)
def test_a_name_in_a_response_is_literal_where_texts_are_markdown(output, name, escaped):
    response = {"text": f"**Good news:** {name} is here now.", "buttons": []}
    sent = with_literal_values(output, response, [name])
    assert sent == {"text": f"**Good news:** {escaped} is here now.", "buttons": []}
    assert response["text"] == f"**Good news:** {name} is here now.", "for the tracker"
    assert with_literal_values(CollectingOutputChannel(), response, [name]) == response


@pytest.mark.parametrize("message", [{"image": "a"}, {"text": None}, {"text": ["a"]}])
def test_a_response_without_a_text_is_left_as_it_is(output, message):
    assert with_literal_values(output, message, ["a", ""]) == message
