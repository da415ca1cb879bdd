"""The check that no form takes a request for a person for the answer to its question."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_handoff.checks.archive import Model
from zendesk_handoff.checks.finding import Finding, fine, listed, problem
from zendesk_handoff.domain.form_answers import CONTACT_FORM, MESSAGE_FORM
from zendesk_handoff.settings import Settings


def check_forms(model: Model, intent: str, add: str) -> Iterator[Finding]:
    """S6: a slot that takes any text takes the request for a person, too.

    Args:
        model: The model.
        intent: The intent of the request for a person.
        add: The cure where the bot lacks what the importer brings.
    """
    forms = model.domain.get("forms") or {}
    slots = model.domain.get("slots") or {}
    taking = []
    for name, form in forms.items():
        settings = form if isinstance(form, dict) else {}
        if name == MESSAGE_FORM or intent in _as_list(settings.get("ignored_intents")):
            continue
        required = [str(each) for each in _as_list(settings.get("required_slots"))]
        taking += [f"{each} of {name}" for each in required if _takes(slots.get(each), intent)]
    if taking:
        cause = f"A request for a person is taken for the answer to {listed(taking)}."
        cure = f"{add} Or add `ignored_intents: [{intent}]` to the form."
        yield problem("forms", cause, cure)
    elif forms:
        yield fine("forms", f"A request for a person is no answer to {listed(sorted(forms))}.")


def check_own_forms(model: Model, settings: Settings) -> Iterator[Finding]:
    """Check that the model has the plugin's forms for which the settings ask.

    Args:
        model: The model.
        settings: The plugin's.
    """
    has = model.domain.get("forms") or {}
    cure = "Use HandoffImporter, which brings it, and train again (rasa train)."
    if model.has_flows_alone:
        cure = (
            "A bot of flows has no forms: write `closed: bot`, and leave contact and ask_topic "
            "out; a flow may collect what the agents are to know."
        )
    for connector in settings.connectors.values():
        takes_message = connector.closed == "message" and connector.hours.opening_hours()
        asks = connector.ask_topic or connector.contact != "never"
        for form, is_needed in ((MESSAGE_FORM, takes_message), (CONTACT_FORM, asks)):
            if is_needed and form not in has:
                cause = f"The settings of {connector.id} need the form {form}; the model has none."
                yield problem("forms", cause, cure)


def _takes(slot: object, intent: str) -> bool:
    mappings = slot.get("mappings") if isinstance(slot, dict) else None
    for mapping in mappings or ():
        if isinstance(mapping, dict) and mapping.get("type") == "from_text":
            only, never = _as_list(mapping.get("intent")), _as_list(mapping.get("not_intent"))
            if intent not in never and (not only or intent in only):
                return True
    return False


def _as_list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
