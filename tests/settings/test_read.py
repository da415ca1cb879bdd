"""The block of ``credentials.yml``: one object, or one report of every problem."""

from __future__ import annotations

from dataclasses import fields

import pytest
import yaml

from zendesk_handoff.errors import SettingsError, UnknownWorkspace
from zendesk_handoff.settings import Connector, load_settings, read_settings

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
            "webhook_secret": ["${HOOK}", "the-old-one-of-30-characters"],
            "workspaces": ["default", "shop"],
        }
    },
}
ENVIRON = {"KEY": SECRET, "HOOK": "hook-secret-of-25-letters"}


def changed(**values):
    block = {**BLOCK, "connectors": {"support": {**BLOCK["connectors"]["support"], **values}}}
    return {**block}


def test_a_block_becomes_one_object():
    settings = read_settings(BLOCK, environ=ENVIRON)
    support = settings.connectors["support"]
    assert support.key_secret == SECRET
    assert support.webhook_secrets == ("hook-secret-of-25-letters", "the-old-one-of-30-characters")
    assert support.base_url == "https://your-company.zendesk.com/sc"
    assert support.scope == "app"
    assert settings.connector_for("shop") is support
    url = "https://bot.example.com/api/v1/connectors/support/webhook"
    assert support.webhook_url(settings.public_url) == url


def test_an_unknown_workspace_gets_no_other_connector():
    with pytest.raises(UnknownWorkspace, match="somebody"):
        read_settings(BLOCK, environ=ENVIRON).connector_for("somebody")


def test_all_problems_are_reported_at_once_with_key_and_remedy():
    block = changed(key_id="wrong", subdomian="typo", base_url="nowhere", workspaces=[])
    del block["connectors"]["support"]["app_id"]
    with pytest.raises(SettingsError) as caught:
        read_settings({**block, "public_url": None}, environ={"KEY": SECRET})
    keys = {problem.key for problem in caught.value.problems}
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
def test_a_file_without_a_block_is_reported(tmp_path, content):
    file = tmp_path / "credentials.yml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=r"credentials\.yml"):
        load_settings(file, environ={})


def test_the_missing_block_is_named_as_an_adopter_writes_it(tmp_path):
    file = tmp_path / "credentials.yml"
    file.write_text("rest:\n")
    with pytest.raises(SettingsError, match=r"`zendesk_handoff\.channels\.ZendeskInput:`; add one"):
        load_settings(file, environ={})


def problems_of(block, **environ):
    with pytest.raises(SettingsError) as caught:
        read_settings(block, environ={**ENVIRON, **environ})
    return {problem.key: problem.message for problem in caught.value.problems}


def test_a_workspace_of_two_connectors_is_reported_beside_other_problems():
    connector = BLOCK["connectors"]["support"]
    broken = {**connector, "app_id": None}
    found = problems_of({**BLOCK, "connectors": {"one": broken, "two": connector}})
    assert found.keys() == {"connectors.one.app_id", "connectors.two.workspaces"}


def test_a_variable_that_is_not_set_is_one_problem():
    block = changed(base_url="http://${HOST}/")
    found = problems_of({**block, "store_url": "${STORE}"})
    assert found.keys() == {"connectors.support.base_url", "store_url"}
    assert all("needs the environment variable" in message for message in found.values())


@pytest.mark.parametrize("value", ["${NOTHING}", [], {}, None, "text"])
def test_connectors_that_are_no_block_are_reported(value):
    assert problems_of({**BLOCK, "connectors": value}).keys() == {"connectors"}


def test_an_id_that_is_no_part_of_a_url_is_reported():
    connector = BLOCK["connectors"]["support"]
    found = problems_of({**BLOCK, "connectors": {"a/b": connector}})
    assert "part of a URL" in found["connectors.a/b"]


@pytest.mark.parametrize("key_id", ["APP_1", "abc_1", "secret"])
def test_a_key_id_has_a_known_scope(key_id):
    assert problems_of(changed(key_id=key_id)).keys() == {"connectors.support.key_id"}


def test_the_language_models_settings_are_needed_with_its_engine_alone():
    found = problems_of({**BLOCK, "summary": {"engine": "llm"}})
    assert found.keys() == {"summary.model", "summary.api_key"}
    extractive = {"engine": "extractive", "model": "", "timeout": -1}
    assert read_settings({**BLOCK, "summary": extractive}, environ=ENVIRON).summary.timeout == 4.0


def test_empty_keys_stand_for_defaults_of_lists_and_blocks():
    empty = dict.fromkeys(("summary", "timeouts", "end_phrases"))
    settings = read_settings({**BLOCK, **empty}, environ=ENVIRON)
    assert settings == read_settings(BLOCK, environ=ENVIRON)
    assert problems_of({**BLOCK, "store_url": None}).keys() == {"store_url"}


