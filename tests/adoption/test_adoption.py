"""From an environment with Rasa in it to a person who talks to an agent: five lines, none by hand.

`make adoption` puts the plugin into every bot of `bots.py`, with pip and with uv.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from contextlib import ExitStack

import aiohttp
import pytest

from simulator import SimulatorClient
from tests.adoption.adopter import Adopter
from tests.adoption.bots import BOTS, STOCK_LIGHT
from tests.support.users import RestUser, is_of
from tests.support.waiting import until
from zendesk_handoff.adopt.account import SIMULATOR

# Rasa is installed, and a bot trained twice.
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(1800)]

CASES = [
    pytest.param("beside", STOCK_LIGHT, id="stock-light"),
    *(
        pytest.param(installer, bot, id=f"{installer}-{bot.name}", marks=bot.marks)
        for installer, bot in itertools.product(("pip", "uv"), BOTS)
    ),
]


@pytest.mark.parametrize("installer, bot", CASES)
async def test_five_lines(installer, bot, environment, tmp_path, capsys):
    adopter = Adopter(tmp_path / "bot", await asyncio.to_thread(environment, installer))
    bot.make(adopter.folder)
    is_compared = installer != "beside"
    if is_compared:
        adopter.types(bot.train)
        before, tried = adopter.right_examples()

    urls = f"--public-url {adopter.urls['rasa']} --base-url {adopter.urls['simulator']}/sc"
    started = time.monotonic()
    adopter.types(f"zendesk-handoff init --simulator --yes {bot.options} {urls}")
    adopter.use_free_ports()
    adopter.types(bot.train)
    with ExitStack() as running:
        running.callback(adopter.stops)
        adopter.serves("simulator", "zendesk-simulator", health="/")
        adopter.serves("actions", "rasa run actions", health="/health")
        adopter.serves("rasa", "rasa run --enable-api -i 127.0.0.1", health="/webhooks/zendesk/")
        adopter.check()
        minutes = (time.monotonic() - started) / 60
        await _hands_over_and_back(adopter, bot)
    if is_compared:
        right, _ = adopter.right_examples()
        with capsys.disabled():
            sys.stdout.write(
                f"\n{installer}, {bot.name}: {minutes:.1f} minutes from `init` to servers that run "
                f"and are checked, {adopter.environment.minutes:.1f} for installing; own examples "
                f"right {before} and {right} of {tried}\n"
            )
        assert right >= before


async def _hands_over_and_back(adopter, bot):
    async with (
        aiohttp.ClientSession() as http,
        SimulatorClient(adopter.urls["simulator"]) as sim,
    ):
        user = RestUser(adopter.urls["rasa"], http)
        for message, response in bot.talk:
            assert adopter.text_of(response) in " ".join(await user.says(message))
        assert bot.started in " ".join(await user.says(bot.wish))
        talk = await sim.wait_for_conversation(
            SIMULATOR.app_id, lambda one: is_of(one, user.sender)
        )
        await sim.agent_text(talk["id"], "Which order is it?", agent="Jörg O'Neil")
        hello, response = bot.talk[0]
        await user.hears("Jörg O'Neil", "Which order is it?", asking=hello)
        await sim.end_session(talk["id"])

        async def is_back():
            return adopter.text_of(response) in " ".join(await user.says(hello))

        await until(is_back)
