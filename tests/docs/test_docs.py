"""What there is, is documented; what the README shows, is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.main import get_command

from zendesk_handoff import errors, metrics
from zendesk_handoff.cli import app
from zendesk_handoff.domain import responses
from zendesk_handoff.policies.options import DEFAULTS, read_options
from zendesk_handoff.settings import load_settings, read_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCS = README + "".join(file.read_text() for file in (ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DEPLOY = ROOT / "deploy"
ENVIRON = {"ZENDESK_KEY_SECRET": "k", "ZENDESK_WEBHOOK_SECRET": "w", "POSTGRES_PASSWORD": "p"}
METRICS = {
    family.name + ("_total" if family.type == "counter" else "")
    for family in text_string_to_metric_families(
        metrics.render(metrics.StoreFigures({}, [], []), connectors=["support"]).decode()
    )
}


@pytest.mark.parametrize(("option", "default"), DEFAULTS.items())
def test_every_option_of_the_policy_is_named_with_its_default(option, default):
    page = (ROOT / "docs" / "frustration.md").read_text()
    for text in (README, page):
        assert re.search(rf"^\| `{option}` \| `?{default}`? \|", text, re.MULTILINE)


def test_the_policys_block_is_valid():
    page = (ROOT / "docs" / "frustration.md").read_text()
    [block] = re.findall(r"```yaml\n(# config\.yml.*?)```", page, re.DOTALL)
    *_, policy = yaml.safe_load(block)["policies"]
    assert policy.pop("name").endswith(".policies.FrustrationPolicy")
    assert read_options(policy)


@pytest.mark.parametrize("name", [name for name in vars(responses) if name.isupper()])
def test_every_response_is_named(name):
    value = getattr(responses, name)
    if isinstance(value, str):
        assert value in README


def test_every_error_is_named():
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.HandoffError):
            assert name in DOCS


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_has_its_entry(name):
    assert f"| `{name}` |" in (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("name", sorted(get_command(app).commands))
def test_every_command_is_named(name):
    assert f"zendesk-handoff {name}" in DOCS


def test_every_event_that_somebody_should_look_at_is_one_of_ours():
    code = "".join(
        file.read_text()
        for folder in ("actions", "channels", "zendesk_handoff")
        for file in (ROOT / folder).rglob("*.py")
    )
    named = re.findall(r"`(handoff\.[a-z_]+\.[a-z_]+)`", DOCS)
    assert named
    for event in named:
        assert f'"{event}"' in code, event


def blocks_of(page):
    return re.findall(r"```yaml\n(channels\.ZendeskInput:.*?)```", page.read_text(), re.DOTALL)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(page)], ids=lambda p: p.name)
def test_the_settings_shown_are_valid(page):
    for block in blocks_of(page):
        settings = read_settings(yaml.safe_load(block)["channels.ZendeskInput"], environ=ENVIRON)
        assert "support" in settings.connectors


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pictures_and_links_are_there(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def deployed_environ():
    """What the containers get, with something in place of what the operator fills in."""
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    wanted = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    given = {
        "ZENDESK_KEY_ID": "app_1",
        "ZENDESK_SUBDOMAIN": "your-company",
        "BOT_HOST": "b.example",
    }

    def fill(match):
        assert match[1] in wanted, f"{match[1]} is not in .env.example"
        return given.get(match[1], "filled-in")

    return {
        service: {
            name: re.sub(r"\$\{([A-Z_]+):\?[^}]*\}", fill, value)
            for name, value in block.get("environment", {}).items()
        }
        for service, block in compose["services"].items()
    }


@pytest.mark.parametrize("service", ["rasa-1", "rasa-2", "actions"])
def test_the_deployed_settings_are_valid(service):
    environ = deployed_environ()[service]
    settings = load_settings(ROOT / environ["ZENDESK_HANDOFF_CREDENTIALS"], environ=environ)
    assert settings.store_url.startswith("postgresql://")
    assert settings.connectors["support"].key_secret == "filled-in"


def test_the_deployed_endpoints_are_read_by_rasa(monkeypatch):
    from rasa.core.utils import AvailableEndpoints

    monkeypatch.setenv("POSTGRES_PASSWORD", "p")
    endpoints = AvailableEndpoints.read_endpoints(str(DEPLOY / "endpoints.yml"))
    assert endpoints.lock_store.type == "channels.lock_store.AtomicRedisLockStore"
    assert (endpoints.tracker_store.type, endpoints.tracker_store.kwargs["password"]) == (
        "SQL",
        "p",
    )
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
    hosts = {endpoints.lock_store.url, endpoints.tracker_store.url}
    hosts.add(re.match(r"http://([a-z]+):", endpoints.action.url)[1])
    assert hosts <= services.keys()


def test_the_files_that_the_compose_file_names_are_there():
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    for service in compose["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_file(), source
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()
        for file in re.findall(r"deploy/[\w.]+", str(service.get("command", ""))):
            assert (ROOT / file).is_file()


def test_alerts_are_about_metrics_that_there_are():
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"zendesk_handoff_\w+", rule["expr"])}
    assert named
    assert named <= METRICS


def test_the_readmes_commands_are_there():
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"`?make ([a-z]+)", README):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
