"""The page on setting up an account: events, options and sentences are the code's."""

from __future__ import annotations

import re
from textwrap import dedent

from typer.main import get_command

from tests.support.pages import DOCS, ROOT, quoted, rows, section
from zendesk_handoff.adopt.connector_secrets import key_variables
from zendesk_handoff.cli import app
from zendesk_handoff.zendesk.provisioning import integration_name
from zendesk_handoff.zendesk.provisioning.cures import KEY_SECRET_VARIABLE
from zendesk_handoff.zendesk.provisioning.ticket_events import WantedTrigger
from zendesk_handoff.zendesk.provisioning.trigger_cures import SUPPORT_TOKEN_VARIABLE
from zendesk_handoff.zendesk.webhooks import TRIGGERS

PAGE = (DOCS / "zendesk.md").read_text()


def test_the_events_to_subscribe_to_are_those_that_are_read():
    by_hand = section(PAGE, "By hand instead of `setup`")
    assert [each for each in quoted(by_hand) if re.fullmatch(r"\w+(:\w+)+", each)] == [*TRIGGERS]
    sources = (DOCS / "sources.md").read_text()
    [webhook] = [row for row in rows(sources) if row[0] == "webhook"]
    assert quoted(webhook[1]) == [*TRIGGERS]


def test_every_option_is_listed():
    table = rows(section(PAGE, "3. `setup`"))
    listed = {row[0].strip("`") for row in table if row[0].startswith("`--")}
    options = {name for each in get_command(app).commands["setup"].params for name in each.opts}
    assert listed == {name for name in options if name.startswith("--")} - {"--help"}


def test_names_are_the_codes():
    assert integration_name("support") in PAGE
    assert KEY_SECRET_VARIABLE in PAGE
    assert SUPPORT_TOKEN_VARIABLE in PAGE
    assert all(name in PAGE for name in key_variables("support"))


def test_the_body_of_the_trigger_is_the_one_that_setup_writes():
    page = (DOCS / "ends.md").read_text()
    [body] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    wanted = WantedTrigger(name="", target="", tag=None, session_field=None)
    assert dedent("   " + body.lstrip()).strip() == wanted.body


def test_every_sentence_that_is_left_to_a_person_is_said():
    folder = ROOT / "zendesk_handoff"
    files = [*(folder / "zendesk" / "provisioning").glob("*.py"),
             *(folder / "cli").glob("setup*.py"),
             folder / "adopt" / "connector_secrets.py"]  # fmt: skip
    # Texts are broken over lines in the code.
    code = re.sub(r'"\s*\n\s*f?"', "", "".join(file.read_text() for file in files))
    sentences = [
        each for row in rows(section(PAGE, "What is left to you")) for each in quoted(row[0])
    ]
    assert len(sentences) == 15
    for sentence in sentences:
        assert sentence in code, sentence
