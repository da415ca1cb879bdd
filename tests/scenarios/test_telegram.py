"""Rasa's ``telegram`` beside the plugin: ``get_output_channel`` calls ``asyncio.run`` there."""

from __future__ import annotations

import asyncio

import pytest

from simulator import SimulatorClient
from tests.scenarios.conftest import RestUser
from tests.support.servers import Stack
from tests.support.telegram import block, telegram_api


@pytest.mark.timeout(300)
async def test_the_server_starts_and_the_other_channels_work(tmp_path, http):
    async with telegram_api() as api:
        channel = {"tests.support.telegram.LocalTelegramInput": block(api.url)}
        servers = Stack(tmp_path, channels=channel)
        try:
            await asyncio.to_thread(servers.start)
            assert api.calls == ["setwebhook"], "Rasa's own call, and none of ours"
            user = RestUser(servers.rasa_url, http)
            await user.says("I want to talk to a human")
            async with SimulatorClient(servers.simulator_url) as sim:
                found = await sim.wait_for_conversation(
                    servers.connectors["support"]["app_id"],
                    lambda one: one["user"]["externalId"] == user.sender,
                )
                await sim.agent_text(found["id"], "hello from Ana")
                await user.hears("Ana: hello from Ana")
            log = (tmp_path / "rasa.log").read_text()
            assert "handoff.channels.without_push" in log and "RestInput" in log
            assert api.calls == ["setwebhook"]
        finally:
            await asyncio.to_thread(servers.stop)
