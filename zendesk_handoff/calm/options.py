"""The command generator's options in ``config.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from zendesk_handoff.frustration.options import InterventionOptions
from zendesk_handoff.rasa import options as rasa_options
from zendesk_handoff.settings.schema import setting
from zendesk_handoff.settings.values import matching, yes_or_no

_FLOW_ID = matching(
    r"[A-Za-z0-9_][A-Za-z0-9_-]*", "must be the id of a flow, such as human_handoff"
)


@dataclass(frozen=True)
class Options(InterventionOptions):
    """The options of a bot's designer."""

    recognizer: bool = setting(
        yes_or_no,
        "Whether a message that is surely a request for a person starts `flow` at once; `false` "
        "leaves requests to the language model, which reads the flow's description.",
        default=True,
    )
    flow: str = setting(_FLOW_ID, "The flow that hands over.", default="human_handoff")
    offer_flow: str = setting(
        _FLOW_ID, "The flow that asks a user first.", default="human_handoff_offer"
    )


#: Every option with its default.
DEFAULTS: dict[str, Any] = asdict(Options())


def read_options(config: Mapping[str, Any]) -> Options:
    """Check the generator's block.

    Args:
        config: The block, or the block completed with the defaults.

    Raises:
        InvalidConfigException: With every problem, and what to write instead.
    """
    return rasa_options.read_options(Options, config, name="HandoffCommandGenerator")
