"""The recogniser of requests for a person, as one line of a Rasa pipeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from zendesk_handoff import wish
from zendesk_handoff.rasa import prediction
from zendesk_handoff.rasa.model_files import read_json, write_json
from zendesk_handoff.rasa.options import read_options
from zendesk_handoff.settings.schema import setting
from zendesk_handoff.settings.values import by_name, matching
from zendesk_handoff.wish import REQUESTS, Kind, Wish
from zendesk_handoff.wish.features import split_words

log = structlog.get_logger(__name__)
prediction.register()

#: What the other intents of the ranking have together where a request is sure. The distance to the
#: first is then above every ambiguity threshold, and the first above every threshold, that a
#: FallbackClassifier may have.
REST = 0.01

_NO_INTENT = {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}

#: The key of the parsed message with the kind of request, and the words that speak for it.
DETAILS = "handoff_request"

EXCEPTIONS_FILE = "exceptions.json"
#: Requests among the examples of another intent, from which on it seems to be for them.
MANY = 3


_intent_name = matching(r"[^\s/(){}@\[\]]+", "must be the name of an intent, such as human_handoff")


@dataclass(frozen=True)
class Options:
    """The options of the component."""

    intent: str = setting(
        _intent_name,
        "The intent for a request for a person; name your own where your bot has one.",
        default="human_handoff",
    )
    intents: Mapping[str, str] | None = setting(
        by_name([kind.value for kind in Kind if kind is not Kind.OTHER], _intent_name),
        "Intents for single kinds: another than `intent` for a kind of request, or one for a kind"
        " that is none, such as `number: contact_support`.",
        default=None,
        example="`{number: contact_support}`",
        shown="none",
    )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class HandoffRecognizer(IntentClassifier, GraphComponent):
    """Sets the intent for a request for a person where one is sure; else changes nothing.

    Beside the intent the parsed message then has `handoff_request`: the kind of request, the words
    that speak for it, and the language.

    Needs no training data, no other component and no network. Goes after the bot's own classifiers;
    last in the pipeline it also overrules a FallbackClassifier. Training only notes the examples of
    the other intents: such a message is never taken for a request.
    """

    def __init__(
        self,
        options: Options,
        storage: ModelStorage,
        resource: Resource,
        *,
        exceptions: Collection[str] = (),
    ) -> None:
        """Keep the options and the place in the model.

        Args:
            options: The options.
            storage: The model's storage.
            resource: The component's part of it.
            exceptions: Messages that are no request, as `_plain` writes them.
        """
        self._intent = options.intent
        self._intents = {
            **dict.fromkeys(REQUESTS, options.intent),
            **{Kind(kind): intent for kind, intent in (options.intents or {}).items()},
        }
        self._storage = storage
        self._resource = resource
        self._exceptions = frozenset(exceptions)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the default of each option."""
        return asdict(Options())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> HandoffRecognizer:
        """Make the component from its block in ``config.yml``.

        Raises:
            InvalidConfigException: With every problem of the block, and what to write instead.
        """
        options = read_options(Options, config, name="HandoffRecognizer")
        return cls(options, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> HandoffRecognizer:
        """Load the component from a trained model.

        Raises:
            InvalidConfigException: With every problem of the block, and what to write instead.
        """
        options = read_options(Options, config, name="HandoffRecognizer")
        exceptions = read_json(model_storage, resource, EXCEPTIONS_FILE)
        return cls(options, model_storage, resource, exceptions=exceptions)

    def train(self, training_data: TrainingData) -> Resource:
        """Note the examples of the other intents, and store them with the model."""
        others = [
            (example.get(INTENT), example.get(TEXT))
            for example in training_data.intent_examples
            if example.get(TEXT) and example.get(INTENT) != self._intent
        ]
        _report_intents_of_requests(
            (intent, text) for intent, text in others if intent not in self._intents.values()
        )
        self._exceptions = frozenset(_plain(text) for _, text in others)
        write_json(self._storage, self._resource, EXCEPTIONS_FILE, sorted(self._exceptions))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the intent first in the ranking of each message that surely asks for a person."""
        for message in messages:
            if message.get(INTENT) is None:
                # As Rasa has it at the end; a FallbackClassifier fails on a message without.
                message.set(INTENT, dict(_NO_INTENT), add_to_output=True)
            text = message.get(TEXT) or ""
            # Buttons and other payloads name their intent themselves.
            if not text.lstrip().startswith(INTENT_MESSAGE_PREFIX):
                self._decide(message, wish.read(text))
        return messages

    def _decide(self, message: Message, found: Wish) -> None:
        intent = self._intents.get(found.kind)
        if intent is None or _plain(message.get(TEXT)) in self._exceptions:
            return
        others = [each for each in _ranking_of(message) if each[INTENT_NAME_KEY] != intent]
        decided = {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: 1.0}
        message.set(INTENT, dict(decided), add_to_output=True)
        message.set(INTENT_RANKING_KEY, [decided, *_scaled(others)], add_to_output=True)
        details = {"kind": found.kind.value, "why": found.why, "language": found.language}
        message.set(DETAILS, details, add_to_output=True)


def _plain(text: str) -> str:
    """Write a message without capitals and punctuation."""
    return " ".join(split_words(text).tokens)


def _report_intents_of_requests(examples: Iterable[tuple[str, str]]) -> None:
    """Warn of each intent whose examples are mostly requests: the bot's own for the purpose."""
    read: defaultdict[str, list[bool]] = defaultdict(list)
    for intent, text in examples:
        read[intent].append(wish.read(text).is_sure)
    for intent, requests in read.items():
        if sum(requests) >= MANY and sum(requests) > len(requests) / 2:
            log.warning(
                "handoff.recognizer.other_intent",
                intent=intent,
                examples=sum(requests),
                help="If this is your intent for a request for a person, write"
                f" `intent: {intent}` below HandoffRecognizer in config.yml.",
            )


def _ranking_of(message: Message) -> list[Mapping[str, Any]]:
    """List what the classifiers before think; some set an intent without a ranking."""
    ranking = message.get(INTENT_RANKING_KEY) or [message.get(INTENT)]
    return [each for each in ranking if each.get(INTENT_NAME_KEY)]


def _scaled(others: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Scale confidences in proportion, so that they add up to `REST` at most."""
    confidences = [float(each.get(PREDICTED_CONFIDENCE_KEY) or 0.0) for each in others]
    factor = REST / max(sum(confidences), 1)
    return [
        {**each, PREDICTED_CONFIDENCE_KEY: confidence * factor}
        for each, confidence in zip(others, confidences, strict=True)
    ]
