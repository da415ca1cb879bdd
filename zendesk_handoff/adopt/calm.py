"""What `init` writes into a CALM bot of Rasa Pro: flows, domain, and a line of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from zendesk_handoff.adopt.files import read_text
from zendesk_handoff.adopt.lines import Lines
from zendesk_handoff.adopt.yaml_text import YamlText
from zendesk_handoff.calm.domain import domain_additions
from zendesk_handoff.checks.calm_files import (
    GENERATOR,
    CalmBot,
    asks_model,
    domain_of,
    read_calm_bot,
)
from zendesk_handoff.domain.yaml_layout import dump, keep_lines, load, with_entries
from zendesk_handoff.errors import CannotPatch

CONFIG_FILE = "config.yml"
#: The file that is made, and the domain's in its folder, where the bot has such a folder.
FLOWS_FILE, _DOMAIN_FILE = "data/zendesk_handoff/flows.yml", "zendesk_handoff.yml"
_VERSION = 'version: "3.1"\n'
_HEAD = "# Handover to people: flows and words are yours to edit.\n"
_GENERATOR_CLASS = GENERATOR.rpartition(".")[2]


def calm_files(folder: Path) -> dict[str, str]:
    """Write what a CALM bot lacks; what it has itself wins.

    Args:
        folder: The bot's.

    Returns:
        New texts by path, relative to the folder. Nothing, if the bot has everything.

    Raises:
        CannotPatch: A file cannot be read or patched.
    """
    bot = read_calm_bot(folder)
    domain = domain_of(folder)
    if domain.is_dir():
        domain /= _DOMAIN_FILE
    found = {
        CONFIG_FILE: _config(folder / CONFIG_FILE),
        FLOWS_FILE: _flows(folder / FLOWS_FILE, bot),
        domain.relative_to(folder).as_posix(): _domain(domain, bot),
    }
    return {path: text for path, text in found.items() if text != _read(folder / path)}


def _config(path: Path) -> str:
    """Put the command generator before the first one that asks a language model.

    Raises:
        CannotPatch: The pipeline is no list, or there is none.
    """
    text = _read(path)
    with _told(path):
        yaml, content = load(text)
    pipeline = content.get("pipeline")
    if not isinstance(pipeline, list) or not all(isinstance(each, Mapping) for each in pipeline):
        by_hand = f"give it one that begins with `- name: {GENERATOR}`"
        raise CannotPatch(path, f"has no list of components as `pipeline`; {by_hand}.")
    names = [str(each.get("name")) for each in pipeline]
    if any(name.rpartition(".")[2] == _GENERATOR_CLASS for name in names):
        return text
    place = next((at for at, name in enumerate(names) if asks_model(name)), len(names))
    pipeline.insert(place, {"name": GENERATOR})
    return keep_lines(text, dump(yaml, content))


def _flows(path: Path, bot: CalmBot) -> str:
    text = _read(path)
    shipped = files("zendesk_handoff.calm").joinpath("flows.yml").read_text("utf-8")
    yaml, content = load(shipped)
    for name in [name for name in content["flows"] if name in bot.flows]:
        del content["flows"][name]
    if not content["flows"]:
        return text
    if text:
        return _with_entries(path, text, {"flows": content["flows"]})
    return _HEAD + dump(yaml, content)


def _domain(path: Path, bot: CalmBot) -> str:
    text = _read(path)
    more: dict[str, Any] = {}
    for section, entries in domain_additions(bot.language).items():
        known = bot.domain.get(section, frozenset())
        if isinstance(entries, list):
            missing: Any = [name for name in entries if name not in known]
        else:
            missing = {name: value for name, value in entries.items() if name not in known}
        if missing:
            more[section] = missing
    return _with_entries(path, text, more) if more else text


def _with_entries(path: Path, text: str, more: Mapping[str, Any]) -> str:
    try:
        with _told(path):
            return with_entries(text, more, empty=_HEAD + _VERSION)
    except TypeError as error:
        raise CannotPatch(path, str(error)) from None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell what YAML's writer cannot read although Rasa does: a tab behind a value, for example."""
    try:
        yield
    except MarkedYAMLError as error:
        cause = str(error.problem).replace("\t", "\\t")
        raise CannotPatch(path, f"has a form that cannot be patched: {cause}.") from None


def _read(path: Path) -> str:
    """Read a file that is to be changed, with one kind of line ends, as YAML's writer has them.

    Raises:
        CannotPatch: It is no YAML, or not in lines of keys and values.
    """
    return "\n".join(Lines.of(YamlText.read(path, read_text(path) or "").text).lines)
