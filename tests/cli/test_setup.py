"""``setup`` against the simulator: what it makes, finds, changes, and leaves to a person."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.exceptions import RasaException
from rasa.shared.utils.io import read_config_file
from typer.testing import CliRunner

from simulator import Simulator
from tests.support.killable import ARMED, FOLDER_VARIABLE, PASSED
from tests.support.names import TEXTS
from zendesk_handoff.cli import app
from zendesk_handoff.cli import setup as command
from zendesk_handoff.settings import Connector, load_settings, read_settings
from zendesk_handoff.settings.env_file import env_file
from zendesk_handoff.zendesk import RetryPolicy
from zendesk_handoff.zendesk.administration import Administration
from zendesk_handoff.zendesk.webhooks import TRIGGERS

PUBLIC_URL = "https://bot.acme.shop"
TARGET = f"{PUBLIC_URL}/api/v1/connectors/help-desk/webhook"
BY_CONVENTION = f"{PUBLIC_URL}/webhooks/zendesk/help-desk/webhook"
NAME = "Rasa handoff: help-desk"
OTHER_TARGET = "https://old.acme.shop/hook"
NOTHING = "Nothing to do."


@dataclass
class Bot:
    """A bot's folder, and its account on the simulator."""

    folder: Path
    sim: Simulator
    app_id: str
    key: tuple[str, str]
    connector: dict[str, Any]

    def write(self, **changes: Any) -> None:
        self.connector.update(changes)
        block = {"public_url": PUBLIC_URL, "connectors": {"help-desk": self.connector}}
        (self.folder / "credentials.yml").write_text(
            "# the bot's channels\nrest:\n" + yaml.safe_dump({"channels.ZendeskInput": block})
        )

    async def setup(
        self,
        *options: str,
        code: int = 0,
        answer: str = "",
        no_terminal: bool = False,
        **env: str,
    ) -> str:
        """Run the command; standard output and the errors together."""
        arguments = ["setup", *options, "--credentials", str(self.folder / "credentials.yml")]
        if "help-desk" not in arguments and not any("help" in each for each in options):
            arguments.insert(1, "help-desk")
        if not answer and not no_terminal:
            arguments.append("--yes")
        result = await asyncio.to_thread(
            CliRunner().invoke, app, arguments, input=answer, env=env or None
        )
        assert result.exit_code == code, result.output
        assert not re.search("Traceback", result.output)
        for secret in (self.key[1], *self.variables.values()):
            assert secret.startswith(("int_", "app_")) or secret not in result.output
        return str(result.output)

    @property
    def variables(self) -> dict[str, str]:
        return env_file(self.folder)

    @property
    def admin(self) -> Administration:
        values = {"subdomain": "acme", "name": "x", "webhook_secrets": ()}
        connector = Connector(
            id="help-desk",
            app_id=self.app_id,
            key_id=self.key[0],
            key_secret=self.key[1],
            base_url=self.sim.base_url,
            **values,
        )
        return Administration(connector, retry=RetryPolicy(max_elapsed=0))

    async def account(self) -> list[tuple[str | None, str, list[str]]]:
        """List name, target and triggers of every webhook."""
        async with self.admin as admin:
            return [
                (each.display_name, hook.target, hook.triggers)
                for each in await admin.list_integrations(types=["custom"])
                for hook in each.webhooks
            ]

    async def keys(self) -> list[Any]:
        async with self.admin as admin:
            return [
                key
                for each in await admin.list_integrations(types=["custom"])
                for key in await admin.list_keys(each.id)
            ]

    async def places(self) -> list[Any]:
        async with self.admin as admin:
            board = await admin.switchboard.get()
            return await admin.switchboard.list_integrations(board.id) if board else []


