"""Rasa's ``rest`` and ``cmdline``, which only answer requests."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.channel_table import proves
from tests.support.platforms.scenario import restart_killed, sends_all_kinds, shows_all_kinds
from tests.support.users import conversation_of
from tests.support.waiting import until


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
        await restart_killed(stack)
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