def test_secrets_are_marked_as_such():
    assert {item.name for item in fields(Connector) if not item.repr} == {
        "key_secret",
        "webhook_secrets",
        "support_token",
        "signing_secrets",
    }


SIGNING = "signing-secret-of-30-characters"


def test_what_a_solved_ticket_needs():
    plain = read_settings(BLOCK, environ=ENVIRON).connectors["support"]
    assert (plain.signing_secrets, plain.session_field) == ((), None)
    assert plain.end_on == {"released", "solved", "closed"}
    block = changed(
        webhook_signing_secret=[SIGNING, "${HOOK}"],
        session_field=360001234567,
        end_on=["released", "solved"],
    )
    support = read_settings(block, environ=ENVIRON).connectors["support"]
    assert support.signing_secrets == (SIGNING, ENVIRON["HOOK"])
    assert support.session_field == "360001234567"
    assert support.end_on == {"released", "solved"}
    assert SIGNING not in repr(support)


def test_problems_of_what_a_solved_ticket_needs():
    prefix = "connectors.support."
    guessable = problems_of(changed(webhook_signing_secret=["short", SIGNING]))
    assert "16 characters" in guessable[f"{prefix}webhook_signing_secret"]
    assert "short" not in str(guessable)
    useless = problems_of(changed(session_field=360001234567))
    assert "webhook_signing_secret" in useless[f"{prefix}session_field"]
    for wrong in ("status", "36 000", True, ["1"], {}):
        block = changed(webhook_signing_secret=SIGNING, session_field=wrong)
        assert problems_of(block).keys() == {f"{prefix}session_field"}


@pytest.mark.parametrize("block", [None, [], "text", {"connectors": []}, {"connectors": {"a": 3}}])
def test_a_missing_block_is_an_error_of_the_settings(block):
    with pytest.raises(SettingsError):
        read_settings(block, environ={})


def test_an_action_server_needs_no_secret_of_the_rasa_server():
    settings = read_settings(changed(key_id="${KEY_ID}"), environ={}, for_actions=True)
    assert settings.connectors["support"].workspaces == ("default", "shop")
    given = read_settings(BLOCK, environ=ENVIRON, for_actions=True)
    for connector in (settings.connectors["support"], given.connectors["support"]):
        assert SECRET not in connector.key_secret
        assert ENVIRON["HOOK"] not in connector.webhook_secrets
    signing = {"webhook_signing_secret": "${SIGNING}", "session_field": "36"}
    found = read_settings(changed(**signing), environ={}, for_actions=True)
    assert found.connectors["support"].signing_secrets


def test_an_action_server_reports_everything_else():
    block = {**changed(subdomain="${WHERE}"), "store_url": "${STORE}"}
    block["summary"] = {"engine": "llm", "model": "m", "api_key": "${LLM_KEY}"}
    del block["connectors"]["support"]["key_secret"]
    with pytest.raises(SettingsError) as caught:
        read_settings(block, environ={}, for_actions=True)
    prefix = "connectors.support."
    assert {problem.key for problem in caught.value.problems} == {
        *("store_url", "summary.api_key", f"{prefix}subdomain", f"{prefix}key_secret")
    }
    with pytest.raises(SettingsError):
        read_settings({**BLOCK, "connectors": "none"}, environ={}, for_actions=True)


@pytest.mark.parametrize(
    ("environ", "open_timeout", "is_right"),
    [
        ({}, 59, True),
        ({}, 60, False),
        ({"TICKET_LOCK_LIFETIME": ""}, 60, False),
        ({"TICKET_LOCK_LIFETIME": "0"}, 60, False),
        ({"TICKET_LOCK_LIFETIME": "20"}, 20, False),
        ({"TICKET_LOCK_LIFETIME": "120"}, 60, True),
    ],
)
def test_a_handover_is_over_before_rasa_gives_its_lock_up(environ, open_timeout, is_right):
    block = {**BLOCK, "open_timeout": open_timeout}
    if is_right:
        assert read_settings(block, environ=ENVIRON | environ).open_timeout == open_timeout
        return
    with pytest.raises(SettingsError) as caught:
        read_settings(block, environ=ENVIRON | environ)
    [problem] = caught.value.problems
    assert problem.key == "open_timeout"
    assert "must be below" in str(problem) and "TICKET_LOCK_LIFETIME" in str(problem)
    # The action server has none of Rasa's locks, nor their variable.
    read_settings(block, environ=environ, for_actions=True)
