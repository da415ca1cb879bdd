"""Checks of the bot's files: ``config.yml``, ``credentials.yml``, ``endpoints.yml``, actions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zendesk_handoff.checks.finding import Finding, fine, problem, skipped, warning
from zendesk_handoff.checks.model import HANDOFF, IMPORTER_LINE

IMPORTER = "HandoffImporter"
_LOCK_STORE = "zendesk_handoff.rasa.lock_store.AtomicRedisLockStore"
_OURS = re.compile(r"^(?:zendesk_handoff\.)?channels\.ZendeskInput$")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
#: Rasa's block without users of its own.
_WITHOUT_USERS = frozenset({"rasa"})
_ACTIONS_LINE = "`from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff`"


@dataclass(frozen=True)
class File:
    """A YAML file of the bot.

    Args:
        path: Its path.
        content: Its mapping; empty if the file is missing or cannot be read.
        problem: Why it cannot be read; empty if it can.
        exists: Whether there is such a file.
    """

    path: Path
    content: Mapping[str, Any]
    problem: str = ""
    exists: bool = True


def read_file(path: Path) -> File:
    """Read a YAML file; a value is never quoted, since it may be a secret."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return File(path, {}, exists=False)
    except OSError as error:
        return File(path, {}, error.strerror or "cannot be read")
    except UnicodeDecodeError:
        return File(path, {}, "is not UTF-8 text")
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        return File(path, {}, "is not valid YAML" + (f" near line {mark.line + 1}" if mark else ""))
    return File(path, content if isinstance(content, Mapping) else {})


def check_config(folder: Path) -> list[Finding]:
    """Check that the plugin's importer is named in ``config.yml``, and that it is alone."""
    file = read_file(folder / "config.yml")
    if not file.exists:
        return [skipped("config.yml", f"{file.path} does not exist here.")]
    if file.problem:
        return [problem("config.yml", f"{file.path} {file.problem}.", "Correct the file.")]
    names = _names(file.content.get("importers"))
    ours = [each for each in names if each.endswith(IMPORTER)]
    if len(ours) == 1 and len(names) == 1:
        return [fine("config.yml", f"{ours[0]} is named, and alone.")]
    if ours:
        others = ", ".join(each for each in names if each not in ours) or "twice the same"
        cause = f"Beside {IMPORTER} there is another importer: {others}."
        cure = f"Move it into the block of {IMPORTER}: `importers: [{{name: {others}}}]`."
        return [problem("config.yml", cause, cure)]
    if _mentions(HANDOFF, folder):
        return [fine("config.yml", "No importer: the bot has the plugin's words in its own files.")]
    cause = f"The bot knows nothing of the plugin: {IMPORTER} is not named."
    return [problem("config.yml", cause, f"Write {IMPORTER_LINE}, or run: zendesk-handoff init")]


def names_importer(folder: Path) -> bool:
    """Tell whether ``config.yml`` names the plugin's importer."""
    names = _names(read_file(folder / "config.yml").content.get("importers"))
    return any(each.endswith(IMPORTER) for each in names)


def importer_intent(folder: Path) -> str | None:
    """Find the bot's own intent for the request, if the importer's block names one."""
    entries = read_file(folder / "config.yml").content.get("importers")
    for each in entries if isinstance(entries, list) else ():
        if isinstance(each, Mapping) and str(each.get("name")).endswith(IMPORTER):
            return str(each["intent"]) if each.get("intent") else None
    return None


def check_credentials(path: Path) -> list[Finding]:
    """Check that ``credentials.yml`` has one block of the plugin, and a channel for users."""
    file = read_file(path)
    blocks = [str(each) for each in file.content if _OURS.match(str(each))]
    if len(blocks) > 1:
        cause = f"credentials.yml has {len(blocks)} blocks of the plugin: {', '.join(blocks)}."
        return [problem("channels", cause, "Leave one of them.")]
    users = [
        str(each)
        for each in file.content
        if str(each) not in _WITHOUT_USERS and not _OURS.match(str(each))
    ]
    if blocks and not users:
        cause = "credentials.yml names no channel through which users write."
        cure = "Add one, for example `rest:` or `zendesk_handoff.channels.WebChatInput:`."
        return [problem("channels", cause, cure)]
    return [fine("channels", f"Users write through {', '.join(users)}.")] if users else []


def check_endpoints(path: Path) -> tuple[list[Finding], str | None]:
    """Check the action endpoint and the lock store.

    Args:
        path: The ``endpoints.yml``.

    Returns:
        The findings, and the action endpoint's URL if there is one.
    """
    file = read_file(path)
    if file.problem:
        return [problem("endpoints.yml", f"{path} {file.problem}.", "Correct the file.")], None
    url = _action_url(file)
    if not url:
        cause = f"{path} names no action endpoint: no action runs, and nobody is handed over."
        cure = "Write `action_endpoint: {url: http://localhost:5055/webhook}`."
        return [problem("endpoints.yml", cause, cure)], None
    found = [fine("endpoints.yml", f"Actions run at {url}.")]
    locks = file.content.get("lock_store")
    if isinstance(locks, Mapping) and str(locks.get("type")).lower() == "redis":
        cause = "Rasa's Redis lock store drops messages when two processes use it at once."
        found.append(warning("lock store", cause, f"Write `type: {_LOCK_STORE}`."))
    return found, url


def has_model_server(path: Path) -> bool:
    """Tell whether ``endpoints.yml`` names a server from which Rasa loads its model."""
    return bool(read_file(path).content.get("models"))


def check_actions(folder: Path) -> list[Finding]:
    """Check that the bot's actions import the plugin's."""
    module, package = folder / "actions.py", folder / "actions"
    files = [module] if module.is_file() else sorted(package.rglob("*.py"))
    if not files:
        if not (folder / "config.yml").exists():
            return []  # not the folder of a bot
        cause = f"There is no actions.py and no folder actions in {folder}."
        return [warning("actions module", cause, f"Make actions/__init__.py with {_ACTIONS_LINE}.")]
    for file in files:
        text = _text(file)
        if "zendesk_handoff.actions" in text:
            return [fine("actions module", f"{file} imports zendesk_handoff.actions.")]
    cause = f"No file of {module if module.is_file() else package} imports the plugin's actions."
    return [problem("actions module", cause, f"Add {_ACTIONS_LINE}.")]


def _action_url(file: File) -> str | None:
    block = file.content.get("action_endpoint")
    url = block.get("url") if isinstance(block, Mapping) else None
    if not isinstance(url, str):
        return None
    return _VARIABLE.sub(lambda match: os.environ.get(match[1], ""), url).strip() or None


def _names(importers: Any) -> list[str]:
    entries = importers if isinstance(importers, list) else []
    return [str(each.get("name") if isinstance(each, Mapping) else each) for each in entries]


def _mentions(word: str, folder: Path) -> bool:
    """Tell whether the bot's domain or data has a word."""
    return any(word in _text(file) for file in _yaml_files(folder))


def _yaml_files(folder: Path) -> Iterator[Path]:
    yield folder / "domain.yml"
    for name in ("domain", "data"):
        yield from sorted((folder / name).rglob("*.yml"))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