@pytest.fixture
async def bot(sim, tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith("ZENDESK_"):
            monkeypatch.delenv(name)
    made = await sim.add_app()
    found = Bot(tmp_path, sim, made.id, (made.key_id, made.key_secret), {})
    found.write(
        subdomain="acme",
        app_id=made.id,
        key_id=made.key_id,
        key_secret="${ACME_KEY}",
        webhook_secret="${ACME_HOOK}",
        base_url=sim.base_url,
    )
    (tmp_path / ".env").write_text(f"# secrets\nACME_KEY={made.key_secret}\n")
    return found


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
    triggers = [*TRIGGERS, "conversation:typing"]
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
        kept = ["conversation:typing", TRIGGERS[2], TRIGGERS[0]]
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


# The switchboard


async def test_a_place_that_differs(bot):
    await bot.setup("--switchboard")
    async with bot.admin as admin:
        board = await admin.switchboard.get()
        answer_bot, _, ours = await admin.switchboard.list_integrations(board.id)
        await admin.switchboard.update_integration(
            board.id, ours.id, deliver_standby_events=True, next_id=answer_bot.id
        )
    output = await bot.setup("--switchboard")
    assert "'rasa': next zd-agentWorkspace; 'rasa': no standby events" in output
    assert (await bot.places())[2] == ours


async def test_no_switchboard(bot):
    made = await bot.sim.add_app(switchboard=False)
    bot.app_id, bot.key = made.id, (made.key_id, made.key_secret)
    bot.write(app_id=made.id, key_id=made.key_id)
    (bot.folder / ".env").write_text(f"ACME_KEY={made.key_secret}\n")
    output = await bot.setup("--switchboard", code=1)
    assert "The account has no switchboard. Turn on messaging and the Agent Workspace" in output
    assert await bot.account() == []
    assert "The switchboard has no 'zd-agentWorkspace'" in await bot.setup()
    assert len(await bot.account()) == 1


async def test_a_switchboard_without_such_agents(bot):
    bot.write(agent_workspace="zd-agents")
    output = await bot.setup("--switchboard", code=1)
    assert "no 'zd-agents'; it has zd-answerBot, zd-agentWorkspace." in output
    bot.write(agent_workspace="zd:agentWorkspace")
    await bot.setup("--switchboard")
    assert (await bot.places())[2].next_switchboard_integration_id == (await bot.places())[1].id


async def test_our_name_is_another_integrations(bot):
    other = {"target": OTHER_TARGET, "switchboard_name": "rasa"}
    await bot.sim.add_integration(bot.app_id, other)
    before = await bot.places()
    output = await bot.setup("--switchboard", code=1)
    assert "The name 'rasa' in the switchboard belongs to another integration" in output
    assert len(await bot.account()) == 1
    bot.write(switchboard_integration="rasa bot")
    assert "letters, digits, `-` and `_` only" in await bot.setup("--switchboard", code=1)
    bot.write(switchboard_integration="rasa-2")
    await bot.setup("--switchboard")
    assert (await bot.places())[:3] == before
    assert (await bot.places())[3].name == "rasa-2"


async def test_our_integration_has_another_name_in_the_switchboard(bot):
    ours = {"target": TARGET, "switchboard_name": "bot"}
    await bot.sim.add_integration(bot.app_id, ours)
    assert "write `switchboard_integration: bot`, and give --switchboard" in await bot.setup()
    output = await bot.setup("--switchboard", code=1)
    assert "is in the switchboard already, as 'bot'. Write `switchboard_integration: bot`" in output
    bot.write(switchboard_integration="bot")
    await bot.setup("--switchboard")
    assert [each.name for each in await bot.places()][2:] == ["bot"]
    assert NOTHING in await bot.setup("--switchboard")


async def test_ten_places(bot):
    async with bot.admin as admin:
        for number in range(8):
            one = {"target": OTHER_TARGET, "switchboard_name": f"other-{number}"}
            await bot.sim.add_integration(bot.app_id, one)
        assert len(await admin.list_integrations(types=["custom"])) == 8
    output = await bot.setup("--switchboard", code=1)
    assert "The switchboard has ten integrations, the limit." in output


# Secrets


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


# A kill

PLACES = (
    "setup: POST /integrations",
    "setup: write .env",
    "setup: POST /switchboards/{id}/switchboardIntegrations",
    "setup: POST /integrations/{id}/keys",
    "setup: write .env#2",
    "setup: write credentials.yml",
)


async def killed(bot: Bot) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.killed_setup", "setup", "help-desk", "--yes"),
        *("--switchboard", "--own-key", "--credentials", str(bot.folder / "credentials.yml")),
        env={**os.environ, FOLDER_VARIABLE: str(bot.folder)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


async def test_the_places_are_all(bot):
    (bot.folder / PASSED).touch()
    assert await killed(bot) == 0
    passed = (bot.folder / PASSED).read_text().splitlines()
    assert passed == [place.partition("#")[0] for place in PLACES]


@pytest.mark.parametrize("place", PLACES)
async def test_a_kill_and_a_repeat(bot, place):
    (bot.folder / ARMED).write_text(place)
    assert await killed(bot) == -signal.SIGKILL
    again = ("--switchboard", "--own-key", "--key-id", bot.key[0])
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


# Keys


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
    monkeypatch.setattr(command, "_RETRY", RetryPolicy(max_elapsed=0.0))
    bot.write(base_url="http://127.0.0.1:9/sc")
    output = await bot.setup(code=1)
    assert "Nothing answers at 127.0.0.1:9. Correct `base_url`" in output


# The connector


async def test_no_such_connector(bot):
    output = await bot.setup("help", code=1)
    assert "has no connector `help`; there are: help-desk." in output


async def test_what_others_lack_is_of_no_interest(bot):
    block = {
        "public_url": PUBLIC_URL,
        "store_url": "${NOT_SET}",
        "connectors": {"help-desk": bot.connector, "sales": {"key_id": "${NOT_SET}"}},
    }
    text = yaml.safe_dump({"zendesk_handoff.channels.ZendeskInput": block})
    (bot.folder / "credentials.yml").write_text(text)
    await bot.setup()
    assert len(await bot.account()) == 1


async def test_connectors_whose_variables_would_be_the_same(bot):
    block = {
        "public_url": PUBLIC_URL,
        "connectors": {"help-desk": bot.connector, "help__desk": bot.connector},
    }
    text = yaml.safe_dump({"zendesk_handoff.channels.ZendeskInput": block})
    (bot.folder / "credentials.yml").write_text(text)
    assert "Two connectors would have the variables" in await bot.setup(code=1)
    assert await bot.account() == []
