"""What a handover needs in a bot's domain, joined with what the bot has itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from rasa.shared.constants import IGNORED_INTENTS, REQUIRED_SLOTS_KEY
from rasa.shared.core.domain import Domain

from zendesk_handoff.domain.responses import OFFER, responses_in
from zendesk_handoff.importer.examples import examples_of
from zendesk_handoff.importer.rules import Names
from zendesk_handoff.importer.stories import HANDOFF

ACTIONS = (HANDOFF, "action_end_handoff")
#: Written by the plugin, read by rules and actions of the bot that want to.
SLOTS = ("handoff_status", "handoff_reason", "handoff_end_reason", "workspace")

#: Slots that say nothing about the next turn: the rules decide by intents alone.
_SLOT: Mapping[str, Any] = {
    "type": "text",
    "influence_conversation": False,
    "mappings": [{"type": "custom"}],
}


def additions(domain: Domain, names: Names, *, language: str) -> dict[str, Any]:
    """List what the bot's domain lacks, in the form of a domain file.

    Args:
        domain: The bot's own.
        names: The intents of a handover.
        language: The bot's language.
    """
    intents = (names.request, names.affirm, names.deny)
    return {
        "intents": [name for name in intents if name and name not in domain.intents],
        "actions": [name for name in ACTIONS if name not in domain.user_actions],
        "slots": {
            name: deepcopy(dict(_SLOT)) for name in SLOTS if name not in _names(domain.slots)
        },
        "responses": {
            name: variations
            for name, variations in responses(names, language=language).items()
            if name not in domain.responses
        },
        "forms": forms_with(names.request, domain.forms),
    }


def responses(names: Names, *, language: str) -> dict[str, list[dict[str, Any]]]:
    """Return the plugin's responses; the offer has buttons for the bot's own intents.

    Args:
        names: The intents of a handover.
        language: The bot's language.
    """
    found = responses_in(language)
    if names.affirm and names.deny:
        titles = examples_of(language)
        found[OFFER][0].setdefault(
            "buttons",
            [
                {"title": titles["affirm"][0], "payload": f"/{names.affirm}"},
                {"title": titles["deny"][0], "payload": f"/{names.deny}"},
            ],
        )
    return found


def forms_with(request: str, forms: Mapping[str, Any]) -> dict[str, Any]:
    """Let each form ignore the request, so that it is no answer to the form's question.

    Args:
        request: The intent.
        forms: The bot's forms, as its domain has them.

    Returns:
        The forms that have to be changed.
    """
    found = {}
    for name, form in forms.items():
        ignored = (form or {}).get(IGNORED_INTENTS) or []
        ignored = [ignored] if isinstance(ignored, str) else list(ignored)
        if request not in ignored:
            found[name] = {
                **deepcopy(form or {}),
                # Rasa wants it beside `ignored_intents`.
                REQUIRED_SLOTS_KEY: (form or {}).get(REQUIRED_SLOTS_KEY) or [],
                IGNORED_INTENTS: [*ignored, request],
            }
    return found


def join(domain: Domain, added: Mapping[str, Any]) -> Domain:
    """Join a domain with what it lacks.

    Args:
        domain: The bot's own, which is left as it is.
        added: See `additions`.
    """
    found = deepcopy(domain.as_dict())
    for key in ("intents", "actions"):
        found[key] = [*(found.get(key) or []), *added[key]]
    for key in ("slots", "responses", "forms"):
        found[key] = {**(found.get(key) or {}), **deepcopy(added[key])}
    return Domain.from_dict(found)


def _names(slots: Iterable[Any]) -> set[str]:
    return {slot.name for slot in slots}
