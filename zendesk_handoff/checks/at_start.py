"""The quick checks that a server runs when it starts, and logs where a person must do something."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import structlog

from zendesk_handoff.checks.archive import InvalidModel, read_model
from zendesk_handoff.checks.environment import check_environment
from zendesk_handoff.checks.finding import Finding, Outcome
from zendesk_handoff.checks.forms import check_own_forms
from zendesk_handoff.checks.model import check_contents
from zendesk_handoff.checks.placeholders import check_placeholders
from zendesk_handoff.checks.settings import check_addresses, check_native
from zendesk_handoff.checks.store import check_store
from zendesk_handoff.errors import SettingsError
from zendesk_handoff.settings import Settings, load_settings
from zendesk_handoff.store.engine.read_only import store_name

log = structlog.get_logger(__name__)


async def check_rasa_server(settings: Settings, model: Path | None) -> None:
    """Check what a Rasa server has at hand, beside its work; its start does not depend on it.

    Args:
        settings: The plugin's.
        model: The archive of the loaded model, if it is a file.
    """
    log_findings([*check_addresses(settings), *check_native(settings)])
    log_findings((await check_store(settings.store_url))[0])
    log_findings(await asyncio.to_thread(_check_files, model, settings))


async def check_action_server() -> None:
    """Check settings and store of an action server, and say which store it uses."""
    try:
        settings = load_settings(for_actions=True)
    except SettingsError as error:
        log.error("handoff.check.error", check="settings", cause=str(error))
        return
    log.info(
        "handoff.actions.ready",
        store=store_name(settings.store_url),
        credentials=str(settings.credentials_file),
    )
    log_findings((await check_store(settings.store_url))[0])


def log_findings(findings: Iterable[Finding]) -> None:
    """Log the findings with which a person has something to do.

    Args:
        findings: Of any checks.
    """
    for each in findings:
        if each.outcome is Outcome.ERROR:
            log.error("handoff.check.error", check=each.check, cause=each.cause, cure=each.cure)
        elif each.outcome is Outcome.WARNING:
            log.warning("handoff.check.warning", check=each.check, cause=each.cause, cure=each.cure)


def _check_files(file: Path | None, settings: Settings) -> list[Finding]:
    findings = check_environment()
    try:
        model = read_model(file) if file else None
    except InvalidModel:  # one of a model server's, which Rasa has unpacked already
        model = None
    if model is None:
        return findings
    learns = settings.learn == "summary"
    return [
        *findings,
        *check_contents(model, learns=learns),
        *check_own_forms(model, settings),
        *check_placeholders(model, settings),
    ]
