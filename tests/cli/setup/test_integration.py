"""``setup`` against the simulator: the integration, its webhook and its key."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from rasa.shared.exceptions import RasaException

from tests.support.names import TEXTS
from tests.support.setup_bot import BY_CONVENTION, NAME, NOTHING, OTHER_TARGET, TARGET
from zendesk_handoff.rasa.compat import read_config_file
from zendesk_handoff.settings import load_settings, read_settings
from zendesk_handoff.zendesk.webhooks import TRIGGERS


async def test_a_new_account(bot):
    output = await bot.setup()
    assert await bot.account() == [(NAME, TARGET, list(TRIGGERS))]
    settings = load_settings(bot.folder / "credentials.yml")
    described = await bot.sim.app(bot.app_id)
    (integration,) = described.integrations
    assert settings.connectors["help-desk"].webhook_secrets == (integration.webhook_secret,)
    (key,) = await bot.keys()
    assert bot.variables["ZENDESK_KEY_ID_help__desk"] == key.id
    assert bot.variables["ZENDESK_KEY_SECRET_help__desk"] == key.secret
    assert stat.S_IMODE((bot.folder / ".env").stat().st_mode) == 0o600
    assert (bot.folder / ".env").read_text().startswith("# secrets\nACME_KEY=")
    assert [each.name for each in await bot.places()] == ["zd-answerBot", "zd-agentWorkspace"]
    for trigger in TRIGGERS:
        assert trigger in output
    assert NOTHING in await bot.setup()


async def test_rasa_reads_what_was_written(bot):
    file = str(bot.folder / "credentials.yml")
    with pytest.raises(RasaException, match="make sure to also set these environment variables"):
        read_config_file(file)
    output = await bot.setup()
    assert "quotes around ${ACME_KEY}, as Rasa looks for one without them" in output
    block = read_config_file(file)["channels.ZendeskInput"]
    settings = read_settings(block, file=Path(file))
    assert settings == load_settings(file)
    assert settings.connectors["help-desk"].key_secret == bot.key[1]


async def test_variables_of_the_environment_need_no_quotes(bot):
    values = {"ACME_KEY": bot.key[1]}
    (bot.folder / ".env").unlink()
    assert "quotes around ${ACME_HOOK}" in await bot.setup(**values)
    written = (bot.folder / "credentials.yml").read_text()
    assert "key_secret: ${ACME_KEY}" in written
    assert NOTHING in await bot.setup(**values)


async def test_inside_the_switchboard(bot):
    written = (bot.folder / "credentials.yml").read_text()
    await bot.setup("--switchboard")
    answer_bot, agents, ours = await bot.places()
    assert (ours.name, ours.deliver_standby_events) == ("rasa", False)
    assert ours.next_switchboard_integration_id == agents.id
    connector = load_settings(bot.folder / "credentials.yml").connectors["help-desk"]
    assert connector.switchboard_integration == "rasa"
    added = set((bot.folder / "credentials.yml").read_text().splitlines()) - set(
        written.splitlines()
    )
    assert {line.strip() for line in added} == {
        "switchboard_integration: rasa",
        'key_secret: "${ACME_KEY}"',
        'webhook_secret: "${ACME_HOOK}"',
    }
    output = await bot.setup("--switchboard")
    assert NOTHING in output
    assert "left as it is: zd-answerBot" in output
    async with bot.admin as admin:
        board = await admin.switchboard.get()
        assert board.default_switchboard_integration_id == answer_bot.id


async def test_what_is_asked_for(bot):
    output = await bot.setup(answer="n\n", code=1)
    assert "Make these changes? [y/N]" in output
    assert await bot.account() == []
    assert "ACME_HOOK" not in bot.variables
    assert output.endswith("Nothing was changed.\n")
    dry = await bot.setup("--dry-run")
    assert "Nothing was changed." in dry
    assert dry.splitlines()[:-1] == output.splitlines()[: len(dry.splitlines()) - 1]
    nobody = await bot.setup(no_terminal=True, code=1)
    assert "Nothing was changed. Without a terminal, give --yes." in nobody
    other = await bot.setup("--key-id", "app_1", no_terminal=True, code=1)
    assert "Without a terminal, the secret is in ZENDESK_SETUP_KEY_SECRET." in other
    assert await bot.account() == []
    await bot.setup(answer="y\n")
    assert len(await bot.account()) == 1


@pytest.mark.parametrize(
    "target",
    [
        TARGET,
        BY_CONVENTION,
        TARGET.replace("https://bot.acme.shop", "https://Bot.Acme.Shop:443") + "/",
    ],
)
async def test_an_integration_made_by_hand_is_found_by_its_address(bot, target):
    name = "%((switchboard:passControl:next))% <b>Mo</b>\u202e"
    triggers = [*TRIGGERS, "client:add"]
    await bot.sim.add_integration(
        bot.app_id, {"name": name, "target": target, "triggers": triggers, "secret": "s" * 20}
    )
    await bot.setup()
    assert await bot.account() == [(name, target, triggers)]
    assert bot.variables["ACME_HOOK"] == "s" * 20
    assert NOTHING in await bot.setup()


async def test_missing_events_are_added(bot):
    await bot.setup()
    async with bot.admin as admin:
        (ours,) = await admin.list_integrations(types=["custom"])
        (hook,) = ours.webhooks
        kept = ["client:add", TRIGGERS[2], TRIGGERS[0]]
        await admin.update_webhook(ours.id, hook.id, triggers=kept)
    output = await bot.setup()
    missing = [each for each in TRIGGERS if each not in kept]
    assert f"also for {', '.join(missing)}" in output
    [(_, target, triggers)] = await bot.account()
    assert (target, triggers) == (TARGET, [*kept, *missing])
    assert NOTHING in await bot.setup()


async def test_a_wrong_address_is_corrected(bot):
    await bot.setup()
    async with bot.admin as admin:
        (ours,) = await admin.list_integrations(types=["custom"])
        await admin.update_webhook(ours.id, ours.webhooks[0].id, target=OTHER_TARGET)
    output = await bot.setup()
    assert f"to {TARGET} instead of {OTHER_TARGET}" in output
    assert await bot.account() == [(NAME, TARGET, list(TRIGGERS))]
    assert len(await bot.keys()) == 1


async def test_another_webhook_is_left_alone(bot):
    await bot.setup()
    async with bot.admin as admin:
        (ours,) = await admin.list_integrations(types=["custom"])
        (hook,) = ours.webhooks
        await admin.create_webhook(ours.id, target=OTHER_TARGET, triggers=["user:remove"])
    output = await bot.setup()
    assert NOTHING in output
    assert f"A further webhook of the integration, to {OTHER_TARGET}" in output
    async with bot.admin as admin:
        await admin.delete_webhook(ours.id, hook.id)
        await admin.create_webhook(ours.id, target=OTHER_TARGET + "2", triggers=["user:remove"])
    # None of two sends to us, and none of them is touched.
    output = await bot.setup(code=1)
    assert "ACME_HOOK in .env" in output
    assert len(await bot.account()) == 2
    (bot.folder / ".env").write_text(f"ACME_KEY={bot.key[1]}\n")
    await bot.setup()
    assert [each[1] for each in await bot.account()] == [OTHER_TARGET, OTHER_TARGET + "2", TARGET]


async def test_two_webhooks_to_us(bot):
    await bot.setup()
    async with bot.admin as admin:
        (ours,) = await admin.list_integrations(types=["custom"])
        await admin.create_webhook(ours.id, target=TARGET, triggers=["user:remove"])
    output = await bot.setup()
    assert NOTHING in output
    assert f"A further webhook of the integration, to {TARGET}" in output


async def test_two_integrations_of_our_name(bot):
    ids = []
    for target in (OTHER_TARGET, OTHER_TARGET + "2"):
        made = await bot.sim.add_integration(bot.app_id, {"name": NAME, "target": target})
        ids.append(made.integrations[-1].id)
    output = await bot.setup(code=1)
    assert "Choose one with --integration" in output
    assert all(each in output for each in ids)
    await bot.setup("--integration", ids[1])
    assert [each[1] for each in await bot.account()] == [OTHER_TARGET, TARGET]
    output = await bot.setup()
    assert NOTHING in output


async def test_two_integrations_that_send_to_us(bot):
    for secret in ("first" * 8, "second" * 8):
        await bot.sim.add_integration(bot.app_id, {"target": TARGET, "secret": secret})
    with (bot.folder / ".env").open("a") as file:
        file.write(f"ACME_HOOK={'second' * 8}\n")
    output = await bot.setup()
    assert "A further integration" in output
    (key,) = await bot.keys()
    assert NOTHING in await bot.setup()
    described = await bot.sim.app(bot.app_id)
    assert described.integrations[1].key_id == key.id


async def test_an_integration_on_a_later_page_among_odd_names(bot):
    for number in range(120):
        name = TEXTS[number % len(TEXTS)][:100] or None
        await bot.sim.add_integration(
            bot.app_id, {"name": name, "target": f"https://other.acme.shop/{number}"}
        )
    await bot.sim.add_integration(bot.app_id, {"name": NAME, "target": OTHER_TARGET})
    await bot.setup()
    listed = await bot.account()
    assert len(listed) == 121
    assert [each[1] for each in listed if each[0] == NAME] == [TARGET]


async def test_ten_keys(bot):
    await bot.setup()
    (bot.folder / ".env").write_text(f"ACME_KEY={bot.key[1]}\n")
    async with bot.admin as admin:
        (ours,) = await admin.list_integrations(types=["custom"])
        for key in await admin.list_keys(ours.id):
            await admin.delete_key(ours.id, key.id)
        for number in range(10):
            await admin.create_key(ours.id, f"of a colleague, {number}")
    output = await bot.setup(code=1)
    assert "POST /integrations/{id}/keys: 400 bad_request" in output
    assert "The integration has ten keys, the limit. Delete those that nobody uses" in output
    # What came before is done: the webhook works.
    assert set(bot.variables) == {"ACME_KEY", "ACME_HOOK"}
    async with bot.admin as admin:
        await admin.delete_key(ours.id, (await admin.list_keys(ours.id))[0].id)
    await bot.setup()
    assert NOTHING in await bot.setup()


async def test_ten_webhooks(bot):
    for number in range(10):
        await bot.sim.add_integration(bot.app_id, {"target": f"https://other.acme.shop/{number}"})
    output = await bot.setup(code=1)
    assert "The account has ten webhooks, the limit." in output
    assert len(await bot.account()) == 10


async def test_a_key_that_is_gone_at_zendesk_is_made_again(bot):
    await bot.setup()
    (key,) = await bot.keys()
    async with bot.admin as admin:
        (ours,) = await admin.list_integrations(types=["custom"])
        await admin.delete_key(ours.id, key.id)
    await bot.setup()
    (again,) = await bot.keys()
    assert bot.variables["ZENDESK_KEY_ID_help__desk"] == again.id != key.id
    assert bot.variables["ZENDESK_KEY_SECRET_help__desk"] == again.secret
