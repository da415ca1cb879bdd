"""Reading the block of ``credentials.yml``: checked once, all problems in one report."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from zendesk_handoff.domain.yaml_values import read_yaml
from zendesk_handoff.errors import Problem, SettingsError
from zendesk_handoff.settings.connector import SCOPES, Connector
from zendesk_handoff.settings.credentials_file import (
    BLOCK_SUFFIX,
    CREDENTIALS_VARIABLE,
    credentials_file,
    file_of_block,
)
from zendesk_handoff.settings.env_file import env_file
from zendesk_handoff.settings.model import Settings
from zendesk_handoff.settings.native import NEXT, NOTE
from zendesk_handoff.settings.schema import UNSET, read_block, settings_of
from zendesk_handoff.settings.store_path import place_store
from zendesk_handoff.settings.ticket import fits
from zendesk_handoff.settings.values import is_loopback

#: The block's name.
BLOCK = "zendesk_handoff.channels.ZendeskInput"

#: Rasa's variable for the lifetime of its locks, and its default (``rasa.core.lock_store``).
LOCK_LIFETIME_VARIABLE = "TICKET_LOCK_LIFETIME"
_LOCK_LIFETIME = 60
#: Stands for the values of settings that an action server is not given; their readers take it.
_LEFT_OUT = "app_left_out"

#: Characters of a webhook secret, at least; Zendesk's own have more than 40.
_LEAST_SECRET = 16
_CONNECTOR_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
VARIABLE = re.compile(r"\$\{(\w+)\}")


def read_settings(
    block: Mapping[str, Any] | None,
    *,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
    for_actions: bool = False,
) -> Settings:
    """Check the block and make it one frozen object.

    Args:
        block: The content of ``zendesk_handoff.channels.ZendeskInput`` in ``credentials.yml``.
        environ: The variables for ``${NAME}``; the process environment by default.
        file: The ``credentials.yml`` in which the block stands. An SQLite store's path counts from
            its folder, and the ``.env`` there has the variables that are not in ``environ``. By
            default it is looked for (`file_of_block`), and none is used where ``environ`` is given.
        for_actions: Whether the keys that only the Rasa server needs are left out, set or not.

    Raises:
        SettingsError: With every problem of the block, not only the first.
    """
    problems: list[Problem] = []
    if not isinstance(block, Mapping):
        raise SettingsError([Problem(BLOCK, "must be a block with `connectors`.")])
    variables = os.environ if environ is None else environ
    if file is None and environ is None:
        file = file_of_block(block, variables)
    if for_actions:
        block = _without_server_settings(block)
    block = _substitute(block, "", _variables_for(block, variables, file), problems)
    settings = read_block(Settings, block, "", problems)
    if settings is not None:
        _check_connectors(settings.connectors or {}, problems)
        if not problems:
            _check_tickets(settings.connectors, problems)
        if not for_actions:
            _check_secrets(settings.connectors or {}, problems)
            _check_next(settings.connectors or {}, problems)
            _check_open_timeout(settings.open_timeout, variables, problems)
    if problems or settings is None:
        raise SettingsError(problems)
    if file is None:
        return settings
    store_url = place_store(settings.store_url, file.parent)
    return replace(settings, store_url=store_url, credentials_file=file.absolute())


def load_settings(
    path: str | Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    for_actions: bool = False,
) -> Settings:
    """Read the settings out of a Rasa ``credentials.yml``.

    Args:
        path: The file; by default the one that ``ZENDESK_HANDOFF_CREDENTIALS`` names, else
            ``credentials.yml`` in the working directory.
        environ: The variables for ``${NAME}``; the process environment by default.
        for_actions: Whether the keys that only the Rasa server needs are left out, set or not.

    Raises:
        SettingsError: The file cannot be read, has no such block, or the block has problems.
    """
    variables = os.environ if environ is None else environ
    file = Path(path) if path else credentials_file(variables)
    block = load_block(file)
    return read_settings(block, environ=variables, file=file, for_actions=for_actions)


def load_block(file: Path) -> Any:
    """Read the plugin's block out of a Rasa ``credentials.yml``, as it is written.

    Args:
        file: The file.

    Raises:
        SettingsError: The file cannot be read, or has no such block.
    """
    try:
        content = read_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        hint = f"name the file in {CREDENTIALS_VARIABLE}, or with --credentials."
        raise SettingsError([Problem(str(file.absolute()), f"{error.strerror}; {hint}")]) from None
    except UnicodeDecodeError:
        raise SettingsError([Problem(str(file), "is not UTF-8 text.")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" near line {mark.line + 1}" if mark else ""
        raise SettingsError([Problem(str(file), f"is not valid YAML{line}.")]) from None
    blocks = content if isinstance(content, Mapping) else {}
    for name, block in blocks.items():
        if str(name).endswith(BLOCK_SUFFIX):
            return block
    raise SettingsError([Problem(str(file), f"has no block `{BLOCK}:`; add one.")])


def _variables_for(
    block: Mapping[str, Any], environ: Mapping[str, str], file: Path | None
) -> Mapping[str, str]:
    """Join the environment, which takes precedence, with ``.env`` where that is needed.

    An action server may not be allowed to read the file, and has no need to.
    """
    if file is None or all(environ.get(name) for name in VARIABLE.findall(str(block))):
        return environ
    return {**env_file(file.parent), **{name: value for name, value in environ.items() if value}}


def _without_server_settings(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace each value that only the Rasa server needs by a text that stands for it."""
    left_out = [each.key or item.name for item, each in settings_of(Connector) if each.for_server]
    connectors = block.get("connectors")
    if not isinstance(connectors, Mapping):
        return block
    without = {
        name: {key: _LEFT_OUT if key in left_out else value for key, value in content.items()}
        if isinstance(content, Mapping)
        else content
        for name, content in connectors.items()
    }
    return {**block, "connectors": without}


