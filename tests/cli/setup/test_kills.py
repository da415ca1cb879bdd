"""``setup`` that is killed at any place, and repeated."""

from __future__ import annotations

import signal

import pytest

from tests.support.killable import ARMED, PASSED
from tests.support.setup_bot import NAME, NOTHING, TARGET, killed
from zendesk_handoff.settings import load_settings
from zendesk_handoff.zendesk.webhooks import TRIGGERS

PLACES = (
    "setup: POST /integrations",
    "setup: write .env",
    "setup: POST /switchboards/{id}/switchboardIntegrations",
    "setup: POST /integrations/{id}/keys",
    "setup: write .env#2",
    "setup: write credentials.yml",
)


OPTIONS = ("--switchboard", "--own-key")


async def test_the_places_are_all(bot):
    (bot.folder / PASSED).touch()
    assert await killed(bot, *OPTIONS) == 0
    passed = (bot.folder / PASSED).read_text().splitlines()
    assert passed == [place.partition("#")[0] for place in PLACES]


@pytest.mark.parametrize("place", PLACES)
async def test_a_kill_and_a_repeat(bot, place):
    (bot.folder / ARMED).write_text(place)
    assert await killed(bot, *OPTIONS) == -signal.SIGKILL
    again = (*OPTIONS, "--key-id", bot.key[0])
    for _ in range(2):
        output = await bot.setup(*again, ZENDESK_SETUP_KEY_SECRET=bot.key[1])
    assert NOTHING in output
    assert await bot.account() == [(NAME, TARGET, list(TRIGGERS))]
    (key,) = await bot.keys()
    assert [each.name for each in await bot.places()][2:] == ["rasa"]
    connector = load_settings(bot.folder / "credentials.yml").connectors["help-desk"]
    described = (await bot.sim.app(bot.app_id)).integrations[0]
    assert connector.webhook_secrets == (described.webhook_secret,)
    assert (connector.key_id, connector.key_secret) == (key.id, key.secret)
    assert connector.switchboard_integration == "rasa"
