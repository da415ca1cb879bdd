"""Options of a component or policy in ``config.yml``, checked all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from rasa.shared.exceptions import InvalidConfigException

from zendesk_handoff.errors import Problem
from zendesk_handoff.settings.schema import read_block

T = TypeVar("T")


def read_options(declared: type[T], config: Mapping[str, Any], *, name: str) -> T:
    """Read the options of one block.

    Args:
        declared: A dataclass of settings.
        config: The block, or the block completed with the defaults.
        name: The name of the component, for the report.

    Raises:
        InvalidConfigException: With every problem, and what to write instead.
    """
    problems: list[Problem] = []
    options = read_block(declared, config, "", problems)
    if problems or options is None:
        report = "; ".join(f"{each.key} {each.message.rstrip('.')}" for each in problems)
        raise InvalidConfigException(f"{name} in config.yml cannot be used: {report}.")
    return options
