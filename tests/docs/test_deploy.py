"""The files of ``deploy/`` fit the settings, Rasa and each other."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.support.observability import metric_names
from tests.support.pages import ROOT
from zendesk_handoff.settings import load_settings

DEPLOY = ROOT / "deploy"


#: Long enough for a secret.
FILLED_IN = "filled-in-by-the-operator"


def deployed_environ():
    """The containers' environment, with values for everything that the operator fills in."""
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    listed = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    values = {
        "ZENDESK_KEY_ID": "app_1",
        "ZENDESK_SUBDOMAIN": "your-company",
        "BOT_HOST": "b.example",
    }

    def fill(match):
        assert match[1] in listed, f"{match[1]} is not in .env.example"
        return values.get(match[1], FILLED_IN)

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
    is_action_server = service == "actions"
    settings = load_settings(
        ROOT / environ["ZENDESK_HANDOFF_CREDENTIALS"],
        environ=environ,
        for_actions=is_action_server,
    )
    assert settings.store_url.startswith("postgresql://")
    assert (settings.connectors["support"].key_secret == FILLED_IN) is not is_action_server
    assert ("ZENDESK_KEY_SECRET" in environ) is not is_action_server


def test_the_deployed_endpoints_are_read_by_rasa(monkeypatch):
    from rasa.core.utils import AvailableEndpoints

    monkeypatch.setenv("POSTGRES_PASSWORD", "p")
    endpoints = AvailableEndpoints.read_endpoints(str(DEPLOY / "endpoints.yml"))
    assert endpoints.lock_store.type == "zendesk_handoff.rasa.lock_store.AtomicRedisLockStore"
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


def test_the_alerts_use_existing_metrics():
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"zendesk_handoff_\w+", rule["expr"])}
    assert named
    assert named <= metric_names()


def test_the_image_copies_existing_files():
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    assert len(sources) > 1
    for source in " ".join(sources).split():
        assert (ROOT / source).exists(), source
