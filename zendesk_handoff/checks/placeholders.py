"""The check that what a ticket's settings ask for by name is in the bot's domain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from zendesk_handoff.checks.archive import Model
from zendesk_handoff.checks.finding import Finding, fine, listed, warning
from zendesk_handoff.domain.form_answers import QUESTIONS
from zendesk_handoff.domain.ticket import SLOT_PREFIX, SYSTEM_FIELDS, KnownValues
from zendesk_handoff.settings import Connector, Settings

#: Slots that Rasa adds by itself; a model's domain need not list them (Rasa Open Source:
#: `Domain._add_default_slots`; Rasa Pro: `DEFAULT_SLOT_NAMES`, `SILENCE_SLOTS`, `LANGUAGE_SLOT`,
#: `ROUTE_TO_CALM_SLOT`).
_SLOTS_OF_RASA = frozenset(
    {
        *("requested_slot", "session_started_metadata", "knowledge_base_listed_objects"),
        *("knowledge_base_last_object", "knowledge_base_last_object_type"),
        *("flow_hashes", "mocked_datetime", "silence_timeout", "consecutive_silence_timeouts"),
        *("language", "route_session_to_calm"),
    }
)
_KNOWN_TO_THE_PLUGIN = frozenset(KnownValues.__annotations__)
#: Slots that come with the plugin's forms.
_ANSWERS = frozenset(slot for slots in QUESTIONS.values() for slot in slots)
#: Slots that the plugin reads where a bot has them; no importer brings them.
_OVERRIDES = frozenset(f"{SLOT_PREFIX}{each}" for each in (*SYSTEM_FIELDS, "tags", "fields"))
#: How near a name must be for a guess: `handoff_` alone makes no two names alike.
_NEAR = 0.75

#: The names of a domain, by the source that reads them.
_Names = Mapping[str, Collection[str]]


def check_placeholders(model: Model, settings: Settings) -> Iterator[Finding]:
    """Compare the names in the settings' tickets and routes with the model's domain.

    What the plugin knows is always there, and a client may send metadata of any name.

    Args:
        model: The model; its domain has what the importer brings.
        settings: The plugin's.
    """
    domain = {
        "slot": model.names("slots") | _SLOTS_OF_RASA,
        "entity": model.names("entities"),
    }
    for connector in settings.connectors.values():
        check = f"ticket fields ({connector.id})"
        places = _places(connector)
        missing = [name for name in places if not _has(domain, name)]
        for name in missing:
            cause, cure = _advice(domain, name, has_flows_alone=model.has_flows_alone)
            yield warning(check, f"`{name}` of {listed(places[name])} is {cause}.", cure)
        if places and not missing:
            yield fine(check, f"The domain has {listed(places)}.")


def _places(connector: Connector) -> dict[str, list[str]]:
    """Find the settings that ask for each name of the bot's."""
    asked = [(name, f"ticket.{field}") for field, name in connector.ticket.placeholders()]
    for number, route in enumerate(connector.routes, 1):
        here = f"routes.{number}"
        asked += [(each.name, f"{here}.when") for each in route.when]
        asked += [(name, f"{here}.ticket.{field}") for field, name in route.ticket.placeholders()]
    found: dict[str, list[str]] = {}
    for name, place in dict.fromkeys(asked):
        if name not in _KNOWN_TO_THE_PLUGIN and not name.startswith("metadata."):
            found.setdefault(name, []).append(place)
    return found


def _parts(domain: _Names, name: str) -> tuple[list[str], str]:
    """Split a name into the sources that are asked in turn, and what they are asked for."""
    source, dot, key = name.partition(".")
    return ([source], key) if dot else ([*domain], name)


def _has(domain: _Names, name: str) -> bool:
    sources, key = _parts(domain, name)
    return any(key in domain[each] for each in sources)


def _advice(domain: _Names, name: str, *, has_flows_alone: bool) -> tuple[str, str]:
    """Tell what a name is not, and the cure."""
    sources, key = _parts(domain, name)
    if key in _ANSWERS and has_flows_alone:  # no form asks for it there
        cure = "Declare the slot, let a flow collect it, and train again (rasa train)."
    elif key in _ANSWERS:
        cure = "Use HandoffImporter, which brings it, and train again (rasa train)."
    elif key in _OVERRIDES:
        cure = "Declare the slot in the domain, set it in an action, and train again (rasa train)."
    else:
        cure = _guess(domain, sources, key)
    if len(sources) == 1:
        return f"no {sources[0]} of the domain", cure
    if not key.startswith(SLOT_PREFIX):  # those are never read from metadata
        cure += f" If clients send it, write `{{metadata.{key}}}`."
    return "neither a slot nor an entity of the domain", cure


def _guess(domain: _Names, sources: list[str], key: str) -> str:
    near = [f"{each}.{key}" for each in domain if key in domain[each]]
    if not near:
        known = {each for source in sources for each in domain[source]}
        known |= _OVERRIDES if "slot" in sources else set()
        near = get_close_matches(key, sorted(known), n=3, cutoff=_NEAR)
    if near:
        return f"Did you mean {' or '.join(f'`{each}`' for each in near)}?"
    return "Correct it, or add it to the domain and train again (rasa train)."
