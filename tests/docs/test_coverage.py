"""Documentation of errors, responses, actions, slots, metrics, commands and log events."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache

import pytest
import yaml
from typer.main import get_command

import zendesk_handoff
from tests.support.observability import log_events, metric_names
from tests.support.pages import DOCS, PAGES, README, ROOT, quoted, rows, section
from zendesk_handoff import errors
from zendesk_handoff.cli import app
from zendesk_handoff.domain import responses
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.rasa import delivery
from zendesk_handoff.webchat.page import PageSettings

ALL = "".join(page.read_text() for page in PAGES)
OPERATIONS = (DOCS / "operations.md").read_text()
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


@pytest.mark.parametrize("name", [name for name in vars(responses) if name.isupper()])
def test_every_response_is_in_the_readmes_domain(name):
    value = getattr(responses, name)
    if str(value).startswith("utter_"):
        assert value in domain()["responses"]


@cache
def domain():
    [block] = re.findall(r"```yaml\n# domain\.yml\n(.*?)```", README.read_text(), re.DOTALL)
    return yaml.safe_load(block)


def test_actions_and_slots_are_in_the_readmes_domain():
    code = "".join(file.read_text() for file in (ROOT / "zendesk_handoff").rglob("*.py"))
    actions = set(re.findall(r'return "(action_\w+)"', code))
    slots = {*re.findall(r'"(handoff_(?:status|reason|end_reason))"', code), "workspace"}
    assert actions == set(domain()["actions"])
    assert slots == set(domain()["slots"])


def test_the_chat_pages_settings_are_listed_with_their_defaults():
    listed = {row[0]: row[1] for row in rows((DOCS / "webchat.md").read_text())}
    for setting in fields(PageSettings):
        default = setting.default if isinstance(setting.default, str) else "`[]`"
        assert listed[f"`{setting.name}`"] == default


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


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text()
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index, page.name


def test_the_readme_lists_the_public_names():
    listed = set(quoted(section(README.read_text(), "Names to import")))
    assert set(zendesk_handoff.__all__) <= listed


def test_the_values_of_the_slots_are_listed():
    table = rows(section((DOCS / "settings.md").read_text(), "Slots"))
    listed = [value for row in table for value in quoted(row[0])]
    assert {reason.value for reason in EndReason} <= set(listed)
    assert set(domain()["slots"]) <= set(listed)


def test_the_walks_name_at_most_twelve_modules():
    page = (DOCS / "design.md").read_text()
    for heading, first, last in (
        ("A user's message, module by module", "webchat/routes.py", "zendesk/transport.py"),
        ("An agent's message, module by module", "channels/zendesk_input.py", "rasa/outputs.py"),
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


def test_the_protocols_of_output_channels_are_documented():
    page = section((ROOT / "CONTRIBUTING.md").read_text(), "Another channel")
    protocols = {
        name: vars(value)
        for name, value in vars(delivery).items()
        if getattr(value, "_is_protocol", False) and name.endswith("Output")
    }
    assert protocols
    assert {code for code in quoted(page) if code.endswith("Output")} == protocols.keys()
    for members in protocols.values():
        methods = [name for name in members if not name.startswith("_")]
        assert methods
        assert all(f"`{method}(" in page for method in methods)
