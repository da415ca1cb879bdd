"""Payloads of buttons, as people read them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rasa.shared.core.events import BotUttered, Event

from zendesk_handoff.domain.dialogue import buttons_in
from zendesk_handoff.domain.foreign_values import mapping_of, text_of

#: A payload in Rasa's own form (Rasa's page "Responses", "Buttons":
#: https://rasa.com/docs/rasa/responses#buttons): an intent, its confidence, and entities as JSON.
_PAYLOAD = re.compile(r"/(?P<intent>[^\s{}@]+)(?:@[0-9.]+)?\s*(?P<entities>\{.*)?", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([^{}\s]+)\}")
_MAX_WORDS = 500


def title_of(events: Sequence[Event], payload: str) -> str | None:
    """Find the title of the button with a payload that the bot has shown last.

    Args:
        events: Of the conversation, in order.
        payload: As the channel has passed it on.
    """
    payload = payload.strip()
    for event in reversed(events):
        if not isinstance(event, BotUttered):
            continue
        for button in buttons_in(mapping_of(event.data)):
            if text_of(button.get("payload")) == payload and (
                title := text_of(button.get("title"))
            ):
                return title
    return None


def payload_in_words(
    text: str, *, known: Callable[[str], bool] = lambda intent: "/" not in intent
) -> str | None:
    """Write a payload in words: ``/order_status{"order": "10234"}`` as ``order status: 10234``.

    Args:
        text: What the user has sent.
        known: Tells whether the bot has an intent; without entities, the text is taken for a
            payload only then.

    Returns:
        The words; ``None`` if the text is no payload.
    """
    match = _PAYLOAD.fullmatch(text.strip())
    if match is None:
        return None
    # A retrieval intent is written as faq/opening_hours, and the domain has faq.
    if not (match["entities"] or known(match["intent"]) or known(match["intent"].split("/")[0])):
        return None
    intent = re.sub(r"[_\W]+", " ", match["intent"]).strip()
    try:
        values = list(_scalars(json.loads(match["entities"] or "{}")))
    except (ValueError, RecursionError):
        values = []
    words = f"{intent}: {', '.join(values)}" if values else intent
    return words[:_MAX_WORDS] or None


def needs_slots(variations: Iterable[Any], values: Mapping[str, str]) -> bool:
    """Tell whether a response of the domain depends on slots.

    Args:
        variations: Of the response, as the domain has them.
        values: The variables that are given besides the slots.
    """
    return any(
        "condition" in each or set(_PLACEHOLDER.findall(str(each))) - set(values)
        for each in variations
    )


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _scalars(each)
    elif isinstance(value, list):
        for each in value:
            yield from _scalars(each)
    elif value is not None and not isinstance(value, bool) and str(value).strip():
        yield " ".join(str(value).split())
