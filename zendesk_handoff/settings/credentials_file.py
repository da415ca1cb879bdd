"""Finding the ``credentials.yml`` in which the plugin's block stands."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from zendesk_handoff.domain.yaml_values import read_yaml

#: Names the file for the action server and the command line.
CREDENTIALS_VARIABLE = "ZENDESK_HANDOFF_CREDENTIALS"
#: The end of the block's name, which an older name of the class shares (docs/names.md).
BLOCK_SUFFIX = "channels.ZendeskInput"
_OPTION = "--credentials"
#: Characters of Rasa's option, at least: its parser takes any beginning that no other option has.
_LEAST_OPTION = len("--cr")
_VARIABLE = re.compile(r"\$\{?\w+")
_of_server: Path | None = None


def use_file_of_server(file: Path | None) -> None:
    """Let actions that run in this process use the file that its Rasa server has read.

    Rasa Pro runs actions itself where ``endpoints.yml`` has ``actions_module``.

    Args:
        file: The file; ``None`` when the server stops.
    """
    global _of_server
    _of_server = file


def credentials_file(environ: Mapping[str, str]) -> Path:
    """Return the ``credentials.yml``: the variable's, the Rasa server's, or the usual one.

    Args:
        environ: The process environment.
    """
    return Path(environ.get(CREDENTIALS_VARIABLE) or _of_server or "credentials.yml")


def file_of_block(
    block: Mapping[str, Any], environ: Mapping[str, str], arguments: Sequence[str] | None = None
) -> Path:
    """Find the file in which a block stands that Rasa has read: it tells the content alone.

    Args:
        block: As Rasa gives it to the channel, with the values of ``${NAME}``.
        environ: The process environment.
        arguments: The command line of the Rasa server; this process's by default.

    Returns:
        The file that the command line names, the variable's, or the one in the working directory:
        the first in which this block stands. If it stands in none, the one of
        ``credentials_file``.
    """
    named = _named_in(sys.argv[1:] if arguments is None else arguments)
    usual = credentials_file(environ)
    for file in dict.fromkeys([*named, usual, Path("credentials.yml")]):
        if any(_may_be(written, block) for written in _blocks(file)):
            return file
    return usual


def _named_in(arguments: Iterable[str]) -> Iterator[Path]:
    """Yield the values of Rasa's option, which may be written with `=` and cut short."""
    following = iter(arguments)
    for argument in following:
        option, equals, value = argument.partition("=")
        if _OPTION.startswith(option) and len(option) >= _LEAST_OPTION:
            value = value if equals else next(following, "")
            if value:
                yield Path(value)


def _blocks(file: Path) -> list[Any]:
    try:
        content = read_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return []  # Rasa has read another one
    blocks = content if isinstance(content, Mapping) else {}
    return [block for name, block in blocks.items() if str(name).endswith(BLOCK_SUFFIX)]


def _may_be(written: Any, given: Any) -> bool:
    """Tell whether a value may be what is written.

    A variable may stand for any text, and what is no text may be read in another way: `off` is a
    truth value for PyYAML, and a text for Rasa.
    """
    if isinstance(written, Mapping) and isinstance(given, Mapping):
        return written.keys() == given.keys() and all(
            _may_be(written[key], given[key]) for key in written
        )
    if isinstance(written, list) and isinstance(given, list):
        return len(written) == len(given) and all(map(_may_be, written, given))
    if isinstance(written, str) and isinstance(given, str) and not _VARIABLE.search(written):
        return written == given
    return not isinstance(written, (Mapping, list)) and not isinstance(given, (Mapping, list))
