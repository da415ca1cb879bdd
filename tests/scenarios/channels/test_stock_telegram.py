"""Rasa's ``telegram`` beside the plugin: ``get_output_channel`` calls ``asyncio.run`` there."""

from __future__ import annotations

import asyncio

import pytest

from simulator import SimulatorClient
from tests.support.bot_texts import ASK_HUMAN
from tests.support.channel_table import proves
from tests.support.platforms.scenario import restart_killed
from tests.support.platforms.telegram import TelegramUser, block, telegram_api
from tests.support.servers import Stack
from tests.support.users import RestUser, conversation_of, is_of


@pytest.fixture
async def api():
    async with telegram_api() as served:
        yield served


@pytest.fixture
async def stack(api, tmp_path):
    channel = {"tests.support.platforms.telegram.LocalTelegramInput": block(api.url)}
    servers = Stack(tmp_path, channels=channel)
    try:
        await asyncio.to_thread(servers.start)
        yield servers
    finally:
        await asyncio.to_thread(servers.stop)


async def sends_everything(user):
    """Let a user send something of each kind: Rasa's channel answers with an error each time."""
    await user.says(ASK_HUMAN, status=500)
    await user.sends(status=500, photo=[{"file_id": "p", "width": 9, "height": 9}])
    await user.sends(status=500, voice={"file_id": "v", "mime_type": "audio/ogg"})
    await user.sends(status=500, document={"file_id": "d", "file_name": "r.pdf"})
    await user.sends(status=500, location={"latitude": 52.5, "longitude": 13.4})
    query = {"id": "q", "data": "/affirm", "message": user.message(text="bot")}
    await user.update(status=500, callback_query=query)
    await user.update(status=500, edited_message=user.message(text="order 12354"))


@proves(
    *("telegram", "from user"),
    text="not seen",
    picture="not seen",
    voice="not seen",
    file="not seen",
    place="not seen",
    button="not seen",
    edit="not seen",
)
@proves(
    *("telegram", "to user"),
    text="no",
    long_text="no",
    picture="no",
    file="no",
    place="no",
    buttons="no",
    links_and_cards="no",
    push="no",
    after_a_restart="no",
)
async def test_the_server_starts_and_the_other_channels_work(api, stack, http):
    assert api.calls == ["setwebhook"], "Rasa's own call, and no other"
    rest, user = RestUser(stack.rasa_url, http), TelegramUser(stack.rasa_url, http, chat=7)
    await rest.says(ASK_HUMAN)
    async with SimulatorClient(stack.simulator_url) as sim:
        found = await conversation_of(rest.sender, sim, stack)
        await sim.agent_text(found["id"], "hello from Ana")
        await rest.hears("Ana: hello from Ana")
        log = (stack.folder / "rasa.log").read_text()
        assert "handoff.channels.without_push" in log and "RestInput" in log
        assert "zendesk_handoff.channels.TelegramInput" in log
        assert api.calls == ["setwebhook"]
        await sends_everything(user)
        # Nor can a session be opened from outside, in which an agent could write to the user.
        place = f"{stack.rasa_url}/conversations/{user.chat}"
        address = f"{place}/trigger_intent?output_channel=telegram"
        async with http.post(address, json={"name": "human_handoff"}) as answer:
            assert answer.status == 500, await answer.text()
        await restart_killed(stack)
        await sends_everything(user)
        await rest.says("are you there?")
        await sim.wait_for_message(found["id"], "are you there?")
        opened = await sim.conversations(stack.connectors["support"]["app_id"])
        assert [each["id"] for each in opened] == [found["id"]]
        assert not any(is_of(each, str(user.chat)) for each in opened)
    assert api.sent == {}
