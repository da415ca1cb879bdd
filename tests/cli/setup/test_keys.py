"""``setup``: the key that it uses, and what Zendesk says of it."""

from __future__ import annotations

import pytest
import yaml

from tests.support.setup_bot import NOTHING
from zendesk_handoff.cli import setup as command
from zendesk_handoff.settings import load_settings
from zendesk_handoff.zendesk import RetryPolicy


async def test_the_bots_own_key(bot):
    await bot.setup("--own-key")
    connector = load_settings(bot.folder / "credentials.yml").connectors["help-desk"]
    (key,) = await bot.keys()
    assert (connector.key_id, connector.key_secret) == (key.id, key.secret)
    written = yaml.safe_load((bot.folder / "credentials.yml").read_text())
    block = written["channels.ZendeskInput"]["connectors"]["help-desk"]
    assert block["key_id"] == "${ZENDESK_KEY_ID_help__desk}"
    output = await bot.setup(code=1)
    assert f"The connector's key {key.id} is an integration's" in output
    assert "--key-id app_…" in output
    named = ("--key-id", bot.key[0])
    assert NOTHING in await bot.setup(*named, ZENDESK_SETUP_KEY_SECRET=bot.key[1])
    assert NOTHING in await bot.setup(*named, answer=f"{bot.key[1]}\n")
    assert NOTHING in await bot.setup(*named, "--own-key", ZENDESK_SETUP_KEY_SECRET=bot.key[1])


async def test_a_key_of_the_integration_in_the_yaml(bot):
    await bot.setup()
    (key,) = await bot.keys()
    bot.write(key_id=key.id, key_secret=key.secret)
    (bot.folder / ".env").write_text(f"ACME_HOOK={bot.variables['ACME_HOOK']}\n")
    for options in ((), ("--own-key",)):
        output = await bot.setup(
            "--key-id", bot.key[0], *options, ZENDESK_SETUP_KEY_SECRET=bot.key[1]
        )
        # The variables' quotes are all that was missing.
        assert "to do  key" not in output
        assert "ZENDESK_KEY_ID" not in output
    assert len(await bot.keys()) == 1


async def test_a_key_in_the_environment_takes_precedence(bot):
    output = await bot.setup(code=1, ZENDESK_KEY_ID_help__desk="int_of_another_integration")
    assert "ZENDESK_KEY_ID_help__desk in the environment is no key of this" in output
    assert await bot.account() == []
    await bot.setup()
    stored = {name: bot.variables[name] for name in bot.variables if "help__desk" in name}
    (bot.folder / ".env").write_text("\n".join(f"{name}={bot.variables[name]}" for name in
                                               ("ACME_KEY", "ACME_HOOK")))  # fmt: skip
    assert NOTHING in await bot.setup(**stored)


async def test_a_wrong_secret_of_the_key(bot):
    (bot.folder / ".env").write_text("ACME_KEY=another-secret\n")
    output = await bot.setup(code=1)
    assert "401 unauthorized" in output
    assert "does not accept the key" in output
    assert "copy both again from one key" in output


async def test_a_key_without_the_right(bot):
    await bot.sim.add_fault("status", status=403, path="/integrations")
    output = await bot.setup(code=1)
    assert f"is not one of the app {bot.app_id}" in output


async def test_another_accounts_app(bot):
    bot.write(app_id="0" * 24)
    output = await bot.setup(code=1)
    assert f"There is no app {'0' * 24} at" in output


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (402, "The account's plan does not include the Conversations API"),
        (400, "Zendesk has refused the call"),
        (404, "deleted"),
    ],
)
async def test_other_errors(bot, status, words):
    await bot.sim.add_fault("status", status=status, code="x", method="POST", path="/integrations")
    assert words in await bot.setup(code=1)


async def test_nobody_at_the_address(bot, monkeypatch):
    monkeypatch.setattr(command, "RETRY", RetryPolicy(max_elapsed=0.0))
    bot.write(base_url="http://127.0.0.1:9/sc")
    output = await bot.setup(code=1)
    assert "Nothing answers at 127.0.0.1:9. Correct `base_url`" in output
