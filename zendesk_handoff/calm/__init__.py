"""A handover in a CALM bot of Rasa Pro: flows, words, and a command generator.

Rasa Pro's classes are imported with ``HandoffCommandGenerator`` alone, so that ``zendesk-handoff
init`` and ``check`` can read the rest without it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from zendesk_handoff.bounds import check_bounds, refuse, require

if TYPE_CHECKING:
    from zendesk_handoff.calm.generator import HandoffCommandGenerator

__all__ = ["HandoffCommandGenerator"]


def __getattr__(name: str) -> Any:
    """Import the command generator.

    Raises:
        AttributeError: The package has no such name.
        MissingDependency: Rasa is not installed.
        UnsupportedEnvironment: It is Rasa Open Source, which has no CALM.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("rasa", extra="rasa", by=__name__)
    check_bounds()
    if find_spec("rasa.dialogue_understanding") is None:
        refuse(
            "HandoffCommandGenerator is for CALM bots of Rasa Pro; a bot of intents has "
            "zendesk_handoff.nlu.HandoffRecognizer and zendesk_handoff.policies.FrustrationPolicy "
            "for the same."
        )
    from zendesk_handoff.calm.generator import HandoffCommandGenerator

    return HandoffCommandGenerator
