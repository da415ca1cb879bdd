"""Channels that only answer requests, and a custom channel without an adapter."""

from __future__ import annotations

import asyncio
import itertools
import uuid

import pytest

from tests.support.bot_texts import ASK_HUMAN, NOT_PASSED_ON, STARTED
from tests.support.channel_table import proves
from tests.support.platforms.scenario import sends_all_kinds, shows_all_kinds
from tests.support.users import conversation_of, texts_of_user
from tests.support.waiting import until


async def restart(stack):
    stack.processes["rasa"].stop(kill=True)
    await asyncio.to_thread(stack.processes["rasa"].start)


class GoogleChatUser:
    """A person in a direct conversation with the bot; the answer comes with each message."""

    numbers = itertools.count(1)

    def __init__(self, stack, http):
        self.name = f"王 小明 {uuid.uuid4().hex[:6]}"
        self._url = f"{stack.rasa_url}/webhooks/hangouts/webhook"
        self._http = http

    async def says(self, text, **fields):
        message = {"name": f"spaces/A/messages/{next(self.numbers)}", "text": text, **fields}
        message["sender"] = {"displayName": self.name}
        body = {"type": "MESSAGE", "message": message, "space": {"type": "DM"}}
        async with self._http.post(self._url, json=body) as answer:
            assert answer.status == 200
            return str(await answer.json())


@proves("hangouts", "from user", text="yes", picture="told", file="told")
@proves("hangouts", "to user", text="yes", push="no", after_a_restart="yes")
async def test_google_chat(stack, http, sim):
    user = GoogleChatUser(stack, http)
    assert STARTED in await user.says(ASK_HUMAN)
    conversation = (await conversation_of(user.name, sim, stack))["id"]
    answer = await user.says("look at this", attachment=[{"contentType": "image/png"}])
    assert NOT_PASSED_ON in answer
    await sim.wait_for_message(conversation, "look at this")
    await sim.agent_text(conversation, "hello *there*", agent="Jörg O'Neil")

    async def is_pending():
        return stack.count("SELECT count(*) FROM pending_messages WHERE delivered_at IS NULL") > 1

    await until(is_pending)
    await restart(stack)
    answer = await user.says("still there?")
    assert "Jörg O'Neil: hello *there*" in answer
    assert "hello" not in await user.says("and now?")
    await sim.wait_for_message(conversation, "and now?")
    assert texts_of_user(await sim.messages(conversation)) == [
        *("look at this", "still there?", "and now?")
    ]


@proves("custom", "from user", text="yes")
@proves("custom", "to user", text="yes", long_text="yes", push="yes", after_a_restart="yes")
async def test_a_custom_channel(stack, http, sim):
    sender = "19:abc/def@thread.tacv2;id=" + uuid.uuid4().hex[:6]
    root = f"{stack.rasa_url}/webhooks/flaky/messages"

    async def says(text):
        async with http.post(root, json={"sender": sender, "message": text}) as answer:
            assert answer.status == 200

    async def hears(words):
        async def look():
            async with http.get(root, params={"sender": sender}) as answer:
                return any(words in each for each in await answer.json())

        await until(look)

    await says(ASK_HUMAN)
    await hears(STARTED)
    conversation = (await conversation_of(sender, sim, stack))["id"]
    await sim.agent_text(conversation, "long " * 800, agent="Ana")
    await hears("long " * 799)
    await restart(stack)
    await sim.agent_text(conversation, "after the restart", agent="Ana")
    await hears("Ana: after the restart")
    await says("thank you")
    await sim.wait_for_message(conversation, "thank you")


@pytest.mark.parametrize("channel", ["rest", "cmdline"])
@proves(
    *("rest", "from user"),
    picture="yes",
    voice="yes",
    file="yes",
    place="not seen",
    edit="not seen",
)
@proves(
    *("cmdline", "from user"),
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    place="not seen",
    button="yes",
    edit="not seen",
)
@proves(
    *("cmdline", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    place="in words",
    buttons="yes",
    links_and_cards="in words",
    push="no",
    after_a_restart="yes",
)
async def test_a_talk_in_answers(channel, new_user, stack, sim):
    user = new_user(channel=channel)
    assert STARTED in str(await user.gets(ASK_HUMAN))
    conversation = (await conversation_of(user.sender, sim, stack))["id"]
    await sends_all_kinds(sim, conversation)
    kinds = {"a.png": "image/png", "a.ogg": "audio/ogg", "a.pdf": "application/pdf"}
    files = [
        {"media_url": f"https://shop.example/{name}", "media_type": kind}
        for name, kind in kinds.items()
    ]
    heard = await user.gets(
        "look", metadata={"attachments": files}, location={"lat": 1}, edited=True
    )

    async def has_files():
        said = await sim.messages(conversation)
        urls = {
            each["content"].get("mediaUrl") for each in said if each["author"]["type"] == "user"
        }
        return urls >= {each["media_url"] for each in files}

    await until(has_files)
    if channel == "cmdline":
        await restart(stack)
    if "Which one?" not in str(heard):
        heard += await user.hears("Which one?")
    texts = [each["text"] for each in heard if "text" in each]
    await shows_all_kinds(lambda: texts, lambda: map(str, heard), in_words={"place", "links"})
    (asked,) = (each for each in heard if each.get("buttons"))
    await user.gets(asked["buttons"][0]["payload"])
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"
    said = await sim.messages(conversation)
    of_user = [each["content"] for each in said if each["author"]["type"] == "user"]
    assert "location" not in {each["type"] for each in of_user}
    assert "Corrected" not in str(of_user)
