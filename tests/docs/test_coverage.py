"""Documentation of errors, responses, actions, slots, metrics, commands and log events."""

from __future__ import annotations

import re
import uuid
from dataclasses import fields

import pytest
import yaml
from rasa.core.channels.channel import register
from sanic import Sanic
from typer.main import get_command

import zendesk_handoff
from tests.support import response_table
from tests.support.observability import log_events, metric_names
from tests.support.pages import DOCS, PAGES, ROOT, quoted, rows, section
from zendesk_handoff import errors
from zendesk_handoff.channels import ZendeskInput
from zendesk_handoff.cli import app
from zendesk_handoff.domain import responses
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.importer.domain import ACTIONS, SLOTS
from zendesk_handoff.importer.options import REQUEST
from zendesk_handoff.rasa.adapter import ChannelAdapter
from zendesk_handoff.webchat import WebChatInput
from zendesk_handoff.webchat.page_settings import PageSettings

ALL = "".join(page.read_text() for page in PAGES)
OPERATIONS = (DOCS / "operations.md").read_text()
DOMAIN = (DOCS / "domain.md").read_text()
ROUTES = (DOCS / "routes.md").read_text()
LEVELS = {
    "Errors": {"error", "exception", "critical"},
    "Warnings": {"warning"},
    "Information": {"info", "debug"},
}


@pytest.mark.parametrize("heading", LEVELS)
def test_the_log_events_of_each_level_are_listed(heading):
    listed = {event for row in rows(section(OPERATIONS, heading)) for event in quoted(row[0])}
    assert listed == {event for event, levels in log_events().items() if levels & LEVELS[heading]}


def test_every_log_event_that_a_page_names_exists():
    event = re.compile(r"`((?:handoff|frustration|summary\.[a-z_]+)\.[a-z_.]+)`")
    pages = [page.read_text() for page in PAGES if page.name != "names.md"]
    named = {name for page in pages for name in event.findall(page)}
    assert {"handoff.session.ended", "frustration.noticed", "summary.model.failed"} <= named
    assert named <= log_events().keys()


def test_every_response_is_listed():
    table, _, _ = section(DOMAIN, "Responses").partition("\n### ")
    listed = {quoted(row[0])[0]: quoted(row[2]) for row in rows(table)}
    named = {value for value in vars(responses).values() if str(value).startswith("utter_")}
    assert listed.keys() == responses.responses_in("en").keys() == named
    for name, [first, *_] in responses.responses_in("en").items():
        assert set(re.findall(r"\{(\w+)\}", first["text"])) <= set(listed[name]), name


def test_the_built_in_texts_are_the_words():
    assert response_table.table() in DOMAIN, "run `python -m tests.support.response_table`"


def test_actions_slots_and_the_intent_are_listed():
    names = {
        each for row in rows(section(DOMAIN, "Intents and actions")) for each in quoted(row[0])
    }
    assert names == {*ACTIONS, REQUEST, "affirm", "deny"}
    code = "".join(file.read_text() for file in (ROOT / "zendesk_handoff").rglob("*.py"))
    assert set(re.findall(r'return "(action_\w+)"', code)) == set(ACTIONS)


def test_the_chat_pages_settings_are_listed_with_their_defaults():
    listed = {row[0]: row[1] for row in rows((DOCS / "webchat.md").read_text())}
    for setting in fields(PageSettings):
        default = "`[]`" if setting.default == () else listed[f"`{setting.name}`"]
        assert listed[f"`{setting.name}`"] == default != ""


def test_every_error_is_named():
    named = quoted((DOCS / "design.md").read_text())
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.HandoffError):
            assert name in named


def test_every_metric_is_listed():
    listed = {quoted(row[0])[0] for row in rows(section(OPERATIONS, "Metrics"))}
    assert listed == metric_names()


@pytest.mark.parametrize("name", sorted(get_command(app).commands))
def test_every_command_is_listed(name):
    listed = [code for row in rows(section(OPERATIONS, "Commands")) for code in quoted(row[0])]
    assert any(code.startswith(f"zendesk-handoff {name}") for code in listed)


def test_the_glossary_is_short_and_sorted():
    terms = [row[0] for row in rows((DOCS / "glossary.md").read_text())]
    assert terms == sorted(set(terms))
    assert len(terms) <= 25


def test_the_public_names_are_listed():
    listed = [name for row in rows((DOCS / "python.md").read_text()) for name in quoted(row[0])]
    assert sorted(listed) == sorted(zendesk_handoff.__all__)


def test_every_route_is_listed():
    listed = {
        quoted(row[0])[0]: set(row[1].split(", ")) for row in rows(ROUTES) if row[0][1] == "/"
    }
    app = Sanic(f"docs_{uuid.uuid4().hex}", configure_logging=False)
    [block] = re.findall(r"```yaml\n(.*?)```", (DOCS / "workspaces.md").read_text(), re.DOTALL)
    settings = yaml.safe_load(re.sub(r"\$\{\w+\}", "a-secret-of-the-page", block))
    plugin = ZendeskInput.from_credentials(settings["zendesk_handoff.channels.ZendeskInput"])
    register([plugin, WebChatInput()], app, route="/webhooks/")
    found = {
        "/" + re.sub(r"<(\w+):[^>]*>", r"{\1}", route.path): set(route.methods)
        for route in app.router.routes
    }
    found.pop("/", None)  # Rasa's own
    assert listed == found


def test_the_values_of_the_slots_are_listed():
    table = rows(section((DOCS / "settings.md").read_text(), "Slots"))
    listed = [value for row in table for value in quoted(row[0])]
    assert {reason.value for reason in EndReason} <= set(listed)
    assert set(SLOTS) <= set(listed)


def test_the_walks_name_at_most_twelve_modules():
    page = (DOCS / "design.md").read_text()
    for heading, first, last in (
        ("A user's message, module by module", "webchat/routes.py", "zendesk/transport.py"),
        (
            "An agent's message, module by module",
            "channels/zendesk_input.py",
            "channels/adapters/slack.py",
        ),
    ):
        modules = [quoted(row[0])[0] for row in rows(section(page, heading))]
        assert len(set(modules)) == len(modules) <= 12
        assert all((ROOT / module).is_file() for module in modules)
        assert modules[0] == f"zendesk_handoff/{first}"
        assert modules[-1] == f"zendesk_handoff/{last}"


def test_the_public_classes_are_documented():
    for name in zendesk_handoff.__all__:
        if name.endswith(("Input", "Policy", "Featurizer", "LockStore")):
            assert re.search(rf"zendesk_handoff\.[\w.]+\.{name}\b", ALL), name


def test_the_protocol_of_adapters_is_documented():
    page = (DOCS / "custom-channel.md").read_text()
    names = [name for name in vars(ChannelAdapter) if not name.startswith("_")]
    assert names
    assert set(names) <= {code.partition("(")[0] for code in quoted(page)}
