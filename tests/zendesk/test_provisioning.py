"""What a connector needs of its account: addresses that Zendesk reaches, names that it takes."""

from __future__ import annotations

import pytest

from tests.support.zendesk import connector
from zendesk_handoff.errors import ApiError, CannotSetUp, InvalidResponse
from zendesk_handoff.zendesk.api_responses import api_error_for_status
from zendesk_handoff.zendesk.provisioning import wanted_by
from zendesk_handoff.zendesk.provisioning.cures import cure_of
from zendesk_handoff.zendesk.webhooks import TRIGGERS

ZENDESK = connector(base_url="https://your-company.zendesk.com/sc")
NOWHERE = (
    "http://127.0.0.1:5005",
    "https://localhost",
    "https://[::1]:5005",
    "https://rasa",
    "https://rasa:5005",
    "https://10.0.0.4",
    "https://192.168.1.7/bot",
    "https://[fd00::7]",
    "https://100.64.0.1",
    "https://mac.local",
    "https://rasa.internal.",
    "https://bot.example.com",
    "https://Bot.Example.ORG",
    "https://fritz.home.arpa",
)
SOMEWHERE = (
    "https://bot.acme.shop",
    "https://bot.acme.shop:8443/rasa",
    "https://8.8.8.8",
    "https://abc-123.trycloudflare.com",
    "https://myexample.com",
    "https://xn--bcher-kva.example-shop.de",
)


@pytest.mark.parametrize("public_url", NOWHERE)
def test_zendesk_cannot_reach_this_address(public_url):
    with pytest.raises(CannotSetUp, match="and Zendesk cannot reach it"):
        wanted_by(ZENDESK, public_url)
    assert wanted_by(connector(), public_url).targets[0].startswith(public_url)


@pytest.mark.parametrize("public_url", SOMEWHERE)
def test_zendesk_can_reach_this_address(public_url):
    wanted = wanted_by(ZENDESK, public_url)
    assert wanted.targets == (
        f"{public_url}/api/v1/connectors/support/webhook",
        f"{public_url}/webhooks/zendesk/support/webhook",
    )
    assert wanted.triggers == TRIGGERS
    assert all(map(wanted.is_target, wanted.targets))


@pytest.mark.parametrize(
    "other",
    [
        "http://bot.acme.shop/api/v1/connectors/support/webhook",
        "https://bot.acme.shop:8443/api/v1/connectors/support/webhook",
        "https://bot.acme.shop/api/v1/connectors/Support/webhook",
        "https://bot.acme.shop/api/v1/connectors/support2/webhook",
        "https://bot.acme.shop/api/v1/connectors/support/webhook?a=b",
        "https://evil.shop/https://bot.acme.shop/api/v1/connectors/support/webhook",
        "https://bot.acme.shop:port/api/v1/connectors/support/webhook",
        "",
    ],
)
def test_another_address_is_not_ours(other):
    assert not wanted_by(ZENDESK, "https://bot.acme.shop").is_target(other)


@pytest.mark.parametrize("name", ["rasa bot", "bot@acme", "ü", "x" * 129, "a/b", "a\nb"])
def test_a_name_that_the_switchboard_does_not_take(name):
    ours = connector(switchboard_integration=name)
    with pytest.raises(CannotSetUp, match="letters, digits"):
        wanted_by(ours, "https://bot.acme.shop", in_switchboard=True)
    assert wanted_by(ours, "https://bot.acme.shop").switchboard_name is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (api_error_for_status("GET /", 401, code="unauthorized"), "Run the command again"),
        (api_error_for_status("GET /", 403, code="forbidden"), "Run the command again"),
        (api_error_for_status("GET /", 404, code="not_found"), "It was deleted meanwhile"),
        (api_error_for_status("GET /", 429, code="x"), "Zendesk is busy"),
        (api_error_for_status("GET /", 503), "Zendesk is busy"),
        (api_error_for_status("GET /", 400, code="bad_request", title="no"), "Correct what it"),
        (InvalidResponse("GET /", "odd"), "the Conversations API?"),
    ],
)
def test_each_error_has_a_cure(error, words):
    cure = cure_of(error, ZENDESK)
    assert words in cure
    assert ZENDESK.key_secret not in cure


def test_an_error_of_a_limit_names_the_limit():
    titles = {
        "App has reached the max number of webhooks (10)": "ten webhooks",
        "Integration has reached the max number of keys (10)": "ten keys",
        "Switchboard has reached the max number of switchboard integrations (10)": "switchboard",
    }
    for title, words in titles.items():
        error = ApiError("POST /x", 400, code="bad_request", title=title)
        assert words in cure_of(error, ZENDESK)
