"""The policy's options in ``config.yml``, declared once and checked all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rasa.core.constants import RULE_POLICY_PRIORITY

from zendesk_handoff.frustration.options import InterventionOptions
from zendesk_handoff.rasa import options as rasa_options
from zendesk_handoff.settings.schema import setting
from zendesk_handoff.settings.values import text, whole_number


@dataclass(frozen=True)
class Options(InterventionOptions):
    """The options of a bot's designer."""

    intent: str = setting(
        text,
        "The bot's intent for the request for a person, which rules answer.",
        default="human_handoff",
    )
    # Above the rules' by default: a form that is asking would otherwise win.
    priority: int = setting(
        whole_number(0),
        "Rank among policies that are equally sure; keep it above the RulePolicy's.",
        default=RULE_POLICY_PRIORITY + 1,
    )


#: Every option with its default.
DEFAULTS: dict[str, Any] = asdict(Options())


def read_options(config: Mapping[str, Any]) -> Options:
    """Check the policy's block.

    Args:
        config: The block, or the block completed with the defaults.

    Raises:
        InvalidConfigException: With every problem, and what to write instead.
    """
    return rasa_options.read_options(Options, config, name="FrustrationPolicy")
