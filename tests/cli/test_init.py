"""``zendesk-handoff init``: by options, without a terminal, and with questions in a real one."""

from __future__ import annotations

import shutil

import pytest
import yaml
from typer.testing import CliRunner

from tests.adopt.shapes import BASE, STOCK, of_folder, write
from tests.support.terminals import Terminal
from zendesk_handoff.cli import app
from zendesk_handoff.settings import BLOCK, load_settings

KEY, HOOK = "key-secret-0123456789", "hook secret without spaces".replace(" ", "-")
OPTIONS = {
    "--subdomain": "Your-Company",
    "--app-id": "64e0000000000000000000001",
    "--key-id": "app_64b0c0ffee0000000000b0e1",
    "--public-url": "https://bot.example.com/",
}
VARIABLES = ("SUBDOMAIN", "APP_ID", "KEY_ID", "KEY_SECRET", "WEBHOOK_SECRET", "PUBLIC_URL")


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(f"ZENDESK_{name}", raising=False)


@pytest.fixture
def bot(tmp_path):
    folder = tmp_path / "bot"
    shutil.copytree(STOCK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".git").mkdir()
    return folder


def run(bot, *arguments, **env):
    return CliRunner().invoke(app, ["init", "--folder", str(bot), *arguments], env=env)


def options(**changed):
    given = {**OPTIONS, **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
    return [part for name, value in given.items() if value for part in (name, value)]


def test_with_the_simulator_nothing_is_asked(bot):
    before = of_folder(bot)
    done = run(bot, "--simulator", "--yes")
    assert done.exit_code == 0, done.output
    settings = load_settings(bot / "credentials.yml", environ={})
    assert settings.connectors["support"].base_url == "http://127.0.0.1:8090/sc"
    assert "+ZENDESK_KEY_SECRET=********" in done.output
    assert "demo-key-secret" not in done.output
    for step in ("zendesk-simulator ", "rasa train", "zendesk-handoff check", "rasa run actions"):
        assert f"\n  {step}" in done.output

    again = run(bot, "--simulator", "--yes")
    assert (again.exit_code, again.output.splitlines()[-1]) == (0, "Nothing to do.")

    undone = run(bot, "--undo", "--yes")
    assert undone.exit_code == 0
    assert of_folder(bot) == before
    assert run(bot, "--undo", "--yes").output == "Nothing to do.\n"


def test_the_addresses_of_a_simulator_elsewhere(bot):
    addresses = ("--base-url", "http://localhost:1234/sc/", "--public-url", "http://localhost:99")
    done = run(bot, "--simulator", "--yes", *addresses)
    assert done.exit_code == 0
    assert "zendesk-simulator --port 1234   #" in done.output
    assert "http://localhost:1234/\n" in done.output
    assert "http://localhost:99/webhooks/webchat/" in done.output
    settings = load_settings(bot / "credentials.yml", environ={})
    assert settings.public_url == "http://localhost:99"
    assert settings.connectors["support"].base_url == "http://localhost:1234/sc"


def test_a_dry_run_shows_the_changes_and_writes_nothing(bot):
    before = of_folder(bot)
    done = run(bot, "--simulator", "--dry-run")
    assert done.exit_code == 0
    assert "+  - name: zendesk_handoff.HandoffImporter" in done.output
    assert "\n-#action_endpoint:" in done.output
    assert done.output.endswith("Nothing was written.\n")
    assert of_folder(bot) == before


def test_without_a_terminal_nothing_is_written_unasked(bot):
    before = of_folder(bot)
    done = run(bot, "--simulator")
    assert done.exit_code == 1
    assert "There is no terminal to ask on: add --yes" in done.stderr
    assert of_folder(bot) == before


def test_an_account_by_options_and_files(bot, tmp_path):
    (tmp_path / "key").write_text(f"{KEY}\n")
    (tmp_path / "hook").write_text(f"\ufeff {HOOK}\r\n")
    files = ("--key-secret-file", str(tmp_path / "key"), "--webhook-secret-file")
    done = run(bot, "--yes", *options(), *files, str(tmp_path / "hook"), "--connector", "sales")
    assert done.exit_code == 0, done.output
    sales = load_settings(bot / "credentials.yml", environ={}).connectors["sales"]
    assert (sales.key_secret, sales.webhook_secrets) == (KEY, (HOOK,))
    assert (sales.subdomain, sales.app_id) == ("Your-Company", "64e0000000000000000000001")
    assert sales.base_url == "https://Your-Company.zendesk.com/sc"
    assert KEY not in done.output and HOOK not in done.output
    assert (bot / ".env").stat().st_mode & 0o777 == 0o600
    assert (bot / ".gitignore").read_text() == ".env\nhandoff.db*\n"
    holding = [name for name, text in of_folder(bot).items() if KEY.encode() in text]
    assert holding == [".env"]
    assert "WebChatInput" not in (bot / "credentials.yml").read_text()


def test_an_account_by_the_environment(bot):
    names = ["ZENDESK_SUBDOMAIN", "ZENDESK_APP_ID", "ZENDESK_KEY_ID", "ZENDESK_PUBLIC_URL"]
    environ = dict(zip(names, OPTIONS.values(), strict=True)) | {"ZENDESK_KEY_SECRET": KEY}
    done = run(bot, "--yes", "--webchat", **environ)
    assert done.exit_code == 0, done.output
    assert "zendesk_handoff.channels.WebChatInput:" in (bot / "credentials.yml").read_text()
    assert "zendesk-handoff setup support" in done.output
    assert (bot / ".env").read_text() == f"ZENDESK_KEY_SECRET={KEY}\n"


def test_a_secret_of_the_env_file_is_used(bot):
    (bot / ".env").write_text(f"# mine\nZENDESK_KEY_SECRET={KEY}\n")
    done = run(bot, "--yes", *options())
    assert done.exit_code == 0, done.output
    assert "ZENDESK_KEY_SECRET is in .env already." in done.output
    assert (bot / ".env").read_text() == f"# mine\nZENDESK_KEY_SECRET={KEY}\n"
    assert run(bot, "--undo", "--yes").exit_code == 0
    assert (bot / ".env").read_text() == f"# mine\nZENDESK_KEY_SECRET={KEY}\n"


def test_the_environments_other_secret_is_told(bot):
    done = run(bot, "--simulator", "--yes", ZENDESK_KEY_SECRET="of-the-real-account")
    told = "The environment sets ZENDESK_KEY_SECRET to another value, and wins over .env."
    assert told in done.output
    assert "of-the-real-account" not in done.output


def test_everything_that_is_missing_is_told_at_once(bot):
    before = of_folder(bot)
    done = run(bot, "--yes")
    assert done.exit_code == 1
    for option in (*OPTIONS, "--key-secret-file"):
        assert f"\n{option}: is missing" in done.stderr
    assert "--webhook-secret-file" not in done.stderr
    assert "Admin Center > Apps and integrations > APIs > Conversations API" in done.stderr
    assert of_folder(bot) == before


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("subdomain", "https://shop.example.com", "the part before .zendesk.com"),
        ("subdomain", "-a", "the part before .zendesk.com"),
        ("app_id", "app_64b0c0ffee", "letters and digits alone"),
        ("key_id", "64b0c0ffee", "must begin with `app_`"),
        ("public_url", "bot.example.com", "must be an address"),
        ("public_url", "http://bot.example.com", "must begin with https://"),
        ("public_url", "https://127.0.0.1:5005", "which Zendesk cannot reach"),
        ("public_url", "http://[", "must be an address"),
        ("base_url", "http://[", "must be an address"),
        ("base_url", "http://zendesk.example", "must begin with https://"),
        ("connector", "a/b", "an id has letters"),
    ],
)
def test_a_wrong_value_is_told_with_its_remedy(bot, name, value, message):
    before = of_folder(bot)
    done = run(bot, "--yes", *options(**{name: value}), ZENDESK_KEY_SECRET=KEY)
    assert done.exit_code == 1
    assert message in done.stderr
    assert KEY not in done.output
    assert of_folder(bot) == before


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("app_64b0c0ffee", "not the key's id"),
        ("two words", "must be one word"),
        ("", "must be one word"),
        ("a\nb", "must be one word"),
    ],
)
def test_a_wrong_secret_is_told_and_not_repeated(bot, tmp_path, secret, message):
    (tmp_path / "key").write_text(secret)
    done = run(bot, "--yes", *options(), "--key-secret-file", str(tmp_path / "key"))
    assert done.exit_code == 1
    assert f"--key-secret-file: {'is' if 'id' in message else 'must'}" in done.stderr
    assert message in done.stderr
    assert not secret or secret not in done.output


