"""The quick checks of a starting server: what they log, and that they never raise."""

from __future__ import annotations

import pytest
import structlog
from structlog.testing import capture_logs

from tests.support.bot_folder import BotFolder, make_model, without_policy
from zendesk_handoff.checks import fine, problem, skipped, warning
from zendesk_handoff.checks.at_start import check_action_server, check_rasa_server, log_findings
from zendesk_handoff.settings import load_settings


@pytest.fixture
def files(tmp_path):
    return BotFolder(tmp_path)


def of_checks(logs):
    return [each for each in logs if each["event"].startswith("handoff.check.")]


def test_only_what_a_person_has_to_do_is_logged():
    with capture_logs() as logs:
        log_findings(
            [fine("a", "b"), skipped("c", "d"), problem("e", "f", "g"), warning("h", "i", "j")]
        )
    assert logs == [
        {
            "event": "handoff.check.error",
            "log_level": "error",
            "check": "e",
            "cause": "f",
            "cure": "g",
        },
        {
            "event": "handoff.check.warning",
            "log_level": "warning",
            "check": "h",
            "cause": "i",
            "cure": "j",
        },
    ]


async def test_a_rasa_server_on_which_everything_is_right(files):
    settings = load_settings(files.write())
    with capture_logs() as logs:
        await check_rasa_server(settings, make_model(files.folder / "models" / "a.tar.gz"))
    assert of_checks(logs) == []


async def test_a_rasa_server_with_a_model_that_hears_no_request(files):
    settings = load_settings(files.write())
    model = make_model(
        files.folder / "models" / "a.tar.gz",
        lambda metadata, rules: without_policy(metadata, "RulePolicy"),
    )
    with capture_logs() as logs:
        await check_rasa_server(settings, model)
    [logged] = of_checks(logs)
    assert (logged["check"], logged["log_level"]) == ("policies", "error")


@pytest.mark.parametrize("content", [None, b"unpacked by a model server"])
async def test_a_rasa_server_whose_model_is_no_archive(files, content):
    settings = load_settings(files.write())
    model = files.folder / "model"
    if content is not None:
        model.write_bytes(content)
    with capture_logs() as logs:
        await check_rasa_server(settings, model)
        await check_rasa_server(settings, None)
    assert of_checks(logs) == []


async def test_an_action_server_names_its_store(files, monkeypatch):
    monkeypatch.setenv("ZENDESK_HANDOFF_CREDENTIALS", str(files.write()))
    with capture_logs() as logs:
        await check_action_server()
    [ready] = [each for each in logs if each["event"] == "handoff.actions.ready"]
    assert ready["store"] == files.block["store_url"]
    assert of_checks(logs) == []


async def test_an_action_server_in_another_folder(files, monkeypatch, tmp_path):
    monkeypatch.delenv("ZENDESK_HANDOFF_CREDENTIALS", raising=False)
    monkeypatch.chdir(tmp_path)
    with capture_logs() as logs:
        await check_action_server()
    [logged] = of_checks(logs)
    assert (logged["check"], logged["log_level"]) == ("settings", "error")
    assert "credentials.yml" in logged["cause"]


async def test_an_action_server_whose_store_cannot_be_made(files, monkeypatch):
    files.block["store_url"] = f"sqlite:///{files.folder}/no/such/handoff.db"
    monkeypatch.setenv("ZENDESK_HANDOFF_CREDENTIALS", str(files.write()))
    with capture_logs() as logs:
        await check_action_server()
    [logged] = of_checks(logs)
    assert "does not exist" in logged["cause"]
    assert structlog.is_configured()


async def test_a_rasa_server_whose_tickets_ask_for_what_its_model_lacks(files):
    files.connector["ticket"] = {"tags": ["{ordr_number}"]}
    settings = load_settings(files.write())
    with capture_logs() as logs:
        await check_rasa_server(settings, make_model(files.folder / "models" / "a.tar.gz"))
    [logged] = of_checks(logs)
    assert (logged["check"], logged["log_level"]) == ("ticket fields (support)", "warning")
    assert "order_number" in logged["cure"]
