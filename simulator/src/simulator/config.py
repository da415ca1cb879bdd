"""Reader of the configuration file: apps, with secrets from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DEMO = Path(__file__).parent / "demo.yml"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def read_config(path: Path, environment: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Read the descriptions of apps from a YAML file.

    Args:
        path: The file; it has one key, `apps`.
        environment: Fills in `${NAME}` and `${NAME:-default}`.

    Raises:
        ValueError: The file is not of that form, or a variable without default is not set.
    """
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("apps"), list):
        raise ValueError(f"{path} should have a list under the key 'apps'")
    filled = _fill(data["apps"], os.environ if environment is None else environment)
    return list(filled)


def _fill(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(one, environment) for key, one in value.items()}
    if isinstance(value, list):
        return [_fill(one, environment) for one in value]
    if not isinstance(value, str):
        return value

    def found(match: re.Match[str]) -> str:
        name, default = match.groups()
        if environment.get(name):
            return environment[name]
        if default is None:
            raise ValueError(
                f"Set {name} in the environment: the simulator's configuration needs it"
            )
        return str(default)

    return _VARIABLE.sub(found, value)
