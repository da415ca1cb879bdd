"""A custom channel without an adapter: its output channel is asked, and its metadata is read."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.channel_table import proves
from tests.support.platforms.scenario import (
    LONG,
    restart_killed,
    sends_all_kinds,
    shows_all_kinds,
)
from tests.support.users import conversation_of, texts_of_user
from tests.support.waiting import until

FILES = {"a.png": "image/png", "a.ogg": "audio/ogg", "a.pdf": "application/pdf"}


class CustomUser:
    """A user of a channel of `tests.support.channels`, and what that has sent them."""

    def __init__(self, stack, http, channel):
        self.sender = f"19:abc/def@thread.tacv2;id={uuid.uuid4().hex[:6]}"
        self.heard = []
        self._url, self._http = f"{stack.rasa_url}/webhooks/{channel}/messages", http

    async def says(self, text, **fields):
        body = {"sender": self.sender, "message": text, **fields}
        async with self._http.post(self._url, json=body) as answer:
            assert answer.status == 200

    async def hears(self, words):
        async def look():
            async with self._http.get(self._url, params={"sender": self.sender}) as answer:
                self.heard = await answer.json()
            return any(words in each for each in self.heard)

        await until(look)

    async def is_handed_over(self, sim, stack):
        await self.says(ASK_HUMAN)
        await self.hears(STARTED)
        return (await conversation_of(self.sender, sim, stack))["id"]


@pytest.fixture
def new_custom_user(stack, http):
    return lambda channel: CustomUser(stack, http, channel)


@proves(
    *("custom", "to user"),
    text="yes",
    long_text="yes",
    picture="in words",
    file="in words",
    place="in words",
    buttons="in words",
    links_and_cards="in words",
    push="yes",
    after_a_restart="yes",
)
async def test_a_channel_that_sends_texts_alone(new_custom_user, stack, sim):
    user = new_custom_user("flaky")
    conversation = await user.is_handed_over(sim, stack)
    await sends_all_kinds(sim, conversation)
    await user.hears("Which one?")
    words = {"picture", "file", "place", "buttons", "links"}
    await shows_all_kinds(lambda: user.heard, lambda: user.heard, in_words=words)
    assert any(LONG in each for each in user.heard)
    assert any("1. The red one" in each for each in user.heard)
    await user.says("1")
    chosen = await sim.wait_for_message(conversation, "The red one")
    assert chosen["content"]["payload"] == "RED"
    await restart_killed(stack)
    await sim.agent_text(conversation, "after the restart", agent="Ana")
    await user.hears("Ana: after the restart")


@proves(
    *("custom", "from user"),
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    place="not seen",
    button="yes",
    edit="not seen",
)
async def test_what_the_metadata_tell(new_custom_user, stack, sim):
    user = new_custom_user("flaky")
    conversation = await user.is_handed_over(sim, stack)
    files = [
        {"media_url": f"https://shop.example/{name}", "media_type": kind}
        for name, kind in FILES.items()
    ]
    place = {"latitude": 52.5, "longitude": 13.4}
    await user.says("look", metadata={"attachments": files, "location": place, "edited": True})
    payload = '/inform{"order_number": "10234"}'
    await user.says(payload, metadata={"title": "Order 10234"})
    await sim.wait_for_message(conversation, "Order 10234")
    said = await sim.messages(conversation)
    of_user = [each["content"] for each in said if each["author"]["type"] == "user"]
    assert [each["mediaUrl"] for each in of_user if "mediaUrl" in each] == [
        each["media_url"] for each in files
    ]
    assert [each["type"] for each in of_user if "mediaUrl" in each] == ["image", "file", "file"]
    assert [each for each in texts_of_user(said) if each] == ["look", "Order 10234"]
    assert "location" not in {each["type"] for each in of_user}


async def test_a_channel_with_methods_of_its_own_for_more(new_custom_user, stack, sim):
    user = new_custom_user("showing")
    conversation = await user.is_handed_over(sim, stack)
    await sends_all_kinds(sim, conversation)
    await user.hears("Which one?")
    shown = [json.loads(each) for each in user.heard if each.startswith("{")]
    texts = [each for each in user.heard if not each.startswith("{")]
    asked = next(each for each in shown if "buttons" in each)
    words = {"place", "links"}
    await shows_all_kinds(lambda: [*texts, asked["text"]], lambda: user.heard, in_words=words)
    assert any(each.get("image", "").endswith("label.png") for each in shown)
    assert any(each.get("attachment", "").endswith("terms.pdf") for each in shown)
    assert [each["title"] for each in asked["buttons"]] == ["The red one"]
    await user.says(asked["buttons"][0]["payload"])
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"
