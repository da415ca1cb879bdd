"""A YAML file of the bot's, read for the checks: whatever stands in it, nothing is raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zendesk_handoff.domain.yaml_values import read_yaml


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
        content = read_yaml(path.read_text(encoding="utf-8"))
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