def _check_open_timeout(
    open_timeout: float | None, environ: Mapping[str, str], problems: list[Problem]
) -> None:
    """Check that Rasa keeps its lock on a conversation until the handover has an outcome."""
    try:
        lifetime = int(environ.get(LOCK_LIFETIME_VARIABLE) or 0) or _LOCK_LIFETIME
    except ValueError:
        lifetime = _LOCK_LIFETIME  # Rasa itself does not start
    if open_timeout is not None and open_timeout >= lifetime:
        remedy = f"write a smaller number, or set {LOCK_LIFETIME_VARIABLE} to a larger one."
        lock = "seconds for which Rasa locks the conversation of a waiting message"
        problems.append(Problem("open_timeout", f"must be below {lifetime}, the {lock}; {remedy}"))


def _check_secrets(connectors: Mapping[str, Connector | None], problems: list[Problem]) -> None:
    """Check that no webhook secret can be guessed; the simulator on this machine may have any."""
    for connector_id, connector in connectors.items():
        if connector is None or not connector.base_url or is_loopback(connector.base_url):
            continue
        for key, secrets, harm in (
            ("webhook_secret", connector.webhook_secrets, "writes to users as an agent"),
            ("webhook_signing_secret", connector.signing_secrets, "ends users' sessions"),
        ):
            if any(len(secret) < _LEAST_SECRET for secret in secrets or ()):
                problems.append(
                    Problem(
                        f"connectors.{connector_id}.{key}",
                        f"must have {_LEAST_SECRET} characters or more: whoever guesses it "
                        f"{harm}. Write the one that Zendesk has made.",
                    )
                )


