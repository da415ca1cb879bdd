"""Rasa's ``telegram`` beside the plugin: ``get_output_channel`` calls ``asyncio.run`` there."""

from __future__ import annotations

import asyncio

import pytest

from simulator import SimulatorClient
from tests.support.bot_texts import ASK_HUMAN
from tests.support.channel_table import proves
from tests.support.platforms.telegram import TelegramUser, block, telegram_api
from tests.support.servers import Stack
from tests.support.users import RestUser, conversation_of


@pytest.mark.timeout(300)
@proves("telegram", "to user", text="no", push="no")
@proves("telegram", "from user", text="not seen")
async def test_the_server_starts_and_the_other_channels_work(tmp_path, http):
    async with telegram_api() as api:
        channel = {"tests.support.platforms.telegram.LocalTelegramInput": block(api.url)}
        servers = Stack(tmp_path, channels=channel)
        try:
            await asyncio.to_thread(servers.start)
            assert api.calls == ["setwebhook"], "Rasa's own call, and no other"
            user = RestUser(servers.rasa_url, http)
            await user.says(ASK_HUMAN)
            async with SimulatorClient(servers.simulator_url) as sim:
                found = await conversation_of(user.sender, sim, servers)
                await sim.agent_text(found["id"], "hello from Ana")
                await user.hears("Ana: hello from Ana")
            log = (tmp_path / "rasa.log").read_text()
            assert "handoff.channels.without_push" in log and "RestInput" in log
            assert "zendesk_handoff.channels.TelegramInput" in log
            assert api.calls == ["setwebhook"]
            telegram = TelegramUser(servers.rasa_url, http, chat=7)
            with pytest.raises(AssertionError):
                await telegram.says("hello")
        finally:
            await asyncio.to_thread(servers.stop)
