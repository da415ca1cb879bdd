"""Every command that a page shows is run: here, or by the test that a table names."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adopt.shapes import STOCK
from tests.support.pages import FOLDER_PAGES, PAGES, ROOT, WHOLE
from tests.support.terminals import Terminal

#: Tests of other modules, each with the commands that it runs.
ELSEWHERE = {
    "tests/adoption/test_pip.py::test_pip_changes_no_package_of_rasa": [
        "pip install zendesk-handoff",
        "pip install path/to/dist/zendesk_*.whl",
    ],
    "simulator/tests/test_wheel.py::test_it_runs_from_any_folder": [
        "pip install dist/zendesk_simulator-*.whl",
        "zendesk-simulator --port 8090",
    ],
    "tests/adoption/test_adoption.py::test_five_lines": [
        "rasa train",
        "rasa run actions & rasa run",
        "zendesk-simulator & rasa run actions & rasa run",
    ],
    "tests/scenarios/test_check.py::test_the_servers_the_account_and_the_way_there_and_back": [
        "zendesk-handoff check",
        "zendesk-handoff check --online",
        "zendesk-handoff check --round-trip",
    ],
    "tests/cli/test_init.py::test_the_importers_additions_as_files": [
        "zendesk-handoff init --files",
    ],
    "tests/cli/test_hours.py::test_the_hours_of_the_page": [
        "zendesk-handoff hours --at 2026-12-24T10:00",
    ],
    "tests/cli/report/test_report.py::test_the_commands_of_the_page": [
        "zendesk-handoff report",
        "zendesk-handoff report --since 2026-03-01 --until 2026-03-31 --time-zone Europe/Berlin "
        "--html report.html",
    ],
    "tests/cli/test_init.py::test_the_bots_own_answers_give_way": [
        "zendesk-handoff init --replace",
    ],
    "tests/cli/setup/test_integration.py::test_what_is_asked_for": [
        "zendesk-handoff setup support",
        "zendesk-handoff setup support --dry-run",
    ],
    "tests/cli/setup/test_ticket_events.py::test_a_new_account": [
        "zendesk-handoff setup support --ticket-events",
    ],
    "tests/cli/setup/test_native.py::test_everything_is_made_and_then_found": [
        "zendesk-handoff setup support --native",
    ],
}
_COMPOSE = "docker compose --env-file deploy/.env -f deploy/compose.yml"
_DUMP = "docker compose -f deploy/compose.yml exec postgres pg_dump"
#: Commands that no test runs. Of `make` the recipe is resolved here.
NOT_RUN = {
    "make setup": "installs the environment in which the tests run",
    "make demo": "installs, trains and serves until Ctrl-C",
    "make test": "runs this test",
    "make lint": "is the first half of `make test`",
    "make fix": "changes the checkout",
    "make docs": "runs this test; test_site.py builds the site",
    "make kills": "takes an hour; a part of it is in `make test`",
    "make adoption": "takes half an hour",
    "make fuzz": "takes half an hour",
    "make soak": "takes ten minutes and a machine of its own",
    "make bench": "takes minutes, and reads data that is not in the repository",
    "make dist": "builds in the checkout; tests/support/environments.py builds elsewhere",
    f"{_COMPOSE} up --build --detach": "needs Docker, as all of these do",
    f"{_COMPOSE} exec rasa-1 zendesk-handoff connectors": "",
    f"{_DUMP} --format=custom --username bot bot > bot.dump": "",
}
ACCOUNT = {
    "ZENDESK_SUBDOMAIN": "your-company",
    "ZENDESK_APP_ID": "5f0c0ffee0000000000000a1",
    "ZENDESK_KEY_ID": "app_5f0c0ffee0000000000000b1",
    "ZENDESK_KEY_SECRET": "key-secret-of-the-garden-centre",
    "ZENDESK_WEBHOOK_SECRET": "webhook-secret-of-the-garden-centre",
    "ZENDESK_PUBLIC_URL": "https://bot.example.com",
}
INIT_BY_OPTIONS = (
    "zendesk-handoff init --yes --subdomain your-company --app-id 5f0c0ffee0000000000000a1 "
    "--key-id app_5f0c0ffee0000000000000b1 --key-secret-file /run/secrets/zendesk "
    "--public-url https://bot.example.com"
)
DIALOGUE = {"turns": [{"speaker": "user", "text": "Where is my order? Third time I ask!!"}]}


_SHELL = re.compile(r"^ *```(?:sh|bash|shell|console)\n(.*?)^ *```", WHOLE)


def commands_of(page: Path) -> list[str]:
    """Extract the commands of a page's shell blocks, without comments."""
    found = []
    for block in re.findall(
        r"^ *```(?:sh|bash|shell|console)\n(.*?)^ *```", page.read_text(), WHOLE
    ):
        for line in re.sub(r"\\\n", " ", block).splitlines():
            command = " ".join(re.sub(r"(^|\s)#.*", "", line).split()).removeprefix("$ ")
            found += [command] if command else []
    return found


SHOWN = {
    command: page
    for page in (*PAGES, ROOT / "SECURITY.md", *FOLDER_PAGES)
    for command in commands_of(page)
}


