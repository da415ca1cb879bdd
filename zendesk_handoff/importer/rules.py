"""The rules of a handover, as far as the bot has none of its own.

Rasa refuses to train where a rule contradicts another one or a story, so that a rule is only added
where the bot says nothing about its case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.training_data.structures import StoryStep

from zendesk_handoff.domain.form_answers import CONTACT_FORM, MESSAGE_FORM
from zendesk_handoff.domain.responses import DECLINED, OFFER, OFFER_MESSAGE
from zendesk_handoff.importer.stories import (
    ANY_LOOP,
    HANDOFF,
    Answer,
    answers_to,
    intents_after,
    used_actions,
)

Rule = dict[str, Any]
_OFFERS = {OFFER: "The offer of a person", OFFER_MESSAGE: "The offer to take a message"}
#: What follows each form of the plugin, whether it was filled or left.
_AFTER = {CONTACT_FORM: HANDOFF, MESSAGE_FORM: "action_handoff_message"}


@dataclass(frozen=True)
class Names:
    """The bot's intents that a handover needs.

    Attributes:
        request: The request to talk to a person.
        affirm: "Yes" to the offer; ``None`` if nothing is offered.
        deny: "No" to it.
    """

    request: str
    affirm: str | None
    deny: str | None


def make_rules(
    names: Names, *, steps: Sequence[StoryStep], forms: Iterable[str], responses: Iterable[str]
) -> list[Rule]:
    """Write the rules that the bot lacks, in the form of a rules file.

    Args:
        names: The bot's intents.
        steps: Its own rules and stories.
        forms: Its forms.
        responses: The plugin's responses.
    """
    answers = answers_to(names.request, steps)
    with_contact = dict.fromkeys((*forms, CONTACT_FORM))
    rules = [*_request(names.request, answers), *_forms(names.request, answers, with_contact)]
    for offer, name in _OFFERS.items():
        rules += _offer(offer, name, names, intents_after(offer, steps))
    used = used_actions(steps)
    rules += [_done(form, action) for form, action in _AFTER.items() if form not in used]
    used |= {step["action"] for rule in rules for step in _actions(rule)}
    return rules + [_listen(response) for response in responses if response not in used]


def general_rule(answers: Iterable[Answer]) -> Answer | None:
    """Find the bot's own rule for an intent at any time."""
    rules = (one for one in answers if one.is_general and one.loop is None)
    return next(rules, None)


def blocks_request(answer: Answer) -> bool:
    """Tell whether a rule that hands over at once would contradict the bot's answer.

    A rule of the bot that asks for more, such as a form or an earlier turn, goes before a general
    one. A story never does; one that is inside a form gets a rule for the form.

    Args:
        answer: An answer to the request.
    """
    if answer.is_rule:
        return answer.is_general and answer.loop is None
    if answer.loop in {None, ANY_LOOP}:
        return answer.actions[:1] != (HANDOFF,)
    return not answer.steps


def _request(request: str, answers: Sequence[Answer]) -> Iterable[Rule]:
    stories = [answer for answer in answers if not answer.is_rule]
    torn = any(len(_ways(stories, answer.loop)) > 1 for answer in stories)
    if not torn and not any(blocks_request(answer) for answer in answers):
        yield _rule("A person is asked for", [{"intent": request}, {"action": HANDOFF}])


def _forms(request: str, answers: Sequence[Answer], forms: Iterable[str]) -> Iterable[Rule]:
    """Leave each form on the request, and go on as the bot does outside forms or in its stories."""
    own = general_rule(answers)
    if own is not None and not own.hands_over:
        return  # the bot's own answer interrupts its forms, too
    following = own.steps if own is not None else ({"action": HANDOFF},)
    leave = ({"action": "action_deactivate_loop"}, {"active_loop": None}, *following)
    ruled = {answer.loop for answer in answers if answer.is_rule}
    for form in forms:
        ways = _ways(answers, form) or [leave]
        if form != MESSAGE_FORM and not ruled & {form, ANY_LOOP} and len(ways) == 1 and ways[0]:
            yield _rule(
                f"A person is asked for in {form}",
                [{"intent": request}, *ways[0]],
                condition=[{"active_loop": form}],
            )


def _ways(answers: Iterable[Answer], form: str | None) -> list[tuple[dict[str, Any], ...]]:
    """List in how many ways the bot answers in a form, or may do so."""
    if form in {None, ANY_LOOP}:
        return []
    found: list[tuple[dict[str, Any], ...]] = []
    for answer in answers:
        if answer.loop in {form, ANY_LOOP} and answer.steps not in found:
            found.append(answer.steps)
    return found


def _offer(offer: str, name: str, names: Names, answered: set[str]) -> Iterable[Rule]:
    for intent, action in ((names.affirm, HANDOFF), (names.deny, DECLINED)):
        if intent is not None and intent not in answered:
            steps = [{"action": offer}, {"intent": intent}, {"action": action}]
            yield _rule(f"{name} is answered with {intent}", steps)


def _done(form: str, action: str) -> Rule:
    steps: list[dict[str, Any]] = [
        {"action": form},
        {"active_loop": None},
        {"slot_was_set": [{REQUESTED_SLOT: None}]},
        {"action": action},
    ]
    return _rule(f"{form} is done", steps, condition=[{"active_loop": form}])


def _listen(response: str) -> Rule:
    """Name a response that no rule predicts, which `rasa data validate` would report as unused."""
    return _rule(f"Listen after {response}", [{"action": response}])


def _rule(name: str, steps: list[dict[str, Any]], **more: Any) -> Rule:
    return {"rule": name, **more, "steps": steps}


def _actions(rule: Rule) -> Iterable[dict[str, Any]]:
    return (step for step in rule["steps"] if "action" in step)
