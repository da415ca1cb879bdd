"""Checks of connectors in whose account Zendesk is the users' channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.bot_folder import BotFolder
from tests.support.zendesk import connector
from zendesk_handoff.checks import Outcome
from zendesk_handoff.checks.bot_files import check_credentials
from zendesk_handoff.checks.settings import check_native
from zendesk_handoff.checks.zendesk import check_zendesk
from zendesk_handoff.settings import Settings
from zendesk_handoff.zendesk.webhooks import NATIVE_TRIGGERS, TRIGGERS

NATIVE = connector(mode="native", switchboard_integration="rasa")
URL = "https://bot.example.com"


def settings(given):
    return Settings(URL, {given.id: given})


@pytest.mark.parametrize(
    "given, words",
    [
        (connector(), None),
        (replace(NATIVE, support_token="t", summary_to="note"), None),
        (NATIVE, "The agents get none"),
        (replace(NATIVE, summary_to="360001"), "users may see that field"),
    ],
)
def test_where_the_summary_goes(given, words):
    found = check_native(settings(given))
    assert [each.outcome for each in found] == ([] if words is None else [Outcome.WARNING])
    assert words is None or words in found[0].cause


def test_users_of_zendesks_own_channels_are_users(tmp_path):
    bot = BotFolder(tmp_path)
    del bot.files["credentials.yml"]["rest"]
    bot.write()
    [found] = check_credentials(tmp_path / "credentials.yml")
    assert found.outcome is Outcome.ERROR
    bot.connector["mode"] = "native"
    bot.write()
    [found] = check_credentials(tmp_path / "credentials.yml")
    assert found.outcome is Outcome.FINE and "Zendesk's own channels" in found.cause


@pytest.mark.parametrize(
    "more, default, words",
    [
        ({"triggers": list(TRIGGERS)}, "rasa", "conversation:postback"),
        ({"triggers": list(NATIVE_TRIGGERS)}, "rasa", "names and languages"),
        (
            {"triggers": list(NATIVE_TRIGGERS), "include_full_user": True},
            "zd-answerBot",
            "New conversations begin with zd-answerBot, not rasa",
        ),
    ],
)
async def test_what_the_account_lacks(sim, more, default, words):
    secret = "a webhook secret of more than 32 bytes"
    ours = {
        "target": f"{URL}/api/v1/connectors/support/webhook",
        "secret": secret,
        "switchboard_name": "rasa",
        **more,
    }
    app = await sim.add_app(integrations=[ours], default_integration=default)
    given = replace(
        NATIVE,
        app_id=app.id,
        key_id=app.key_id,
        key_secret=app.key_secret,
        base_url=sim.base_url,
        webhook_secrets=(secret,),
    )
    found = await check_zendesk(settings(given))
    assert any(words in each.cause for each in found), [each.cause for each in found]