def _check_connectors(connectors: Mapping[str, Connector | None], problems: list[Problem]) -> None:
    """Check the ids, and that each workspace has one connector; values may be missing."""
    connector_of: dict[str, str] = {}
    reported = {problem.key for problem in problems}
    for connector_id, connector in connectors.items():
        where = f"connectors.{connector_id}"
        zone = f"{where}.hours.time_zone"
        hours = connector and connector.hours
        if hours and hours.lacks_time_zone and zone not in reported:
            message = "is missing; write the time zone of the other hours: `Europe/Berlin`."
            problems.append(Problem(zone, message))
        if not _CONNECTOR_ID.fullmatch(connector_id):
            problems.append(
                Problem(where, "an id has letters, digits, `-` and `_` only; it is part of a URL.")
            )
        if connector is not None and connector.session_field and connector.signing_secrets == ():
            problems.append(
                Problem(
                    f"{where}.session_field",
                    "is of no use without `webhook_signing_secret`: write that of the webhook "
                    "which Zendesk's triggers notify, or leave this out.",
                )
            )
        if connector is not None and connector.mode == "native":
            problems += _native_problems(where, connector)
        for workspace in (connector and connector.workspaces) or ():
            if workspace in connector_of:
                problems.append(
                    Problem(
                        f"{where}.workspaces",
                        f"`{workspace}` already belongs to `{connector_of[workspace]}`; "
                        "a workspace is handed over through one connector.",
                    )
                )
            connector_of.setdefault(workspace, connector_id)


def _native_problems(where: str, connector: Connector) -> Iterator[Problem]:
    """Yield what a connector lacks for being the users' channel."""
    if not connector.switchboard_integration:
        yield Problem(
            f"{where}.switchboard_integration",
            "is missing; with `mode: native` the bot needs a place in the switchboard: write its "
            "name there, such as `rasa`.",
        )
    if connector.closed == "message":
        yield Problem(
            f"{where}.closed",
            "is `message`, which is for users who are elsewhere; with `mode: native` they write "
            "into the conversation itself: write `bot` or `hand_over`.",
        )
    if connector.summary_to == NOTE and connector.support_token is None:
        yield Problem(
            f"{where}.summary_to",
            "is `note`, which the Support API writes: write `support_token`, or another value.",
        )


def _check_next(connectors: Mapping[str, Connector | None], problems: list[Problem]) -> None:
    """Check that nobody passes control one step too far (Conversations API: `PassControl`)."""
    problems += [
        Problem(
            f"connectors.{name}.only.otherwise",
            "is `next`, which is safe to repeat with a key of the integration's own alone "
            "(`int_…`): use such a key, or write the integration's name.",
        )
        for name, connector in connectors.items()
        if connector is not None
        and connector.only.otherwise == NEXT
        and SCOPES.get((connector.key_id or "")[:4]) not in (None, "integration")
    ]


def _check_tickets(connectors: Mapping[str, Connector], problems: list[Problem]) -> None:
    """Check that what is written of a ticket fits into what Zendesk takes."""
    message = "has texts that are longer than the 4 KB which Zendesk takes: shorten them."
    for connector in connectors.values():
        where = f"connectors.{connector.id}"
        if not fits(connector.ticket):
            problems.append(Problem(f"{where}.ticket", message))
            continue
        problems += [
            Problem(f"{where}.routes.{number}.ticket", message)
            for number, route in enumerate(connector.routes, 1)
            if not fits(connector.ticket, route.ticket)
        ]


def _substitute(value: Any, key: str, environ: Mapping[str, str], problems: list[Problem]) -> Any:
    """Replace every ``${NAME}`` in a value, at any depth, by the environment's."""
    if isinstance(value, Mapping):
        return {
            name: _substitute(item, f"{key}.{name}" if key else str(name), environ, problems)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_substitute(item, key, environ, problems) for item in value]
    if not isinstance(value, str):
        return value
    missing = [name for name in VARIABLE.findall(value) if not environ.get(name)]
    problems += [
        Problem(key, f"needs the environment variable {name}; set it, or write it into .env.")
        for name in missing
    ]
    return UNSET if missing else VARIABLE.sub(lambda match: environ[match[1]], value)
