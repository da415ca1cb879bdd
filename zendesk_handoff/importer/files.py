"""The importer's additions as files of the bot, for designers who would rather own them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rasa.shared.constants import LATEST_TRAINING_DATA_FORMAT_VERSION, REQUIRED_SLOTS_KEY
from rasa.shared.core.domain import Domain
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from zendesk_handoff.checks.bot_files import is_importer
from zendesk_handoff.domain.yaml_layout import dump, keep_lines, load, new_yaml, with_entries
from zendesk_handoff.importer.importer import HandoffImporter

#: The name of the files that are made, beside the bot's own.
_NAME = "zendesk_handoff"
_HEAD = "# Handover to people: rules of the conversation, words and examples are yours to edit.\n"
#: Lists and mappings of a domain, in the order of Rasa's documentation.
_LISTS, _MAPPINGS = ("intents", "actions"), ("slots", "responses", "forms")


def bot_files(
    folder: Path,
    *,
    config: str = "config.yml",
    domain: str | None = None,
    data: tuple[str, ...] = ("data",),
) -> dict[str, str]:
    """Write what the importer would add as files; afterwards the bot needs no importer.

    Args:
        folder: The bot's.
        config: Its configuration, relative to the folder.
        domain: Its domain file or folder; by default whichever is there.
        data: Its training data.

    Returns:
        New texts by path, relative to the folder: new files, and files of the bot's with additions.
        Nothing, if the bot has everything.

    Raises:
        InvalidConfigException: The configuration cannot be completed.
    """
    domain = domain or ("domain.yml" if (folder / "domain.yml").is_file() else "domain")
    paths = [str(folder / each) for each in data]
    importer = HandoffImporter(str(folder / config), str(folder / domain), paths)
    found = {
        config: _config(folder / config, importer),
        **_domain(folder, domain, importer.domain_additions()),
        f"{data[0]}/{_NAME}/rules.yml": _rules(importer),
        f"{data[0]}/{_NAME}/nlu.yml": _nlu(importer),
    }
    return {path: text for path, text in found.items() if text and text != _read(folder / path)}


def _config(path: Path, importer: HandoffImporter) -> str:
    text = _read(path)
    yaml, content = load(text)
    lines = importer.config_lines()
    changed = {key: lines[key] for key in lines if lines[key] != content.get(key)}
    importers = [entry for entry in content.get("importers") or [] if not is_importer(entry)]
    inside = [dict(block) for block in importer.options.importers]
    if len(importers) == len(content.get("importers") or []) and not changed:
        return text
    for key, value in changed.items():
        own = content.get(key)
        if own:
            own += value[len(own) :]  # ours come last
        else:
            content[key] = value
    if "importers" in content:
        content["importers"] = importers + inside
        if not content["importers"]:
            del content["importers"]
    return keep_lines(text, dump(yaml, content))


def _domain(folder: Path, domain: str, added: Mapping[str, Any]) -> dict[str, str]:
    """Add to the one domain file, or to the folder; forms change where they are."""
    is_folder = (folder / domain).is_dir()
    main = f"{domain}/{_NAME}.yml" if is_folder else domain
    own = _domain_files(folder, domain) if is_folder else [domain]
    found = {
        path: changed for path in own if (changed := _forms(folder / path, added["changed_forms"]))
    }
    more = {key: added[key] for key in (*_LISTS, *_MAPPINGS) if added[key]}
    if not more:
        return found
    text = found.get(main) or _read(folder / main)
    empty = f"{_HEAD}version: '{LATEST_TRAINING_DATA_FORMAT_VERSION}'\n"
    return {**found, main: with_entries(text, more, empty=empty)}


def _forms(path: Path, changed: Mapping[str, Any]) -> str | None:
    """Let the forms of one file ignore the request."""
    text = _read(path)
    yaml, content = load(text)
    forms = {name: form for name, form in changed.items() if name in (content.get("forms") or {})}
    for name, form in forms.items():
        own = content["forms"][name]
        if not own or REQUIRED_SLOTS_KEY not in own:
            content["forms"][name] = form
        else:
            own["ignored_intents"] = form["ignored_intents"]
    return keep_lines(text, dump(yaml, content)) if forms else None


def _domain_files(folder: Path, domain: str) -> Iterator[str]:
    for path in sorted((folder / domain).rglob("*")):
        if path.is_file() and Domain.is_domain_file(str(path)):
            yield path.relative_to(folder).as_posix()


def _rules(importer: HandoffImporter) -> str:
    rules = importer.rules()
    return _new_file({"rules": rules}) if rules else ""


def _nlu(importer: HandoffImporter) -> str:
    examples: dict[str, list[str]] = {}
    for message in importer.examples().intent_examples:
        examples.setdefault(message.get("intent"), []).append(message.get("text"))
    blocks = [
        {"intent": name, "examples": LiteralScalarString("".join(f"- {text}\n" for text in texts))}
        for name, texts in examples.items()
    ]
    return _new_file({"nlu": blocks}) if blocks else ""


def _new_file(content: dict[str, Any]) -> str:
    version = DoubleQuotedScalarString(LATEST_TRAINING_DATA_FORMAT_VERSION)
    return _HEAD + dump(new_yaml(), {"version": version, **content})


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