def test_a_webhook_secret_that_can_be_guessed(bot, tmp_path):
    (tmp_path / "hook").write_text("short")
    hook = ("--webhook-secret-file", str(tmp_path / "hook"))
    done = run(bot, "--yes", *options(), *hook, ZENDESK_KEY_SECRET=KEY)
    assert "--webhook-secret-file: has 16 characters or more" in done.stderr
    local = ("--base-url", "http://127.0.0.1:8090/sc")
    assert run(bot, "--yes", *options(), *hook, *local, ZENDESK_KEY_SECRET=KEY).exit_code == 0


def test_a_secret_file_that_is_not_there(bot, tmp_path):
    done = run(bot, "--yes", *options(), "--key-secret-file", str(tmp_path / "none"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "none cannot be read" in done.stderr


def test_an_account_beside_the_simulators_is_a_mistake(bot):
    for more in (("--subdomain", "x"), ("--connector", "sales")):
        done = run(bot, "--simulator", "--yes", *more)
        assert done.exit_code == 1
        assert "--simulator has an account of its own" in done.stderr


def test_a_block_that_is_there_is_left_as_it_is(bot):
    block = {"public_url": "https://bot.example.com", "connectors": {"a": {"app_id": "1"}}}
    text = yaml.safe_dump({"rest": None, "channels.ZendeskInput": block})
    (bot / "credentials.yml").write_text(text)
    done = run(bot, "--yes")
    assert done.exit_code == 0, done.output
    assert (bot / "credentials.yml").read_text() == text
    assert not (bot / ".env").exists()
    assert "has a block for Zendesk already" in run(bot, "--simulator", "--yes").output


def test_secrets_of_other_channels_are_not_shown(tmp_path):
    write(tmp_path, BASE)
    done = run(tmp_path, "--simulator", "--dry-run")
    assert "+zendesk_handoff.channels.ZendeskInput:" in done.output
    assert "xoxb" not in done.output and "slack" not in done.output


def test_a_broken_file_is_named_before_anything_is_asked(bot):
    (bot / "endpoints.yml").write_text("a: [\n")
    done = run(bot)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{bot}/endpoints.yml, line ")


def test_the_way_back_names_what_it_leaves(bot):
    run(bot, "--simulator", "--yes")
    text = (bot / "credentials.yml").read_text()
    (bot / "credentials.yml").write_text(text.replace("acme-shop", "other"))
    done = run(bot, "--undo", "--yes")
    assert done.exit_code == 1
    line = "credentials.yml: the lines from `zendesk_handoff.channels.ZendeskInput:` on"
    assert line in done.stderr
    assert not (bot / ".env").exists()


def test_the_importers_additions_as_files(bot):
    before = of_folder(bot)
    done = run(bot, "--simulator", "--files", "--yes")
    assert done.exit_code == 0, done.output
    config = yaml.safe_load((bot / "config.yml").read_text())
    assert "importers" not in config
    assert {"name": "zendesk_handoff.nlu.HandoffRecognizer"} in config["pipeline"]
    assert "utter_handoff_started" in (bot / "domain.yml").read_text()
    assert "action_human_handoff" in (bot / "data/zendesk_handoff/rules.yml").read_text()
    after = of_folder(bot)
    for again in (("--files",), (), ("--webchat",)):
        assert run(bot, "--yes", *again).output.splitlines()[-1] == "Nothing to do."
    assert of_folder(bot) == after
    refused = run(bot, "--yes", "--replace")
    assert refused.exit_code == 1
    assert "config.yml: names no importer, as the bot's own files have the rules" in refused.stderr
    assert run(bot, "--undo", "--yes").exit_code == 0
    assert of_folder(bot) == before
    assert not (bot / "data" / "zendesk_handoff").exists()


def test_the_bots_own_answers_give_way(bot):
    assert run(bot, "--simulator", "--yes", "--replace").exit_code == 0
    [importer] = yaml.safe_load((bot / "config.yml").read_text())["importers"]
    assert importer == {"name": "zendesk_handoff.HandoffImporter", "replace": True}


def test_files_in_place_of_an_importer_that_was_there(bot):
    run(bot, "--simulator", "--yes")
    with_importer = of_folder(bot)
    done = run(bot, "--files", "--yes")
    assert done.exit_code == 0, done.output
    assert "-  - name: zendesk_handoff.HandoffImporter" in done.output
    assert "importers" not in yaml.safe_load((bot / "config.yml").read_text())
    assert len(of_folder(bot)) > len(with_importer)
    assert run(bot, "--undo", "--yes").exit_code == 0
    assert not any(b"zendesk" in text.lower() for text in of_folder(bot).values())


def test_files_for_a_bot_that_rasa_cannot_read(bot):
    before = of_folder(bot)
    (bot / "domain.yml").write_text("intents: {a: 1}\nslots: [x]\n")
    done = run(bot, "--simulator", "--files", "--yes")
    assert done.exit_code == 1
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert of_folder(bot) == {**before, "domain.yml": b"intents: {a: 1}\nslots: [x]\n"}


def terminal(bot, *arguments):
    return Terminal("init", *arguments, folder=bot, environ={"COLUMNS": "100"})


def test_questions_in_a_terminal(bot):
    shown = terminal(bot)
    shown.answer("Subdomain: ", "shop.example.com")
    shown.wait_for("the part before .zendesk.com alone")
    shown.answer("Subdomain: ", "https://your-company.zendesk.com/agent")
    shown.answer("App id: ", "5f0c0ffee0000000000000a1")
    shown.answer("Key id: ", "5f0c0ffee0000000000000b1")
    shown.answer("Key id: ", "app_5f0c0ffee0000000000000b1")
    shown.answer("Key secret: ", "app_5f0c0ffee0000000000000b1")
    shown.wait_for("is the secret, not the key's id")
    shown.answer("Key secret: ", KEY)
    shown.answer("Webhook secret: ", "short")
    shown.wait_for("has 16 characters or more")
    shown.answer("Webhook secret: ", "")
    shown.answer("Public URL: ", "http://localhost:5005")
    shown.answer("Public URL: ", "https://bot.example.com")
    shown.answer("Write these changes? [y/N]: ", "y")
    assert shown.finish() == 0, shown.shown
    assert KEY not in shown.shown and "short" not in shown.shown
    for hint in ("Admin Center > Apps and integrations > APIs", "Conversations integrations"):
        assert hint in shown.shown
    block = yaml.safe_load((bot / "credentials.yml").read_text())[BLOCK]
    assert block["public_url"] == "https://bot.example.com"
    assert block["connectors"]["support"]["subdomain"] == "your-company"
    assert (bot / ".env").read_text() == f"ZENDESK_KEY_SECRET={KEY}\n"


def test_a_no_and_a_ctrl_c_leave_everything_as_it_was(bot):
    before = of_folder(bot)
    no = terminal(bot, "--simulator")
    no.answer("Write these changes? [y/N]: ", "")
    stop = terminal(bot, *options())
    stop.interrupt("Key secret: ")
    assert (no.finish(), stop.finish()) == (1, 1)
    assert "Aborted" in no.shown and "Traceback" not in stop.shown
    assert of_folder(bot) == before
