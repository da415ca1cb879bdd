"""A look into the bot's own rules and stories: how they answer an intent, what they use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, RULE_SNIPPET_ACTION_NAME
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.training_data.structures import STORY_START, RuleStep, StoryStep

HANDOFF = "action_human_handoff"
#: Stands for a loop that is not known: the story begins at a checkpoint.
ANY_LOOP = "*"


@dataclass(frozen=True)
class Answer:
    """One place of a rule or story in which an intent is answered.

    Attributes:
        name: The rule's or story's.
        source: Its file.
        is_rule: Whether it is a rule.
        loop: The form that is active; ``None`` outside forms, ``ANY_LOOP`` where it is not known.
        is_general: Whether nothing else is asked for: no earlier turn, slot or entity.
        steps: What follows until the next message, in the form of a rule's steps.
    """

    name: str
    source: str
    is_rule: bool
    loop: str | None
    is_general: bool
    steps: tuple[dict[str, Any], ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions among the steps."""
        return tuple(step["action"] for step in self.steps if "action" in step)

    @property
    def hands_over(self) -> bool:
        """Whether the user is handed over in the end."""
        return HANDOFF in self.actions

    def __str__(self) -> str:
        """Name the place for a developer."""
        kind = "rule" if self.is_rule else "story"
        return f"the {kind} {self.name!r} in {self.source or 'the training data'}"


def answers_to(intent: str, steps: Iterable[StoryStep]) -> list[Answer]:
    """Find every place in which an intent is answered.

    Args:
        intent: The intent's name.
        steps: The bot's rules and stories.
    """
    return [found for step in steps for found in _answers_in(step, intent)]


def used_actions(steps: Iterable[StoryStep]) -> set[str]:
    """Collect the names of the actions in rules or stories."""
    return {
        event.action_name
        for step in steps
        for event in step.events
        if isinstance(event, ActionExecuted) and event.action_name
    }


def intents_after(action: str, steps: Iterable[StoryStep]) -> set[str]:
    """Collect the intents that rules and stories answer right after an action.

    Args:
        action: The action's name.
        steps: The bot's rules and stories.
    """
    found: set[str] = set()
    for step in steps:
        latest = None
        for event in step.events:
            if isinstance(event, ActionExecuted) and event.action_name != ACTION_LISTEN_NAME:
                latest = event.action_name
            elif isinstance(event, UserUttered):
                if latest == action:
                    found.add(event.intent_name or "")
                latest = None
    return found


def is_rule(step: StoryStep) -> bool:
    """Tell a rule from a story."""
    return isinstance(step, RuleStep)


def _answers_in(step: StoryStep, intent: str) -> Iterable[Answer]:
    loop = ANY_LOOP if any(each.name != STORY_START for each in step.start_checkpoints) else None
    events: list[Any] = step.events
    for at, event in enumerate(events):
        if isinstance(event, ActiveLoop):
            loop = event.name
        if isinstance(event, UserUttered) and event.intent_name == intent:
            yield Answer(
                name=step.block_name or "",
                source=step.source_name or "",
                is_rule=is_rule(step),
                loop=loop,
                is_general=is_rule(step) and not event.entities and _is_start(events[:at]),
                steps=tuple(_steps_of(events[at + 1 :])),
            )


def _is_start(events: Sequence[Any]) -> bool:
    """Tell whether a rule begins here: behind its conditions about forms and the dots of a rule."""
    has_dots = any(_is_dots(event) for event in events)
    return has_dots and all(_is_dots(event) or isinstance(event, ActiveLoop) for event in events)


def _is_dots(event: Any) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == RULE_SNIPPET_ACTION_NAME


def _steps_of(events: Sequence[Event]) -> Iterable[dict[str, Any]]:
    for event in events:
        if isinstance(event, UserUttered):
            return
        if isinstance(event, ActionExecuted):
            if event.action_name not in {None, ACTION_LISTEN_NAME, RULE_SNIPPET_ACTION_NAME}:
                yield {"action": event.action_name}
        elif isinstance(event, ActiveLoop):
            yield {"active_loop": event.name}
        elif isinstance(event, SlotSet):
            yield {"slot_was_set": [{event.key: event.value}]}
