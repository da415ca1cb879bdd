"""A Rasa policy that offers a human, or hands over, when the user is frustrated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.core.policies.rule_policy import DEFAULT_ACTION_MAPPINGS
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import (
    ACTION_DEACTIVATE_LOOP_NAME,
    ACTION_LISTEN_NAME,
    EXTERNAL_MESSAGE_PREFIX,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException

from zendesk_handoff import frustration
from zendesk_handoff.domain.dialogue import Dialogue, dialogue_from_events
from zendesk_handoff.domain.responses import OFFER, OFFER_MESSAGE
from zendesk_handoff.frustration import Frustration
from zendesk_handoff.policies import expected_answers
from zendesk_handoff.policies.expected_answers import Answer, latest_answer
from zendesk_handoff.policies.options import DEFAULTS, read_options
from zendesk_handoff.rasa import hours, prediction
from zendesk_handoff.rasa.compat import is_paused
from zendesk_handoff.rasa.explanation import REASON_SLOT, Explanation, is_reason_stale
from zendesk_handoff.rasa.turn_context import (
    TurnContext,
    is_asking,
    is_session_open,
    latest_events,
    read_turn_context,
)

log = structlog.get_logger(__name__)
prediction.register()

HANDOFF = "action_human_handoff"
_ACTIONS = {"offer": OFFER, "escalate": HANDOFF}
#: Rasa itself answers /restart and the like.
_IGNORED_INTENTS = frozenset(DEFAULT_ACTION_MAPPINGS)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class FrustrationPolicy(Policy):
    """Score each message of the user once, right after it; offer a human or hand over.

    The policy also predicts the actions around its own: it deactivates a form that is asking
    before, and listens afterwards, so that no rule of the bot needs to know the policy. Rules
    answer a "yes" or "no" to the offer. Training only notes which answers the bot's stories and
    rules expect after which action.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return every option with its default."""
        return dict(DEFAULTS)

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> None:
        """Check the options.

        Raises:
            InvalidConfigException: An option is unknown or has an impossible value.
        """
        self.options = read_options(config)
        self._expected: frozenset[Answer] = frozenset()
        super().__init__(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> FrustrationPolicy:
        """Load the policy from a trained model."""
        policy = cls(config, model_storage, resource, execution_context)
        policy._expected = expected_answers.load(model_storage, resource)
        return policy

    def train(self, training_trackers: Iterable[Any], domain: Domain, **_: Any) -> Resource:
        """Note the expected answers, and check that the domain has the action of the mode.

        Args:
            training_trackers: The bot's stories and rules.
            domain: The bot's domain.

        Raises:
            InvalidConfigException: The domain lacks the action.
        """
        action = _ACTIONS[self.options.mode]
        if action not in domain.action_names_or_texts:
            kind = "responses" if action == OFFER else "actions"
            raise InvalidConfigException(
                f"FrustrationPolicy in mode {self.options.mode} predicts {action}: "
                f"add it to the {kind} in domain.yml."
            )
        self._expected = expected_answers.expected_answers(training_trackers)
        expected_answers.store(self._expected, self._model_storage, self._resource)
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **_: Any,
    ) -> PolicyPrediction:
        """Predict the offer or the handover if the user is frustrated, else nothing.

        Args:
            tracker: The conversation.
            domain: The bot's domain.
            rule_only_data: Not used.
        """
        messages = max(self.options.window, self.options.cooldown) + 3
        events = latest_events(tracker.events, messages=messages)
        turn = read_turn_context(events)
        if explanation := Explanation.latest(turn.actions):
            return self._continue(explanation, turn, domain)
        if self._may_act(tracker, turn):
            dialogue = dialogue_from_events(
                (event.as_dict() for event in events), slots=tracker.current_slot_values()
            )
            is_answer = turn.answer_taken or latest_answer(events) in self._expected
            found = self._score(dialogue, is_answer=is_answer)
            if found.escalate and (wanted := self._wanted(tracker, domain)) is not None:
                return self._intervene(wanted, found, dialogue, tracker, domain)
        stale = is_reason_stale(events, tracker.slots) and not (
            is_session_open(tracker.slots) or is_asking(tracker)
        )
        return self._prediction(
            self._default_predictions(domain),
            events=[SlotSet(REASON_SLOT, None)] if stale else None,
        )

    def _may_act(self, tracker: DialogueStateTracker, turn: TurnContext) -> bool:
        since = turn.turns_since_refusal
        return (
            not turn.actions
            and not turn.rejected
            and turn.message is not None
            and self._is_scored(turn.message)
            and not is_paused(tracker)
            and not is_session_open(tracker.slots)
            and (since is None or since > self.options.cooldown)
            and not is_asking(tracker)
        )

    def _wanted(self, tracker: DialogueStateTracker, domain: Domain) -> str | None:
        """Choose the action for a frustrated user; ``None`` where nobody can help at this hour."""
        metadata = tracker.latest_message and tracker.latest_message.metadata
        possible, wanted = hours.possible_now(tracker, metadata), _ACTIONS[self.options.mode]
        if possible == "message" and wanted == OFFER:
            wanted = OFFER_MESSAGE
        return wanted if possible and wanted in domain.action_names_or_texts else None

    def _is_scored(self, message: UserUttered) -> bool:
        """Check whether the user has written something that no rule and no command answers."""
        text = (message.text or "").strip()
        intent = (message.intent or {}).get("name")
        return (
            bool(text)
            and not text.startswith(("/", EXTERNAL_MESSAGE_PREFIX))
            and intent not in {self.options.intent, *_IGNORED_INTENTS}
        )

    def _score(self, dialogue: Dialogue, *, is_answer: bool) -> Frustration:
        threshold = self.options.threshold_for(answer=is_answer)
        return frustration.score(dialogue, threshold=threshold, window=self.options.window)

    def _intervene(
        self,
        wanted: str,
        found: Frustration,
        dialogue: Dialogue,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> PolicyPrediction:
        """Predict the first action, with the score and its reasons."""
        explanation = Explanation.of(
            found, dialogue, wanted=wanted, threshold=self.options.threshold
        )
        log.info(
            "frustration.noticed",
            mode=self.options.mode,
            score=explanation.score,
            threshold=explanation.threshold,
            reasons=list(explanation.reasons),
        )
        action = ACTION_DEACTIVATE_LOOP_NAME if tracker.active_loop_name else wanted
        slots = [SlotSet(REASON_SLOT, explanation.reason)] if REASON_SLOT in tracker.slots else []
        return self._predict(action, domain, optional_events=slots, explanation=explanation)

    def _continue(
        self, explanation: Explanation, turn: TurnContext, domain: Domain
    ) -> PolicyPrediction:
        """Predict the next action of an intervention: its own after the form's, then listening."""
        left_form = turn.actions[-1].action_name == ACTION_DEACTIVATE_LOOP_NAME
        if left_form and explanation.wanted not in turn.rejected:
            return self._predict(explanation.wanted, domain, explanation=explanation)
        return self._predict(ACTION_LISTEN_NAME, domain)

    def _predict(
        self,
        action: str,
        domain: Domain,
        *,
        optional_events: list[Event] | None = None,
        explanation: Explanation | None = None,
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(
            probabilities,
            optional_events=optional_events,
            # Like a form that is asking: takes precedence over predictions from the intent.
            is_no_user_prediction=True,
            action_metadata={frustration.EXPLANATION_KEY: explanation.as_dict()}
            if explanation
            else None,
        )
