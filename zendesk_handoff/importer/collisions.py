"""Where a bot's own files and a handover get into each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rasa.shared.core.domain import Domain
from rasa.shared.core.slots import AnySlot, CategoricalSlot, TextSlot

from zendesk_handoff.importer.domain import SLOTS
from zendesk_handoff.importer.rules import blocks_request, general_rule
from zendesk_handoff.importer.stories import ANY_LOOP, HANDOFF, Answer
from zendesk_handoff.wish import LANGUAGES


@dataclass(frozen=True)
class Collision:
    """Something of the bot's that is kept, and keeps a handover from working.

    Attributes:
        kind: ``rule``, ``story``, ``form``, ``slot`` or ``intent``.
        name: The rule's, story's, form's, slot's or intent's name.
        cause: What is the matter, in a sentence.
        cure: What to do, in a sentence.
    """

    kind: str
    name: str
    cause: str
    cure: str


def find_collisions(
    answers: list[Answer], domain: Domain, *, asks_first: bool, hears_request: bool, language: str
) -> list[Collision]:
    """List what of the bot's keeps a handover from working.

    Args:
        answers: The bot's own answers to the request.
        domain: The bot's own domain.
        asks_first: Whether other rules or stories of the bot hand over: it may ask a question back
            before, which is no collision.
        hears_request: Whether anything in the pipeline recognises the request.
        language: The bot's language.
    """
    found = [*_slots(domain)]
    if not asks_first:
        found += [*_answers(answers), *_forms(answers)]
    if not hears_request:
        found.append(
            Collision(
                "intent",
                "human_handoff",
                "Nothing in the pipeline hears the request for a person: there is no "
                f"HandoffRecognizer that knows the bot's language ({language}), and the intent has "
                "no examples.",
                f"Write examples of the intent; in {', '.join(LANGUAGES)} `recognizer: true` or "
                "`examples: true` in the importer's block will do.",
            )
        )
    return list(dict.fromkeys(found))


def _answers(answers: Iterable[Answer]) -> Iterator[Collision]:
    """Find rules and stories because of which the request is not answered at any time."""
    for answer in answers:
        if not blocks_request(answer) or answer.hands_over:
            continue
        yield Collision(
            "rule" if answer.is_rule else "story",
            answer.name,
            f"In {answer} the request for a person is answered with {_listed(answer)}, and "
            f"{HANDOFF} is not run.",
            f"Delete it or end it with {HANDOFF}; or set `replace: true` in the importer's "
            "block, which leaves it out of the training (zendesk-handoff init --replace).",
        )


def _forms(answers: list[Answer]) -> Iterator[Collision]:
    """Find forms in which the bot's own rule does not hand over."""
    general = general_rule(answers)
    if general is not None and not general.hands_over:
        return  # reported already, and it answers in forms as well
    for answer in answers:
        if answer.loop not in {None, ANY_LOOP} and not answer.hands_over:
            yield Collision(
                "form",
                str(answer.loop),
                f"In the form {answer.loop}, {answer} answers the request for a person with "
                f"{_listed(answer)}, and {HANDOFF} is not run.",
                f"Delete it or end it with {HANDOFF}, if users are to get a person there.",
            )


def _slots(domain: Domain) -> Iterator[Collision]:
    """Find slots that cannot hold what the plugin writes."""
    for slot in domain.slots:
        if slot.name in SLOTS and not isinstance(slot, (TextSlot, AnySlot, CategoricalSlot)):
            yield Collision(
                "slot",
                slot.name,
                f"The slot {slot.name} is of the type {slot.type_name}, and the plugin keeps texts "
                "in it.",
                "Make it `type: text`, or delete it: the importer brings it.",
            )


def _listed(answer: Answer) -> str:
    return ", ".join(answer.actions) or "nothing that can be seen there"
