"""Checks of the bot's files: ``config.yml``, ``credentials.yml``, ``endpoints.yml``, actions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zendesk_handoff.checks.action_modules import HANDOFF, action_modules, rivals
from zendesk_handoff.checks.finding import Finding, fine, problem, skipped, warning
from zendesk_handoff.checks.model import IMPORTER_LINE
from zendesk_handoff.checks.yaml_file import File, read_file

IMPORTER = "HandoffImporter"
_LOCK_STORE = "zendesk_handoff.rasa.lock_store.AtomicRedisLockStore"
_OURS = re.compile(r"^(?:zendesk_handoff\.)?channels\.ZendeskInput$")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
#: Rasa's block without users of its own.
_WITHOUT_USERS = frozenset({"rasa"})
_ACTIONS_LINE = "`from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff`"


def check_config(folder: Path) -> list[Finding]:
    """Check that the plugin's importer is named in ``config.yml``, and that it is alone."""
    file = read_file(folder / "config.yml")
    if not file.exists:
        return [skipped("config.yml", f"{file.path} does not exist here.")]
    if file.problem:
        return [problem("config.yml", f"{file.path} {file.problem}.", "Correct the file.")]
    names = _names(file.content.get("importers"))
    ours = list(filter(is_importer, names))
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
    return any(map(is_importer, names))


def is_importer(entry: Any) -> bool:
    """Tell whether an entry of ``importers:`` names the plugin's, by whichever of its paths.

    Args:
        entry: A name, or a block with one.
    """
    name = str(entry.get("name") if isinstance(entry, Mapping) else entry)
    return name.startswith("zendesk_handoff.") and name.endswith(f".{IMPORTER}")


def importer_intent(folder: Path) -> str | None:
    """Find the bot's own intent for the request, if the importer's block names one."""
    entries = read_file(folder / "config.yml").content.get("importers")
    for each in entries if isinstance(entries, list) else ():
        if isinstance(each, Mapping) and is_importer(each):
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
    if any(_is_native(file.content[each]) for each in file.content if _OURS.match(str(each))):
        users.append("Zendesk's own channels")
    if blocks and not users:
        cause = "credentials.yml names no channel through which users write."
        cure = "Add one, for example `rest:` or `zendesk_handoff.channels.WebChatInput:`."
        return [problem("channels", cause, cure)]
    return [fine("channels", f"Users write through {', '.join(users)}.")] if users else []


def _is_native(block: object) -> bool:
    """Tell whether a block of the plugin's has a connector in whose account users write."""
    connectors = block.get("connectors") if isinstance(block, Mapping) else None
    every = connectors.values() if isinstance(connectors, Mapping) else ()
    return any(isinstance(each, Mapping) and each.get("mode") == "native" for each in every)


def check_endpoints(path: Path) -> tuple[list[Finding], str | None]:
    """Check the action endpoint and the lock store.

    Args:
        path: The ``endpoints.yml``.

    Returns:
        The findings, and the action endpoint's URL if it is asked by HTTP.
    """
    file = read_file(path)
    if file.problem:
        return [problem("endpoints.yml", f"{path} {file.problem}.", "Correct the file.")], None
    url, module = _action_url(file), _action_module(file)
    if not url and not module:
        cause = f"{path} names no action endpoint: no action runs, and nobody is handed over."
        cure = "Write `action_endpoint: {url: http://localhost:5055/webhook}`."
        return [problem("endpoints.yml", cause, cure)], None
    where = f"in the Rasa server, from the module {module}" if module else f"at {url}"
    found = [fine("endpoints.yml", f"Actions run {where}.")]
    locks = file.content.get("lock_store")
    if isinstance(locks, Mapping) and str(locks.get("type")).lower() == "redis":
        cause = "Rasa's Redis lock store drops messages when two processes use it at once."
        found.append(warning("lock store", cause, f"Write `type: {_LOCK_STORE}`."))
    is_http = not module and str(url).startswith(("http://", "https://"))
    return found, url if is_http else None


def has_model_server(path: Path) -> bool:
    """Tell whether ``endpoints.yml`` names a server from which Rasa loads its model."""
    return bool(read_file(path).content.get("models"))


def check_actions(folder: Path) -> list[Finding]:
    """Check that the bot's actions import the plugin's."""
    files = action_modules(folder)
    if not files:
        if not (folder / "config.yml").exists():
            return []  # not the folder of a bot
        cause = f"There is no actions.py and no folder actions in {folder}."
        return [warning("actions module", cause, f"Make actions/__init__.py with {_ACTIONS_LINE}.")]
    found = [
        problem(
            "actions module",
            f"{file} defines {name}, as the plugin does: which of the two runs is left to chance.",
            "Delete that class, or give its action another name.",
        )
        for file, name in rivals(folder)
    ]
    for file in files:
        if "zendesk_handoff.actions" in _text(file):
            return found or [fine("actions module", f"{file} imports zendesk_handoff.actions.")]
    module = folder / "actions.py"
    where = module if module in files else folder / "actions"
    cause = f"No file of {where} imports the plugin's actions."
    return [*found, problem("actions module", cause, f"Add {_ACTIONS_LINE}.")]


def _action_module(file: File) -> str | None:
    """Find the module whose actions Rasa Pro runs itself, which it prefers to a server."""
    block = file.content.get("action_endpoint")
    module = block.get("actions_module") if isinstance(block, Mapping) else None
    return module if isinstance(module, str) and module else None


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
