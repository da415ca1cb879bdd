"""Checks of the running servers: the Rasa server, the action server, and what they share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from zendesk_handoff.bounds import own_version
from zendesk_handoff.checks.comparison import ACTIONS, RASA, compare
from zendesk_handoff.checks.finding import Finding, fine, problem, skipped
from zendesk_handoff.checks.offline import Known
from zendesk_handoff.checks.reports import (
    REPORT_ACTION,
    REPORT_PATH,
    ActionsReport,
    RasaReport,
)
from zendesk_handoff.checks.token import HEADER, make_token
from zendesk_handoff.settings import BLOCK, Settings
from zendesk_handoff.settings.values import is_loopback

DEFAULTRASA_URL = "http://127.0.0.1:5005"
_TIMEOUT = aiohttp.ClientTimeout(total=10)
#: Bytes of an answer that are read at most.
_MAX_ANSWER = 1024 * 1024


@dataclass(frozen=True)
class _Answer:
    """An HTTP answer; a status of 0 means that there was none."""

    status: int
    body: bytes = b""


@dataclass
class Servers:
    """What the running servers have reported."""

    findings: list[Finding]
    rasa: RasaReport | None = None
    actions: ActionsReport | None = None


async def check_servers(known: Known, *, rasa_url: str | None = None) -> Servers:
    """Ask both servers, where they run, and compare them.

    Args:
        known: What the offline checks have read.
        rasa_url: The Rasa server's address; by default ``public_url`` if it is this machine, else
            Rasa's own default, and then ``public_url``.
    """
    servers = Servers([])
    async with aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as http:
        if known.settings is None:
            servers.findings.append(skipped(RASA, "Not asked: the settings have errors."))
        else:
            await _ask_rasa(http, known.settings, rasa_url, servers)
        if known.action_url is None:
            servers.findings.append(skipped(ACTIONS, "Not asked: no HTTP endpoint is named."))
        else:
            await _ask_actions(http, known.action_url, servers)
    servers.findings += compare(known, servers.rasa, servers.actions)
    return servers


async def _ask_rasa(
    http: aiohttp.ClientSession, settings: Settings, given: str | None, servers: Servers
) -> None:
    failures = []
    for url in _candidates(settings, given):
        answer = await _request(http, "GET", url + REPORT_PATH, headers=_headers(settings))
        if answer.status == 200:
            try:
                servers.rasa = msgspec.json.decode(answer.body, type=RasaReport)
            except (msgspec.DecodeError, UnicodeDecodeError):
                failures.append(_without_plugin(url))
                continue
            servers.findings += _versions(RASA, url, servers.rasa.version)
            return
        failures.append(await _why_not(http, url, answer, given=given is not None))
    # What answers in a wrong way tells more than what does not answer.
    failures.sort(key=lambda each: each.cause.startswith("Nothing answers"))
    servers.findings.append(failures[0])


def _candidates(settings: Settings, given: str | None) -> Sequence[str]:
    if given:
        return [given.rstrip("/")]
    if is_loopback(settings.public_url):
        return [settings.public_url]
    return [DEFAULTRASA_URL, settings.public_url]


def _headers(settings: Settings) -> dict[str, str]:
    connector = next(iter(settings.connectors.values()))
    return {HEADER: make_token(connector.webhook_secrets[0])}


async def _why_not(
    http: aiohttp.ClientSession, url: str, answer: _Answer, *, given: bool
) -> Finding:
    """Tell why a Rasa server has given no report."""
    if answer.status == 0:
        cause = f"Nothing answers at {url}."
        cure = "Start it: rasa run; or name its address: --rasa-url"
        return problem(RASA, cause, cure) if given else skipped(RASA, cause, cure)
    if answer.status in {401, 429}:
        cause = f"The server at {url} has another webhook secret than these settings."
        return problem(RASA, cause, "Start it again with this credentials.yml and its secrets.")
    if answer.status == 503:
        cause = f"The server at {url} runs, and its store does not answer."
        return problem(RASA, cause, "Look at its log for handoff.store.unavailable.")
    health = await _request(http, "GET", f"{url}/webhooks/zendesk/")
    if health.status == 200:
        cause = f"The server at {url} runs an older version of the plugin."
        return problem(RASA, cause, "Start it again.")
    return _without_plugin(url)


def _without_plugin(url: str) -> Finding:
    cause = f"The server at {url} runs without the plugin, or is none of Rasa's."
    cure = f"Start it with the credentials that have the block {BLOCK}: rasa run --credentials …"
    return problem(RASA, cause, cure)


async def _ask_actions(http: aiohttp.ClientSession, url: str, servers: Servers) -> None:
    tracker = {
        "sender_id": "zendesk-handoff check",
        "slots": {},
        "latest_message": {},
        "events": [],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": None,
    }
    call = {"next_action": REPORT_ACTION, "sender_id": tracker["sender_id"], "tracker": tracker}
    answer = await _request(http, "POST", url, json={**call, "domain": {}})
    if answer.status == 0:
        cure = "Start it: rasa run actions"
        servers.findings.append(skipped(ACTIONS, f"Nothing answers at {url}.", cure))
    elif answer.status != 200:
        cause = f"The action server at {url} has no actions of the plugin's, or of an older one."
        cure = (
            "Import them in actions/__init__.py (`from zendesk_handoff.actions import "
            "ActionEndHandoff, ActionHumanHandoff`), and start it again."
        )
        servers.findings.append(problem(ACTIONS, cause, cure))
    else:
        try:
            custom = msgspec.json.decode(answer.body)["responses"][0]["custom"]
            servers.actions = msgspec.convert(custom, ActionsReport)
        except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError):
            cause = f"What answers at {url} is no action server."
            cure = "Correct `action_endpoint` in endpoints.yml."
            servers.findings.append(problem(ACTIONS, cause, cure))
            return
        servers.findings += _versions(ACTIONS, url, servers.actions.version)
        if servers.actions.store is None:
            cause = f"It cannot open its store: {servers.actions.error}"
            cure = "Start it in the bot's folder, or set ZENDESK_HANDOFF_CREDENTIALS for it."
            servers.findings.append(problem(ACTIONS, cause, cure))


def _versions(check: str, url: str, found: str) -> list[Finding]:
    own = own_version()
    if found == own:
        return [fine(check, f"{url}, zendesk-handoff {found}")]
    cause = f"{url} runs zendesk-handoff {found}, and {own} is installed here."
    return [problem(check, cause, "Install one version everywhere, and start both servers again.")]


async def _request(http: aiohttp.ClientSession, method: str, url: str, **values: Any) -> _Answer:
    try:
        async with http.request(method, url, allow_redirects=False, **values) as response:
            body = bytearray()
            async for chunk in response.content.iter_chunked(65536):
                body += chunk
                if len(body) > _MAX_ANSWER:
                    break
            return _Answer(response.status, bytes(body))
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
        return _Answer(0)
