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
from zendesk_handoff.domain.templates import Template
from zendesk_handoff.settings import Settings
from zendesk_handoff.settings.ticket import TicketSettings
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


TOKEN = {"support_email": "ana@example.com", "support_token": "a token of the Support API"}
FIELDS = TicketSettings(priority=Template("high"))


async def test_clients_that_are_asked_for_and_not_sent(sim):
    told = await causes(await account_of(sim, client_info=True), of="webhook")
    assert "client_info" in told[0]
    told = await causes(await account_of(sim), of="webhook")
    assert "every trigger" in told[0]


async def account_of(sim, *, key="app", support=False, records=None, **values):
    """Add an account whose set-up is as it should be; return the settings for it."""
    ours = {
        "target": f"{URL}/api/v1/connectors/support/webhook",
        "secret": NATIVE.webhook_secrets[0],
        "switchboard_name": "rasa",
        "triggers": list(NATIVE_TRIGGERS),
        "include_full_user": True,
        "key": {},
    }
    token = TOKEN if support else {}
    app = await sim.add_app(
        integrations=[ours], default_integration="rasa", support_records=records or {}, **token
    )
    used = app if key == "app" else app.integrations[0]
    given = replace(
        NATIVE,
        **{"app_id": app.id, "key_id": used.key_id, "key_secret": used.key_secret},
        **{"base_url": sim.base_url, **token, **values},
    )
    return settings(given)


async def causes(given, *, of):
    return [each.cause for each in await check_zendesk(given) if each.check.startswith(of)]


@pytest.mark.parametrize("support, words", [(True, "Support API"), (False, "as they are")])
async def test_no_ticket_of_its_own_is_promised(sim, support, words):
    given = await account_of(sim, support=support, ticket=FIELDS)
    [told] = await causes(given, of="ticket fields")
    assert told.startswith("A handover goes into the ticket of the conversation") and words in told
    [told] = await causes(given, of="multi-conversations")
    assert "in the user's own" in told


async def test_what_a_key_cannot_tell_of_tickets_is_said(sim):
    given = await account_of(sim, key="int", ticket=FIELDS)
    told = await check_zendesk(given)
    [skip] = [each for each in told if each.check.startswith("ticket fields")]
    assert skip.outcome is Outcome.SKIPPED and "who answers first" in skip.cause


@pytest.mark.parametrize(
    "record, words",
    [
        (None, "no ticket field with the id"),
        ({"type": "tagger"}, "has no text: tagger"),
        ({"type": "text", "active": False}, "not active"),
        ({"type": "text", "editable_in_portal": False}, "cannot be edited by end users"),
        ({"type": "text"}, None),
    ],
)
@pytest.mark.parametrize("key", ["session_field", "summary_to"])
async def test_the_fields_of_reference_and_summary_are_looked_up(sim, key, record, words):
    records = {"ticket_fields": {"36": record}} if record is not None else {}
    given = await account_of(sim, support=True, records=records, **{key: "36"})
    told = await causes(given, of="ticket fields")
    assert told == [] if words is None else words in told[0]
    if words is None:
        [told] = await causes(given, of="Support API")
        assert f"{key} 36" in told
