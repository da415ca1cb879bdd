"""The importer's block in ``config.yml``, declared once and checked all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rasa.shared.exceptions import InvalidConfigException

from zendesk_handoff.checks.bot_files import is_importer
from zendesk_handoff.rasa import options as rasa_options
from zendesk_handoff.rasa.compat import read_config_file
from zendesk_handoff.settings.schema import setting
from zendesk_handoff.settings.values import text, yes_or_no

NAME = "zendesk_handoff.HandoffImporter"
#: The intent of the request for a person, in a bot that has no intent of its own for it.
REQUEST = "human_handoff"
_MODES = ("offer", "escalate", "off")


def _mode(value: Any, _example: str) -> Any:
    if value is False:  # YAML 1.1 reads a bare `off` as false
        return "off"
    if value not in _MODES:
        raise ValueError("must be `offer`, `escalate` or `off`.")
    return value


def _importers(value: Any, _example: str) -> tuple[Mapping[str, Any], ...]:
    items = value if isinstance(value, (list, tuple)) else [value]
    blocks = [{"name": item} if isinstance(item, str) else item for item in items]
    if not all(isinstance(block, Mapping) and block.get("name") for block in blocks):
        raise ValueError("must be a list of importers, each with its `name`, as Rasa has it.")
    if any(is_importer(block) for block in blocks):
        raise ValueError("names the importer itself; name other importers only.")
    return tuple(blocks)


@dataclass(frozen=True)
class Options:
    """The options of a bot's developer."""

    intent: str = setting(
        text,
        "The bot's own intent for the request for a person; it must be in the domain.",
        default=REQUEST,
    )
    recognizer: bool = setting(
        yes_or_no,
        "Whether `zendesk_handoff.nlu.HandoffRecognizer` is added to a pipeline that does not name "
        "it; without it the bot's own examples have to teach the request.",
        default=True,
    )
    frustration: Literal["offer", "escalate", "off"] = setting(
        _mode,
        "What `zendesk_handoff.policies.FrustrationPolicy` does, which is added to policies that "
        "do not name it; `off` adds none.",
        default="offer",
    )
    examples: bool = setting(
        yes_or_no,
        "Whether a few examples of the request are added to the training data, in the bot's "
        "language.",
        default=False,
    )
    affirm: str | None = setting(
        text,
        "The bot's intent for “yes”, where its name is not `affirm` and its examples do not show "
        "it.",
        default=None,
        shown="(found)",
    )
    deny: str | None = setting(
        text, "The bot's intent for “no”, likewise.", default=None, shown="(found)"
    )
    replace: bool = setting(
        yes_or_no,
        "Whether the bot's own rules and stories that answer the request with something else than "
        "`action_human_handoff` are left out of the training.",
        default=False,
    )
    importers: tuple[Mapping[str, Any], ...] = setting(
        _importers,
        "Other importers that read the bot, in Rasa's form; without any it is Rasa's "
        "`RasaFileImporter`.",
        default=(),
    )


def read_options(config_file: str | None) -> Options:
    """Read the importer's block.

    Rasa hands an importer only those options whose names it knows, so that a misspelt one would be
    dropped without a word: the block is read from the file.

    Args:
        config_file: The path of ``config.yml``; without one every option has its default.

    Raises:
        InvalidConfigException: An option is wrong, or another importer stands beside.
    """
    if not config_file or not Path(config_file).is_file():
        return Options()
    entries = (read_config_file(config_file) or {}).get("importers") or []
    ours = [entry for entry in entries if is_importer(entry)]
    if ours and len(entries) > 1:
        raise InvalidConfigException(
            f"`importers:` in {config_file} names {NAME} and another one. With two importers Rasa "
            "gives up its automatic configuration, and ours sees only its own part of the bot. "
            f"Name {NAME} alone, and the others under `importers:` inside its block: "
            "see docs/importer.md."
        )
    block = {key: value for key, value in (ours[0] if ours else {}).items() if key != "name"}
    return rasa_options.read_options(Options, block, name=NAME)
