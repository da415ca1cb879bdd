"""The seam in prediction: the plugin's words are not guessed, and each form hears the request.

A policy that guesses, such as TEDPolicy, knows every response of the domain and may say "{agent}
has joined the chat." by itself. And a form goes before the rules as long as it finds something to
fill in, which a form with a ``validate_…`` of its own can always do.

Both are decided where the policies' predictions come together. The recipe's graph for prediction is
changed once, at training: the trained model names the two classes below, so that they are there
wherever it is loaded, in ``rasa run``, ``rasa shell`` and ``rasa test``, and Rasa itself is left
alone then.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from rasa.core.policies import rule_policy
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.graph import SchemaNode
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_NAME_KEY

from zendesk_handoff.bounds import check_bounds, check_defined
from zendesk_handoff.domain.form_answers import MESSAGE_FORM, QUESTIONS
from zendesk_handoff.domain.responses import responses_in

#: Key of a configuration under which the importer tells the seam what it knows.
_KEY = "zendesk_handoff"
_REQUEST = "human_handoff"
#: The plugin's actions and forms, which no policy guesses unless the bot's stories use them.
ACTIONS = frozenset(
    {"action_human_handoff", "action_end_handoff", "action_handoff_message", *QUESTIONS}
)
#: Policies that predict what somebody has written down for them.
_CERTAIN = frozenset(
    {
        rule_policy.RulePolicy.__name__,
        MemoizationPolicy.__name__,
        AugmentedMemoizationPolicy.__name__,
        "FrustrationPolicy",
    }
)

Graph = dict[str, SchemaNode]


class HandoffEnsemble(DefaultPolicyPredictionEnsemble):
    """Rasa's choice among the policies' predictions, without guesses at the plugin's actions."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Keep the actions that no policy may guess.

        Args:
            config: ``learnt``: those actions of the plugin that the bot's stories use, so that a
                policy has learnt when to take them.
        """
        self._unguessable = (ACTIONS - set(config["learnt"])) | set(responses_in(None))

    @classmethod
    def create(cls, config: dict[str, Any], *_: Any, **__: Any) -> HandoffEnsemble:
        """Create the ensemble from its node's configuration."""
        return cls(config)

    def combine_predictions(
        self,
        predictions: list[PolicyPrediction],
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> PolicyPrediction:
        """Choose a prediction.

        Args:
            predictions: One of each policy.
            tracker: The conversation.
            domain: The bot's domain.
        """
        for prediction in predictions:
            if prediction.policy_name not in _CERTAIN:
                for at, action in enumerate(domain.action_names_or_texts):
                    if action in self._unguessable:
                        prediction.probabilities[at] = 0.0
        return super().combine_predictions(predictions, tracker, domain)


class RulePolicy(rule_policy.RulePolicy):
    """Rasa's RulePolicy, in which rules answer the request for a person before an active form.

    It has the same name as Rasa's, which stands in trackers and reports.
    """

    def _find_action_from_loop_happy_path(
        self, tracker: DialogueStateTracker
    ) -> tuple[str | None, str | None]:
        if self._is_request_unanswered(tracker):
            return None, None
        found: tuple[str | None, str | None] = super()._find_action_from_loop_happy_path(tracker)
        return found

    def _is_request_unanswered(self, tracker: DialogueStateTracker) -> bool:
        """Tell whether the last message is the request, and the form has not been run on it."""
        message, loop = tracker.latest_message, tracker.active_loop_name
        # What is said in a message for the agents is the message.
        if loop is None or loop == MESSAGE_FORM or message is None:
            return False
        if message.intent.get(INTENT_NAME_KEY) != self.config[_KEY]:
            return False
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered):
                return True
            if isinstance(event, ActionExecuted) and event.action_name == loop:
                return False
        return True


def remember(config: Mapping[str, Any], *, intent: str, learnt: Iterable[str]) -> dict[str, Any]:
    """Note in a configuration what the seam needs of a bot.

    Args:
        config: The configuration that goes into the recipe.
        intent: The bot's intent for the request.
        learnt: The plugin's actions that the bot's stories use.
    """
    return {**config, _KEY: {"intent": intent, "learnt": sorted(learnt)}}


def register() -> None:
    """Let the recipe build the graph with the two classes, in this process.

    Raises:
        UnsupportedEnvironment: This Rasa builds its graph otherwise.
    """
    if vars(DefaultV1Recipe).get("_create_predict_nodes") is _create_predict_nodes:
        return
    check_bounds()
    check_defined(DefaultV1Recipe, "_create_predict_nodes")
    DefaultV1Recipe._create_predict_nodes = _create_predict_nodes


_rasa_create_predict_nodes: Any = getattr(DefaultV1Recipe, "_create_predict_nodes", None)


def _create_predict_nodes(
    recipe: DefaultV1Recipe, config: dict[str, Any], *arguments: Any, **values: Any
) -> Graph:
    nodes: Graph = _rasa_create_predict_nodes(recipe, config, *arguments, **values)
    known = config.get(_KEY) or {"intent": _intent_of(config), "learnt": sorted(ACTIONS)}
    return {name: _replace(node, known) for name, node in nodes.items()}


def _replace(node: SchemaNode, known: Mapping[str, Any]) -> SchemaNode:
    # A class of the bot's own that extends Rasa's is left alone.
    if node.uses is DefaultPolicyPredictionEnsemble:
        config = {**node.config, "learnt": known["learnt"]}
        return dataclasses.replace(node, uses=HandoffEnsemble, config=config)
    if node.uses is rule_policy.RulePolicy:
        config = {**node.config, _KEY: known["intent"]}
        return dataclasses.replace(node, uses=RulePolicy, config=config)
    return node


def _intent_of(config: Mapping[str, Any]) -> str:
    """Find the intent for the request in the lines of a bot that has them without the importer."""
    lines = [*(config.get("pipeline") or []), *(config.get("policies") or [])]
    named = [
        line["intent"]
        for line in lines
        if str(line.get("name")).endswith(("HandoffRecognizer", "FrustrationPolicy"))
        and line.get("intent")
    ]
    return str(named[0]) if named else _REQUEST
