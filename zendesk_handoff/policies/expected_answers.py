"""Answers that the bot's stories and rules expect after an action, such as a question of the bot's.

The designer of the bot has written down what follows there: "terrible" is then the answer to "How
are you?", and no word about the bot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    RULE_SNIPPET_ACTION_NAME,
)
from rasa.shared.core.events import ActionExecuted, Event, UserUttered

from zendesk_handoff.rasa.model_files import read_json, write_json

#: An action, and the intent of the message after it.
Answer = tuple[str, str]

_FILE = "expected_answers.json"
#: They say nothing that a user could answer.
_SILENT = {ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, RULE_SNIPPET_ACTION_NAME, None}


def expected_answers(trackers: Iterable[Any]) -> frozenset[Answer]:
    """Collect the answers in the bot's stories and rules.

    A message that was not understood is no answer, whatever follows it.

    Args:
        trackers: Rasa's training trackers. Those that Rasa glues together of several stories are
            left out: nobody has written the place where they meet.
    """
    return frozenset(
        answer
        for tracker in trackers
        if not getattr(tracker, "is_augmented", False)
        for answer in _answers_in(tracker.events)
        if answer is not None
    )


def latest_answer(events: Iterable[Event]) -> Answer | None:
    """Read the user's last message as an answer; ``None`` if nothing was said before.

    Args:
        events: The last events, oldest first.
    """
    return next(iter(deque(_answers_in(events), maxlen=1)), None)


def store(answers: Iterable[Answer], storage: ModelStorage, resource: Resource) -> None:
    """Store answers with the model.

    Args:
        answers: The answers.
        storage: The model's storage.
        resource: The policy's part of it.
    """
    write_json(storage, resource, _FILE, sorted(answers))


def load(storage: ModelStorage, resource: Resource) -> frozenset[Answer]:
    """Load answers from a model; an older one has none.

    Args:
        storage: The model's storage.
        resource: The policy's part of it.
    """
    try:
        return frozenset((action, intent) for action, intent in read_json(storage, resource, _FILE))
    except ValueError:
        return frozenset()


def _answers_in(events: Iterable[Event]) -> Iterator[Answer | None]:
    """Yield one value for each message of the user."""
    before: str | None = None
    for event in events:
        if isinstance(event, UserUttered):
            intent = event.intent_name
            if before is None or intent in {None, DEFAULT_NLU_FALLBACK_INTENT_NAME}:
                yield None
            else:
                yield before, intent
            before = None
        elif isinstance(event, ActionExecuted) and event.action_name not in _SILENT:
            before = event.action_name
