"""Settings of connectors in whose account Zendesk is the users' channel."""

from __future__ import annotations

import pytest

from zendesk_handoff.errors import SettingsError, UnknownWorkspace
from zendesk_handoff.settings import read_settings
from zendesk_handoff.settings.native import OnlySettings

BLOCK = {
    "subdomain": "acme",
    "app_id": "5f0c",
    "key_id": "app_1",
    "key_secret": "a secret of the key",
    "webhook_secret": "a secret of the webhook",
    "mode": "native",
    "switchboard_integration": "rasa",
}


def read(**values):
    connector = {**BLOCK, **values}
    block = {"public_url": "https://bot.example.com", "connectors": {"support": connector}}
    return read_settings(block, environ={}).connectors["support"]


def problem(**values):
    with pytest.raises(SettingsError) as caught:
        read(**values)
    [found] = caught.value.problems
    return f"{found.key} {found.message}"


def test_a_connector_is_a_relay_unless_it_says_otherwise():
    relay = {key: value for key, value in BLOCK.items() if key != "mode"}
    block = {"public_url": "https://bot.example.com", "connectors": {"support": relay}}
    assert not read_settings(block, environ={}).connectors["support"].is_native


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, "off"),
        ({"support_token": "t"}, "note"),
        ({"support_token": "t", "summary_to": "off"}, "off"),
        ({"support_token": "t", "summary_to": False}, "off"),
        ({"summary_to": {"field": 360001234567}}, "360001234567"),
    ],
)
def test_the_summary_goes_where_it_can(given, expected):
    assert read(**given).summary_to == expected


@pytest.mark.parametrize("given, expected", [("all", None), (1, 1), (100, 100)])
def test_history(given, expected):
    assert read(history=given).history == expected


@pytest.mark.parametrize(
    "values, key",
    [
        ({"switchboard_integration": None}, "switchboard_integration is missing"),
        ({"summary_to": "note"}, "summary_to is `note`"),
        ({"summary_to": {"field": "Summary"}}, "summary_to must be"),
        ({"summary_to": "public"}, "summary_to must be"),
        ({"closed": "message"}, "closed is `message`"),
        ({"history": 0}, "history must be `all`"),
        ({"history": 101}, "history must be `all`"),
        ({"mode": "both"}, "mode must be"),
        ({"greet": "yes"}, "greet must be"),
        ({"only": {"source": ["web"]}}, "only.source is not a setting"),
        ({"bot": {"avatar_url": "http://shop.example/a.png"}}, "bot.avatar_url must begin"),
        ({"bot": {"when_silent": "say sorry"}}, "bot.when_silent must be"),
        ({"bot": {"answer_within": 0}}, "bot.answer_within must be"),
        ({"only": {"otherwise": "next"}}, "only.otherwise is `next`"),
        ({"bot": {"missed_within": 86401}}, "bot.missed_within must be at most a day"),
        ({"bot": {"missed_within": "soon"}}, "bot.missed_within must be a number"),
    ],
)
def test_what_cannot_work_is_said(values, key):
    assert problem(**values).startswith(f"connectors.support.{key}")


@pytest.mark.parametrize("given, expected", [(86400, 86400.0), ("off", None), (False, None)])
def test_missed_messages_may_be_a_day_old_at_most(given, expected):
    assert read(bot={"missed_within": given}).bot.missed_within == expected


def test_the_next_integration_with_a_key_of_ones_own():
    assert read(only={"otherwise": "next"}, key_id="int_1").only.otherwise == "next"
    connector = {**BLOCK, "only": {"otherwise": "next"}, "key_id": "${NOT_OF_THE_ACTION_SERVER}"}
    block = {"public_url": "https://bot.example.com", "connectors": {"support": connector}}
    assert read_settings(block, environ={}, for_actions=True).connectors["support"].only.otherwise


def test_brands_may_be_numbers():
    only = read(only={"brands": [360000000001], "sources": "web"}).only
    assert only.brands == ("360000000001",)
    assert only.admits(brand="360000000001", source="web")
    assert not only.admits(brand=None, source="web")
    assert OnlySettings().admits(brand=None, source="")


def test_a_native_sender_names_its_connector_whatever_the_workspace():
    block = {
        "public_url": "https://bot.example.com",
        "connectors": {
            "support": BLOCK,
            "other": {**BLOCK, "workspaces": ["other"]},
        },
    }
    settings = read_settings(block, environ={})
    assert settings.connector_for("default", sender_id="zendesk:other:1").id == "other"
    assert settings.connector_for("other", sender_id="zendesk:support:1").id == "support"
    assert settings.connector_for("other", sender_id="webchat-1").id == "other"
    with pytest.raises(UnknownWorkspace):
        settings.connector_for("other", sender_id="zendesk:gone:1")