@pytest.fixture
def bot(tmp_path):
    """A copy of the bot that `rasa init` makes, in a folder beside a part of the checkout."""
    folder = tmp_path / "my-bot"
    shutil.copytree(STOCK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "dialogues.jsonl").write_text(json.dumps(DIALOGUE) + "\n")
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    return folder


def in_shell(command, folder, text=""):
    """Run a command as a reader would."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join([str(ROOT), "."])},
        input=text,
        capture_output=True,
        text=True,
        timeout=100,
    )


def in_terminal(command, folder, **environ):
    """Run `zendesk-handoff init`, and agree."""
    _, *arguments = command.split()
    shown = Terminal(*arguments, folder=folder, environ=environ)
    if "--dry-run" not in arguments:
        shown.answer("Write these changes? [y/N]: ", "y")
    assert shown.finish() == 0, shown.shown
    return shown.shown


def init(command, bot):
    in_terminal(command, bot, **ACCOUNT)
    assert "subdomain: your-company" in (bot / "credentials.yml").read_text()


def init_for_the_simulator(command, bot):
    in_terminal(command, bot)
    assert "http://127.0.0.1:8090/sc" in (bot / "credentials.yml").read_text()


def init_dry(command, bot):
    before = (bot / "config.yml").read_bytes()
    assert "+  - name: zendesk_handoff.HandoffImporter" in in_terminal(command, bot, **ACCOUNT)
    assert (bot / "config.yml").read_bytes() == before


def undo(command, bot):
    before = (bot / "credentials.yml").read_bytes()
    assert in_shell("zendesk-handoff init --simulator --yes", bot).returncode == 0
    in_terminal(command, bot)
    assert (bot / "credentials.yml").read_bytes() == before


def init_by_options(command, bot):
    secret = bot.parent / "secret"
    secret.write_text("key-secret-of-the-garden-centre")
    done = in_shell(command.replace("/run/secrets/zendesk", str(secret)), bot)
    assert done.returncode == 0, done.stderr
    assert "subdomain: your-company" in (bot / "credentials.yml").read_text()


def change_folder(command, bot):
    assert in_shell(f"{command} && pwd", bot.parent).stdout == f"{bot}\n"


def score(command, bot):
    done = in_shell(command, bot, (bot / "dialogues.jsonl").read_text())
    assert json.loads(done.stdout).keys() == {"score", "escalate", "reasons"}, done.stderr


def summarize(command, bot):
    done = in_shell(command, bot)
    assert "Where is my order" in json.loads(done.stdout)["summary"], done.stderr


def copy(command, bot):
    assert in_shell(command, bot).returncode == 0
    assert (bot / "deploy" / ".env").read_text() == (bot / "deploy" / ".env.example").read_text()


def write_secret(command, bot):
    done = in_shell(command, bot, "a-secret-from-admin-center\n")
    assert done.returncode == 0, done.stderr
    assert (bot / ".env").read_text() == "ZENDESK_WEBHOOK_SECRET=a-secret-from-admin-center\n"
    assert stat.S_IMODE((bot / ".env").stat().st_mode) == 0o600


#: Commands that are run here, each with what it must have done.
HERE = {
    "cd my-bot": change_folder,
    "zendesk-handoff init": init,
    "zendesk-handoff init --simulator": init_for_the_simulator,
    "zendesk-handoff init --dry-run": init_dry,
    "zendesk-handoff init --undo": undo,
    INIT_BY_OPTIONS: init_by_options,
    "zendesk-handoff score dialogues.jsonl": score,
    "zendesk-handoff score --threshold 0.6 --window 3 -": score,
    "zendesk-handoff summarize dialogues.jsonl --max-words 60": summarize,
    "cp deploy/.env.example deploy/.env": copy,
    'umask 077 && read -rs SECRET && echo "ZENDESK_WEBHOOK_SECRET=$SECRET" >> .env': write_secret,
}


def test_every_command_is_run_or_said_not_to_be():
    known = [*HERE, *itertools.chain(*ELSEWHERE.values()), *NOT_RUN]
    assert len(known) == len(set(known))
    unknown = {command: page.name for command, page in SHOWN.items() if command not in known}
    assert unknown == {}, "run it here, or name the test that does"
    assert set(known) - SHOWN.keys() == set(), "no page shows it"


@pytest.mark.parametrize("command", HERE)
def test_a_command_does_what_the_page_says(command, bot):
    HERE[command](command, bot)


@pytest.mark.parametrize("test", ELSEWHERE)
def test_the_named_test_exists(test):
    file, _, name = test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("command", [each for each in NOT_RUN if each.startswith("make ")])
def test_the_recipe_exists(command):
    done = in_shell(f"make -n {command.partition(' ')[2]}", ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_commands_are_found_in_any_block(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\nmake it   # a comment\n\n# another\nlong --one \\\n  --two 'a#b'\n```\n"
        "1. In a list:\n\n   ```bash\n   $ make this\n   ```\n```yaml\nno: command\n```\n"
    )
    assert commands_of(page) == ["make it", "long --one --two 'a#b'", "make this"]
