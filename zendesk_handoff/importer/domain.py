"""What a handover needs in a bot's domain, joined with what the bot has itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from rasa.shared.constants import IGNORED_INTENTS, REQUIRED_SLOTS_KEY
from rasa.shared.core.domain import Domain

from zendesk_handoff.domain.form_answers import CONTACT_FORM, MESSAGE_FORM, QUESTIONS
from zendesk_handoff.domain.responses import OFFER, OFFER_MESSAGE, responses_in
from zendesk_handoff.importer.examples import examples_of
from zendesk_handoff.importer.rules import Names
from zendesk_handoff.importer.stories import HANDOFF

ACTIONS = (HANDOFF, "action_end_handoff", "action_handoff_message")
#: Written by the plugin, read by rules and actions of the bot that want to.
SLOTS = (
    *("handoff_status", "handoff_reason", "handoff_end_reason", "handoff_opens", "workspace"),
    "handoff_contact",
    "handoff_outcome",
)
#: The answers to the questions of the plugin's forms.
ANSWERS = tuple(dict.fromkeys(slot for slots in QUESTIONS.values() for slot in slots))
#: Run by the forms themselves.
FORM_ACTIONS = (
    *(f"validate_{form}" for form in QUESTIONS),
    *(f"action_ask_{slot}" for slot in ANSWERS),
)
#: Slots that say nothing about the next turn: the rules decide by intents alone.
_SLOT: Mapping[str, Any] = {
    "type": "text",
    "influence_conversation": False,
    "mappings": [{"type": "custom"}],
}


def _slot(name: str) -> dict[str, Any]:
    asked_in = [form for form, slots in QUESTIONS.items() if name in slots]
    if not asked_in:
        return deepcopy(dict(_SLOT))
    conditions = [{"active_loop": form, "requested_slot": name} for form in asked_in]
    return {**_SLOT, "mappings": [{"type": "from_text", "conditions": conditions}]}


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
        "actions": [name for name in (*ACTIONS, *FORM_ACTIONS) if name not in domain.user_actions],
        "slots": {
            name: _slot(name) for name in (*SLOTS, *ANSWERS) if name not in _names(domain.slots)
        },
        "responses": {
            name: variations
            for name, variations in responses(names, language=language).items()
            if name not in domain.responses
        },
        "forms": _own_forms(names.request, domain),
        "changed_forms": forms_with(names.request, domain.forms),
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
        for offer in (OFFER, OFFER_MESSAGE):
            found[offer][0].setdefault(
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
        if name == MESSAGE_FORM:
            continue  # a message may well ask for a person
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


def _own_forms(request: str, domain: Domain) -> dict[str, Any]:
    """Return the plugin's forms that the bot has not."""
    ignored = {CONTACT_FORM: {IGNORED_INTENTS: [request]}, MESSAGE_FORM: {}}
    return {
        form: {REQUIRED_SLOTS_KEY: list(slots), **ignored[form]}
        for form, slots in QUESTIONS.items()
        if form not in domain.forms
    }


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
    found["forms"].update(deepcopy(added["changed_forms"]))
    return Domain.from_dict(found)


def _names(slots: Iterable[Any]) -> set[str]:
    return {slot.name for slot in slots}
