"""The importer's additions as files of the bot, for designers who would rather own them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from rasa.shared.constants import LATEST_TRAINING_DATA_FORMAT_VERSION, REQUIRED_SLOTS_KEY
from rasa.shared.core.domain import Domain
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from zendesk_handoff.importer.importer import HandoffImporter
from zendesk_handoff.importer.options import is_ours

#: The name of the files that are made, beside the bot's own.
_NAME = "zendesk_handoff"
_HEAD = "# Handover to people: rules of the conversation, words and examples are yours to edit.\n"
#: Lists and mappings of a domain, in the order of Rasa's documentation.
_LISTS, _MAPPINGS = ("intents", "actions"), ("slots", "responses")


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
    yaml, content = _load(text)
    lines = importer.config_lines()
    changed = {key: lines[key] for key in lines if lines[key] != content.get(key)}
    importers = [entry for entry in content.get("importers") or [] if not is_ours(entry)]
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
    return _keep_lines(text, _dump(yaml, content))


def _domain(folder: Path, domain: str, added: Mapping[str, Any]) -> dict[str, str]:
    """Add to the one domain file, or to the folder; forms change where they are."""
    is_folder = (folder / domain).is_dir()
    main = f"{domain}/{_NAME}.yml" if is_folder else domain
    own = _domain_files(folder, domain) if is_folder else [domain]
    found = {path: changed for path in own if (changed := _forms(folder / path, added["forms"]))}
    more = {key: added[key] for key in (*_LISTS, *_MAPPINGS) if added[key]}
    if not more:
        return found
    text = found.get(main) or _read(folder / main)
    yaml, content = _load(text or f"{_HEAD}version: '{LATEST_TRAINING_DATA_FORMAT_VERSION}'\n")
    for key, value in more.items():
        if not content.get(key):
            content[key] = value
        elif key in _LISTS:
            content[key] += value
        else:
            content[key].update(value)
    return {**found, main: _keep_lines(text, _dump(yaml, content))}


def _forms(path: Path, changed: Mapping[str, Any]) -> str | None:
    """Let the forms of one file ignore the request."""
    text = _read(path)
    yaml, content = _load(text)
    forms = {name: form for name, form in changed.items() if name in (content.get("forms") or {})}
    for name, form in forms.items():
        own = content["forms"][name]
        if not own or REQUIRED_SLOTS_KEY not in own:
            content["forms"][name] = form
        else:
            own["ignored_intents"] = form["ignored_intents"]
    return _keep_lines(text, _dump(yaml, content)) if forms else None


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
    return _HEAD + _dump(_yaml(indented=True), {"version": version, **content})


def _load(text: str) -> tuple[Any, Any]:
    """Read YAML with its comments and in its layout."""
    lists = re.search(r"^[\w-]+:[^\n]*\n(?:\s*#[^\n]*\n|\s*\n)*( *)- ", text, re.MULTILINE)
    yaml = _yaml(indented=lists is None or lists[1] != "")
    return yaml, yaml.load(text) or {}


def _dump(yaml: Any, content: Any) -> str:
    stream = io.StringIO()
    yaml.dump(content, stream)
    return stream.getvalue()


def _keep_lines(own: str, changed: str) -> str:
    """Put the bot's own lines back where YAML's round trip has only written them otherwise.

    Args:
        own: The file's text.
        changed: What was made of it.
    """
    own = f"{own}\n" if own and not own.endswith("\n") else own
    yaml, content = _load(own)
    before, after = _dump(yaml, content).splitlines(True), changed.splitlines(True)
    lines = own.splitlines(True)
    if len(lines) != len(before):
        return changed
    kept: list[str] = []
    for tag, first, last, start, end in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        kept += lines[first:last] if tag == "equal" else after[start:end]
    text = "".join(kept)
    return text if _is_same(text, changed) else changed


def _is_same(one: str, other: str) -> bool:
    try:
        return bool(_load(one)[1] == _load(other)[1])
    except YAMLError:  # lists at two depths in one file
        return False


def _yaml(*, indented: bool) -> Any:
    yaml: Any = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # long lines stay as they are
    yaml.representer.add_representer(type(None), _empty)
    if indented:
        yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _empty(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
