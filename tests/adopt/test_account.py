"""The account's block, and the one that the simulator starts with."""

from __future__ import annotations

import pytest
import yaml
from rasa.shared.utils.io import read_yaml

from simulator.config import DEMO, read_config
from tests.support.pages import ROOT
from zendesk_handoff.adopt.account import KEY_SECRET, SIMULATOR, WEBHOOK_SECRET, Account, scalar
from zendesk_handoff.errors import SettingsError


def test_the_simulator_has_the_same_account():
    [app] = [each for each in read_config(DEMO, {}) if each["label"] == SIMULATOR.subdomain]
    [key], [integration] = app["keys"], app["integrations"]
    assert (app["id"], key["id"]) == (SIMULATOR.app_id, SIMULATOR.key_id)
    assert key["secret"] == SIMULATOR.secrets[KEY_SECRET]
    assert integration["secret"] == SIMULATOR.secrets[WEBHOOK_SECRET]
    webhook = f"{SIMULATOR.public_url}/api/v1/connectors/{SIMULATOR.connector}/webhook"
    assert integration["target"] == webhook


def test_both_read_the_same_variables():
    read = read_config(DEMO, {KEY_SECRET: "another key", WEBHOOK_SECRET: "another hook"})
    [app] = [each for each in read if each["label"] == SIMULATOR.subdomain]
    assert app["keys"][0]["secret"] == "another key"
    assert app["integrations"][0]["secret"] == "another hook"


def test_the_simulators_readme_documents_it():
    page = (ROOT / "simulator" / "README.md").read_text()
    for value in (
        SIMULATOR.app_id,
        SIMULATOR.key_id,
        SIMULATOR.base_url,
        *SIMULATOR.secrets.values(),
    ):
        assert value in page


@pytest.mark.parametrize(
    "text",
    [
        *(
            "64e0000000000000000000001",
            "64e10",
            "5f0c0ffee0000000000000a1",
            "0123",
            "1_000",
            "0x1f",
        ),
        *("0b1", "0o17", "1:30", ".5", "+1", "1e3", "12345678901234567890123a", "2001-01-01", "-"),
        *("yes", "no", "on", "null", "~", "true", "NaN", ".inf", "=", "<<", "a: b", "a #b", "a#b"),
        *("${NAME}", '"', "'", "\\", "a\\", "*a", "&a", "!a", "[a", "{a", "- a", "%a", "@a", "`a"),
        *("https://bot.example.com/a?b=c&d#e", "http://[::1]:5005", "عائشة", "👩🏽‍💻", " a ", "a:"),
    ],
)
def test_a_text_is_the_same_text_to_both_readers(text):
    line = f"key: {scalar(text)}\n"
    assert yaml.safe_load(line) == {"key": text}
    assert read_yaml(line) == {"key": text}  # Rasa's; it expands no variable in quotes


def test_usual_values_stand_without_quotes():
    for value in ("your-company", "5f0c0ffee0000000000000a1", "app_1", "https://bot.example.com"):
        assert scalar(value) == value


def test_all_problems_of_an_account_are_told_without_its_secrets():
    account = Account("a.b", "1", "key", "http://bot.example", {KEY_SECRET: "the-key-secret"})
    assert "the-key-secret" not in repr(account)
    with pytest.raises(SettingsError) as caught:
        account.check()
    report = str(caught.value)
    for key in ("subdomain", "key_id", "public_url"):
        assert key in report
    assert "the-key-secret" not in report


def test_a_webhook_secret_may_come_later():
    Account("a", "1", "app_1", "https://bot.example", {KEY_SECRET: "s"}).check()
