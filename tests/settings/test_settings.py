from __future__ import annotations

import pytest
import yaml

from zendesk_handoff.errors import SettingsError, UnknownWorkspace
from zendesk_handoff.settings import load_settings, read_settings

SECRET = "a-secret-that-nobody-may-see"
BLOCK = {
    "public_url": "https://bot.example.com/",
    "connectors": {
        "support": {
            "integration_type": "zendesk",
            "subdomain": "your-company",
            "app_id": "5f0c",
            "key_id": "app_1",
            "key_secret": "${KEY}",
            "webhook_secret": ["${HOOK}", "the-old-one"],
            "workspaces": ["default", "shop"],
        }
    },
}
ENVIRON = {"KEY": SECRET, "HOOK": "hook-secret"}


def changed(**values):
    block = {**BLOCK, "connectors": {"support": {**BLOCK["connectors"]["support"], **values}}}
    return {**block}


def test_a_block_becomes_one_object():
    settings = read_settings(BLOCK, environ=ENVIRON)
    support = settings.connectors["support"]
    assert support.key_secret == SECRET
    assert support.webhook_secrets == ("hook-secret", "the-old-one")
    assert support.base_url == "https://your-company.zendesk.com/sc"
    assert support.scope == "app"
    assert settings.connector_for("shop") is support
    url = "https://bot.example.com/api/v1/connectors/support/webhook"
    assert support.webhook_url(settings.public_url) == url


def test_an_unknown_workspace_gets_nobody_elses_connector():
    with pytest.raises(UnknownWorkspace, match="somebody"):
        read_settings(BLOCK, environ=ENVIRON).connector_for("somebody")


def test_all_faults_come_at_once_with_the_key_and_the_remedy():
    block = changed(key_id="wrong", subdomian="typo", base_url="nowhere", workspaces=[])
    del block["connectors"]["support"]["app_id"]
    with pytest.raises(SettingsError) as caught:
        read_settings({**block, "public_url": None}, environ={"KEY": SECRET})
    keys = {fault.key for fault in caught.value.problems}
    prefix = "connectors.support."
    assert {
        "public_url",
        *(prefix + key for key in ("key_id", "subdomian", "base_url", "workspaces", "app_id")),
        prefix + "webhook_secret",
    } <= keys
    report = str(caught.value)
    assert "did you mean `subdomain`?" in report
    assert "HOOK" in report


def test_secrets_are_in_no_repr_and_no_report():
    settings = read_settings(BLOCK, environ=ENVIRON)
    assert SECRET not in repr(settings)
    assert "hook-secret" not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        read_settings(changed(key_id=SECRET), environ=ENVIRON)
    assert SECRET not in str(caught.value)


def test_a_workspace_belongs_to_one_connector():
    connector = BLOCK["connectors"]["support"]
    block = {**BLOCK, "connectors": {"one": connector, "two": connector}}
    with pytest.raises(SettingsError, match="already belongs to `one`"):
        read_settings(block, environ=ENVIRON)


@pytest.mark.parametrize("name", ["channels.ZendeskInput", "zendesk_handoff.channels.ZendeskInput"])
def test_the_file_may_use_either_name(tmp_path, name):
    file = tmp_path / "credentials.yml"
    file.write_text(yaml.safe_dump({"rest": None, name: BLOCK}))
    environ = {**ENVIRON, "ZENDESK_HANDOFF_CREDENTIALS": str(file)}
    assert "support" in load_settings(environ=environ).connectors


@pytest.mark.parametrize("content", [None, "", "rest:\n", "a: [", "- list"])
def test_a_file_without_a_block_is_told(tmp_path, content):
    file = tmp_path / "credentials.yml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=r"credentials\.yml"):
        load_settings(file, environ={})


@pytest.mark.parametrize("block", [None, [], "text", {"connectors": []}, {"connectors": {"a": 3}}])
def test_no_block_at_all_is_a_fault_and_not_a_crash(block):
    with pytest.raises(SettingsError):
        read_settings(block, environ={})
