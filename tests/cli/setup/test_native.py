"""``setup --native``: the bot answers first in the account's own channels."""

from __future__ import annotations

from tests.support.setup_bot import NOTHING
from zendesk_handoff.settings import load_settings
from zendesk_handoff.zendesk.webhooks import NATIVE_TRIGGERS


async def test_everything_is_made_and_then_found(bot):
    output = await bot.setup("--native")
    assert "conversations begin with 'rasa' instead of zd-answerBot" in output
    [(_, _, triggers)] = await bot.account()
    assert triggers == list(NATIVE_TRIGGERS)
    async with bot.admin as admin:
        board = await admin.switchboard.get()
        ours = (await bot.places())[2]
        assert board.default_switchboard_integration_id == ours.id and ours.name == "rasa"
        [integration] = await admin.list_integrations(types=["custom"])
        [webhook] = await admin.list_webhooks(integration.id)
        assert webhook.include_full_user and not webhook.include_full_source
    settings = load_settings(bot.folder / "credentials.yml")
    [connector] = settings.connectors.values()
    assert connector.is_native and connector.switchboard_integration == "rasa"
    assert NOTHING in await bot.setup("--native")
    assert NOTHING in await bot.setup(), "the mode is in the settings now"


async def test_a_relay_becomes_native(bot):
    await bot.setup("--switchboard")
    output = await bot.setup("--native")
    assert "with users' profiles" in output and "mode: native" in output
    [(_, _, triggers)] = await bot.account()
    assert set(triggers) == set(NATIVE_TRIGGERS)


async def test_what_was_changed_since_is_mended(bot):
    await bot.setup("--native")
    async with bot.admin as admin:
        board = await admin.switchboard.get()
        answer_bot = (await bot.places())[0]
        await admin.switchboard.update(board.id, default_id=answer_bot.id)
    output = await bot.setup()
    assert "conversations begin with 'rasa' instead of zd-answerBot" in output
    async with bot.admin as admin:
        board = await admin.switchboard.get()
        assert board.default_switchboard_integration_id == (await bot.places())[2].id


async def test_the_clients_of_users_where_the_settings_ask_for_them(bot):
    await bot.setup("--native")
    file = bot.folder / "credentials.yml"
    asked = file.read_text().replace("mode: native", "mode: native\n      client_info: true")
    file.write_text(asked)
    assert "with users' clients" in await bot.setup()
    async with bot.admin as admin:
        [integration] = await admin.list_integrations(types=["custom"])
        [webhook] = await admin.list_webhooks(integration.id)
        assert webhook.include_full_source
    assert NOTHING in await bot.setup()
