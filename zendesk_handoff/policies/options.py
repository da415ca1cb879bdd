"""The policy's options in ``config.yml``, checked all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from rasa.core.constants import POLICY_PRIORITY, RULE_POLICY_PRIORITY
from rasa.shared.exceptions import InvalidConfigException

from zendesk_handoff.frustration import DEFAULT_THRESHOLD, DEFAULT_WINDOW

MODES = ("offer", "escalate")

#: Every option with its default. The priority is above the rules': a form that is asking would
#: otherwise win.
DEFAULTS: dict[str, Any] = {
    "threshold": DEFAULT_THRESHOLD,
    "window": DEFAULT_WINDOW,
    "mode": "offer",
    "cooldown": 3,
    POLICY_PRIORITY: RULE_POLICY_PRIORITY + 1,
}


@dataclass(frozen=True)
class Options:
    """What a designer may set.

    Attributes:
        threshold: From which score on a user counts as frustrated, above 0 and up to 1.
        window: How many earlier messages of the user, and of the bot, still count.
        mode: Whether to ask the user first, or to hand over at once.
        cooldown: How many messages of the user pass after a "no" or an ended session before the
            policy may speak again.
        priority: Rank among policies that are equally sure.
    """

    threshold: float
    window: int
    mode: Literal["offer", "escalate"]
    cooldown: int
    priority: int


def read_options(config: Mapping[str, Any]) -> Options:
    """Check the policy's block.

    Args:
        config: The block, completed with the defaults.

    Raises:
        InvalidConfigException: Something is wrong; the text names every fault and what to write.
    """
    problems = [_unknown(key) for key in config if key not in DEFAULTS]
    values = {**DEFAULTS, **config}
    if not (_is_number(values["threshold"]) and 0 < values["threshold"] <= 1):
        problems.append("threshold must be a number above 0 and up to 1")
    for key, least in (("window", 1), ("cooldown", 0), (POLICY_PRIORITY, 0)):
        if not (type(values[key]) is int and values[key] >= least):
            problems.append(f"{key} must be a whole number from {least} on")
    if values["mode"] not in MODES:
        problems.append(f"mode must be {' or '.join(MODES)}")
    if problems:
        raise InvalidConfigException(
            f"FrustrationPolicy in config.yml cannot be used: {'; '.join(problems)}."
        )
    return Options(**{key: values[key] for key in DEFAULTS})


def _unknown(key: str) -> str:
    meant = get_close_matches(str(key), DEFAULTS, 1)
    hint = f"did you mean {meant[0]}?" if meant else f"there are {', '.join(DEFAULTS)}"
    return f"{key} is not an option ({hint})"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
