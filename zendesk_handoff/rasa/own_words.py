"""The words that a loaded bot has of its own for the plugin's responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor

from zendesk_handoff.domain.responses import has_words, is_built_in


def has_own(
    processor: MessageProcessor,
    response: str,
    *,
    channel: str | None = None,
    slots: Mapping[str, Any] | None = None,
) -> bool:
    """Tell whether the bot has words of its own for a response, and for a channel and slots.

    An NLG server decides for itself; else the built-in words that the importer has put into the
    domain are as good as none.

    Args:
        processor: The loaded bot's.
        response: ``utter_…``.
        channel: The name of the user's channel; any by default.
        slots: The user's, if they are known.
    """
    variations = processor.domain.responses.get(response)
    if variations is None or type(processor.nlg) is not TemplatedNaturalLanguageGenerator:
        return variations is not None
    if is_built_in(response, variations):
        return False
    return channel is None or has_words(variations, channel=channel, slots=slots)
