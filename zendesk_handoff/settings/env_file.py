"""The file ``.env`` beside ``credentials.yml``: secrets for ``${NAME}`` outside of the YAML."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import structlog
from dotenv.parser import parse_stream

from zendesk_handoff.errors import Problem, SettingsError

log = structlog.get_logger(__name__)

#: The file's name.
ENV_FILE = ".env"


def env_file(folder: Path) -> dict[str, str]:
    """Read the variables of the file ``.env`` in a folder.

    Values are taken as they are written: ``${NAME}`` inside of one stands for itself, since a
    secret may contain it.

    Args:
        folder: The folder of ``credentials.yml``.

    Returns:
        The variables by name; none where there is no such file.

    Raises:
        SettingsError: The file cannot be read, or has a line that is no ``NAME=value``.
    """
    path = folder / ENV_FILE
    try:
        content = path.read_text(encoding="utf-8-sig")
        mode = path.stat().st_mode
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise _problem(path, "is not UTF-8 text.") from None
    if os.name == "posix" and mode & (stat.S_IRGRP | stat.S_IROTH):
        log.warning("handoff.settings.env_file_not_private", path=str(path), remedy="chmod 600")
    return parse_variables(content, path)


def parse_variables(content: str, path: Path) -> dict[str, str]:
    """Parse the text of such a file.

    Args:
        content: The text.
        path: The file, for the error.

    Raises:
        SettingsError: A line is no ``NAME=value``; the error gives its number and never the line.
    """
    found: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(content)):
        if binding.error or (binding.key is not None and binding.value is None):
            # The parser counts from the end of the last line: blank lines come first.
            text = binding.original.string
            blank = len(text) - len(text.lstrip())
            line = binding.original.line + text[:blank].count("\n")
            raise _problem(
                path, f"line {line} is not NAME=value; a value with spaces or # needs quotes."
            )
        if binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
    return found


def _problem(path: Path, message: str) -> SettingsError:
    return SettingsError([Problem(str(path), message)])
