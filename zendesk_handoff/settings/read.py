"""Reads the block of ``credentials.yml``: checked once, all problems in one report."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from zendesk_handoff.domain.redaction import KINDS, PAYMENT
from zendesk_handoff.errors import Problem, SettingsError
from zendesk_handoff.settings.model import (
    AGENT_WORKSPACE,
    DEFAULT_END_PHRASES,
    DEFAULT_STORE_URL,
    DEFAULT_WORKSPACE,
    SCOPES,
    Connector,
    Settings,
    SummarySettings,
    Timeouts,
)
from zendesk_handoff.settings.reader import UNSET, Reader, substitute

#: The file's block may carry the name the Rasa root uses or the wheel's.
BLOCK_SUFFIX = "channels.ZendeskInput"
CREDENTIALS_VARIABLE = "ZENDESK_HANDOFF_CREDENTIALS"

_CONNECTOR_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)

CONNECTOR_KEYS = (
    "integration_type",
    "name",
    "subdomain",
    "app_id",
    "key_id",
    "key_secret",
    "webhook_secret",
    "workspaces",
    "base_url",
    "agent_workspace",
    "switchboard_integration",
    "authentication",
)


def _read_connector(connector_id: str, block: Any, problems: list[Problem]) -> Connector | None:
    prefix = f"connectors.{connector_id}."
    if not _CONNECTOR_ID.fullmatch(connector_id):
        problems.append(
            Problem(
                prefix[:-1], "an id has letters, digits, `-` and `_` only; it is part of a URL."
            )
        )
    if not isinstance(block, Mapping):
        problems.append(Problem(prefix[:-1], "must be a block with `subdomain`, `app_id`, …"))
        return None
    read = Reader(block, prefix, problems)
    read.unknown_keys(CONNECTOR_KEYS)
    read.one_of("integration_type", ("zendesk",))
    subdomain = read.text("subdomain", "`your-company` of your-company.zendesk.com")
    if subdomain and not _SUBDOMAIN.fullmatch(subdomain):
        read.problem("subdomain", "is the part before .zendesk.com alone: `your-company`.")
    key_id = read.text("key_id", "the key's id, which begins with `app_` or `int_`")
    if key_id and key_id != UNSET and key_id[:4] not in SCOPES:
        read.problem(
            "key_id", "must begin with `app_` or `int_`; the secret goes into `key_secret`."
        )
    return Connector(
        id=connector_id,
        name=read.text("name", "what people call it", connector_id),
        subdomain=subdomain,
        app_id=read.text("app_id", "the app id shown in Zendesk's Admin Center"),
        key_id=key_id,
        key_secret=read.text("key_secret", "${ZENDESK_KEY_SECRET}"),
        webhook_secrets=read.texts("webhook_secret", "${ZENDESK_WEBHOOK_SECRET}", None),
        workspaces=read.texts("workspaces", "[default]", (DEFAULT_WORKSPACE,)),
        base_url=read.url(
            "base_url", "https://your-company.zendesk.com/sc", f"https://{subdomain}.zendesk.com/sc"
        ),
        agent_workspace=read.text("agent_workspace", AGENT_WORKSPACE, AGENT_WORKSPACE),
        switchboard_integration=(
            read.text("switchboard_integration", "our name in the switchboard")
            if block.get("switchboard_integration") is not None
            else None
        ),
        authentication=read.one_of("authentication", ("jwt", "basic")),
    )


def _check_workspaces(connectors: Mapping[str, Connector], problems: list[Problem]) -> None:
    owner: dict[str, str] = {}
    for connector in connectors.values():
        for workspace in connector.workspaces:
            if workspace in owner:
                problems.append(
                    Problem(
                        f"connectors.{connector.id}.workspaces",
                        f"`{workspace}` already belongs to `{owner[workspace]}`; "
                        "a workspace escalates through one connector.",
                    )
                )
            owner.setdefault(workspace, connector.id)


def _read_summary(read: Reader) -> SummarySettings:
    names = [item.name for item in fields(SummarySettings)]
    block = read.sub_block("summary", names)
    engine = block.one_of("engine", ("extractive", "llm"))
    if engine == "extractive":
        return SummarySettings(max_words=block.count("max_words", SummarySettings.max_words))
    base_url = block.block.get("base_url")
    return SummarySettings(
        engine="llm",
        max_words=block.count("max_words", SummarySettings.max_words),
        model=block.text("model", "the model's name, as its endpoint calls it"),
        base_url=block.url("base_url", "https://llm.example.com/v1") if base_url else None,
        api_key=block.text("api_key", "${LLM_API_KEY}"),
        timeout=block.seconds("timeout", SummarySettings.timeout),
    )


def _read_timeouts(read: Reader) -> Timeouts:
    names = [item.name for item in fields(Timeouts)]
    block = read.sub_block("timeouts", names)
    return Timeouts(**{name: block.seconds_or_off(name, getattr(Timeouts, name)) for name in names})


def read_settings(
    block: Mapping[str, Any] | None, *, environ: Mapping[str, str] | None = None
) -> Settings:
    """Check the block and make it one frozen object.

    Args:
        block: What stands under ``channels.ZendeskInput`` in ``credentials.yml``.
        environ: Where ``${NAME}`` is looked up; the process environment by default.

    Raises:
        SettingsError: With every fault of the block, not only the first.
    """
    problems: list[Problem] = []
    if not isinstance(block, Mapping):
        raise SettingsError([Problem(BLOCK_SUFFIX, "must be a block with `connectors`.")])
    block = substitute(block, "", os.environ if environ is None else environ, problems)
    read = Reader(block, "", problems)
    read.unknown_keys(item.name for item in fields(Settings))
    declared = block.get("connectors")
    connectors: dict[str, Connector] = {}
    if not isinstance(declared, Mapping) or not declared:
        read.problem("connectors", "must hold at least one connector, by its id.")
    else:
        for connector_id, connector_block in declared.items():
            connector = _read_connector(str(connector_id), connector_block, problems)
            if connector:
                connectors[connector.id] = connector
    _check_workspaces(connectors, problems)
    settings = Settings(
        public_url=read.url("public_url", "https://bot.example.com"),
        store_url=read.text("store_url", DEFAULT_STORE_URL, DEFAULT_STORE_URL),
        connectors=connectors,
        end_phrases=read.texts("end_phrases", "[/end_handoff]", DEFAULT_END_PHRASES),
        open_timeout=read.seconds("open_timeout", 15.0),
        request_timeout=read.seconds("request_timeout", 10.0),
        takeover_after=read.seconds("takeover_after", 10.0),
        reconcile_every=read.seconds("reconcile_every", 300.0),
        redact=read.some_of("redact", KINDS, PAYMENT),
        summary=_read_summary(read),
        timeouts=_read_timeouts(read),
    )
    if not settings.store_url.startswith(("sqlite://", "postgresql://", "postgres://")):
        read.problem("store_url", f"must be {DEFAULT_STORE_URL} or postgresql://host/database.")
    if problems:
        raise SettingsError(problems)
    return settings


def load_settings(
    path: str | Path | None = None, *, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings out of a Rasa ``credentials.yml``.

    Args:
        path: The file; by default what ``ZENDESK_HANDOFF_CREDENTIALS`` names, else
            ``credentials.yml`` in the working directory.
        environ: Where ``${NAME}`` is looked up; the process environment by default.

    Raises:
        SettingsError: The file cannot be read, holds no block of ours, or the block has problems.
    """
    where = os.environ if environ is None else environ
    file = Path(path or where.get(CREDENTIALS_VARIABLE) or "credentials.yml")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        hint = f"name the file in {CREDENTIALS_VARIABLE}."
        raise SettingsError([Problem(str(file), f"{error.strerror}; {hint}")]) from None
    except UnicodeDecodeError:
        raise SettingsError([Problem(str(file), "is not UTF-8 text.")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" near line {mark.line + 1}" if mark else ""
        raise SettingsError([Problem(str(file), f"is not valid YAML{place}.")]) from None
    blocks = content if isinstance(content, Mapping) else {}
    for name, block in blocks.items():
        if str(name).endswith(BLOCK_SUFFIX):
            return read_settings(block, environ=where)
    raise SettingsError([Problem(str(file), f"has no block `{BLOCK_SUFFIX}:`; add one.")])
