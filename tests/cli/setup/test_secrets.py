"""``setup``: where secrets are written, and what is never overwritten."""

from __future__ import annotations

from tests.support.setup_bot import NOTHING, TARGET
from zendesk_handoff.zendesk.administration import Administration


async def test_another_secret_is_not_overwritten(bot):
    await bot.setup()
    right = bot.variables["ACME_HOOK"]
    text = (bot.folder / ".env").read_text().replace(right, "another secret of sixteen")
    (bot.folder / ".env").write_text(text)
    output = await bot.setup(code=1)
    assert "ACME_HOOK in .env is not the secret of this webhook, and is left as it is." in output
    assert (bot.folder / ".env").read_text() == text
    output = await bot.setup(code=1, ACME_HOOK="from the environment")
    assert "ACME_HOOK in the environment is not the secret" in output
    bot.write(webhook_secret=["${ACME_HOOK}", "${ACME_HOOK_2}"])
    await bot.setup()
    assert bot.variables["ACME_HOOK_2"] == right
    assert NOTHING in await bot.setup()


async def test_a_secret_in_the_yaml(bot):
    bot.write(webhook_secret="a literal of sixteen and more")
    output = await bot.setup(code=1)
    assert "No webhook was made, as its secret has no place. `webhook_secret` in" in output
    assert await bot.account() == []
    one = {"target": TARGET, "secret": "a literal of sixteen and more"}
    await bot.sim.add_integration(bot.app_id, one)
    await bot.setup()
    assert "ACME_HOOK" not in bot.variables
    bot.write(webhook_secret="another literal of sixteen")
    output = await bot.setup(code=1)
    assert 'Write `webhook_secret: "${ZENDESK_WEBHOOK_SECRET}"` instead' in output


async def test_a_variable_that_is_taken_before_a_webhook_is_made(bot):
    with (bot.folder / ".env").open("a") as file:
        file.write("ACME_HOOK=of another connector\n")
    assert "its secret has no place. ACME_HOOK in .env is" in await bot.setup(code=1)
    assert await bot.account() == []


async def test_secrets_that_zendesk_shows_once(bot):
    await bot.sim.set_switches(bot.app_id, secrets_shown_again=False)
    await bot.setup()
    output = await bot.setup()
    assert NOTHING in output
    assert "Zendesk does not show the webhook's secret: it was not compared" in output
    (bot.folder / ".env").write_text(f"ACME_KEY={bot.key[1]}\n")
    output = await bot.setup(code=1)
    assert "Copy it from Admin Center" in output
    assert "as ACME_HOOK=…" in output
    assert len(await bot.keys()) == 2  # the first one's secret is lost


async def test_a_file_that_cannot_be_written(bot):
    (bot.folder / ".env").chmod(0o400)
    output = await bot.setup(code=1)
    assert ".env: cannot be written. Make it, or its folder, writable." in output
    assert await bot.account() == []


async def test_a_file_that_is_changed_while_zendesk_answers(bot, monkeypatch):
    real = Administration.create_integration

    async def then_locked(self, *arguments, **options):
        made = await real(self, *arguments, **options)
        (bot.folder / ".env").chmod(0o400)
        return made

    monkeypatch.setattr(Administration, "create_integration", then_locked)
    output = await bot.setup(code=1)
    assert "is read-only" in output
    assert "Zendesk has what is listed as done, and keeps its secrets." in output
    (bot.folder / ".env").chmod(0o600)
    await bot.setup()
    assert len(await bot.account()) == 1
    assert NOTHING in await bot.setup()


async def test_secrets_are_in_no_repository(bot):
    (bot.folder / ".git").mkdir()
    await bot.setup()
    assert ".env" in (bot.folder / ".gitignore").read_text().splitlines()
