"""A Rasa policy that steps in when the user has had enough."""

from __future__ import annotations

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
from zendesk_handoff.domain.responses import OFFER
from zendesk_handoff.frustration import Frustration
from zendesk_handoff.policies.explanation import KEY, REASON, Explanation, is_reason_stale
from zendesk_handoff.policies.options import DEFAULTS, read_options
from zendesk_handoff.policies.turn_context import (
    TurnContext,
    is_session_open,
    latest,
    read_turn_context,
)

log = structlog.get_logger(__name__)

HANDOFF = "action_human_handoff"
_ACTIONS = {"offer": OFFER, "escalate": HANDOFF}
#: The rules answer a wish for a person; Rasa itself answers /restart and the like.
_NOT_JUDGED = frozenset({"human_handoff", *DEFAULT_ACTION_MAPPINGS})


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class FrustrationPolicy(Policy):
    """Judge each message of the user once, right after it, and hand over or offer to.

    What it predicts, it sees through: a form that is asking is left first, and the bot listens
    afterwards, so that no rule of the bot needs to know the policy. A yes or no to the offer is the
    rules' to answer.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Give every option with its default."""
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
        """Make the policy from its options: nothing of it is in the model's archive."""
        return cls(config, model_storage, resource, execution_context)

    def train(self, training_trackers: Any, domain: Domain, **_: Any) -> Resource:
        """Learn nothing, but see to it that the bot has what the mode needs.

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
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **_: Any,
    ) -> PolicyPrediction:
        """Predict the offer or the handover where the user has had enough, else nothing.

        Args:
            tracker: The conversation.
            domain: The bot's.
            rule_only_data: Not used.
        """
        reach = max(self.options.window, self.options.cooldown) + 3
        events = latest(tracker.events, messages=reach)
        turn = read_turn_context(events)
        if trace := Explanation.of(turn.done):
            return self._follow_up(trace, turn, domain)
        if self._may_speak(tracker, turn):
            dialogue = dialogue_from_events(
                (event.as_dict() for event in events), slots=tracker.current_slot_values()
            )
            found = self._judge(dialogue, answer_taken=turn.answer_taken)
            if found.escalate:
                return self._step_in(found, dialogue, tracker, domain)
        stale = is_reason_stale(events, tracker.slots) and not is_session_open(tracker.slots)
        return self._prediction(
            self._default_predictions(domain), events=[SlotSet(REASON, None)] if stale else None
        )

    def _may_speak(self, tracker: DialogueStateTracker, turn: TurnContext) -> bool:
        since = turn.turns_since_refusal
        return (
            not turn.done
            and not turn.rejected
            and turn.message is not None
            and _is_judged(turn.message)
            and not tracker.is_paused()
            and not is_session_open(tracker.slots)
            and (since is None or since > self.options.cooldown)
        )

    def _judge(self, dialogue: Dialogue, *, answer_taken: bool) -> Frustration:
        threshold = self.options.threshold
        if answer_taken:
            # "Awful quality" is the reason of a return that the form has just noted, not for a
            # handover: it takes a clearer case.
            threshold = (1 + threshold) / 2
        return frustration.score(dialogue, threshold=threshold, window=self.options.window)

    def _step_in(
        self,
        found: Frustration,
        dialogue: Dialogue,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> PolicyPrediction:
        """Predict the first action, with the score and its reasons."""
        wanted = _ACTIONS[self.options.mode]
        trace = Explanation(
            wanted=wanted,
            reason=frustration.explain(found.reasons, locale=dialogue.locale),
            score=found.score,
            reasons=found.reasons,
            threshold=self.options.threshold,
        )
        log.info(
            "frustration.noticed",
            mode=self.options.mode,
            score=trace.score,
            threshold=trace.threshold,
            reasons=list(trace.reasons),
        )
        action = ACTION_DEACTIVATE_LOOP_NAME if tracker.active_loop_name else wanted
        told = [SlotSet(REASON, trace.reason)] if REASON in tracker.slots else []
        return self._certainly(action, domain, optional_events=told, trace=trace)

    def _follow_up(self, trace: Explanation, turn: TurnContext, domain: Domain) -> PolicyPrediction:
        """See through what was begun: after the form has been left the action, then listening."""
        left_form = turn.done[-1].action_name == ACTION_DEACTIVATE_LOOP_NAME
        if left_form and trace.wanted not in turn.rejected:
            return self._certainly(trace.wanted, domain, trace=trace)
        return self._certainly(ACTION_LISTEN_NAME, domain)

    def _certainly(
        self,
        action: str,
        domain: Domain,
        *,
        optional_events: list[Event] | None = None,
        trace: Explanation | None = None,
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(
            probabilities,
            optional_events=optional_events,
            # Like a form that is asking: overrules what other policies read from the intent.
            is_no_user_prediction=True,
            action_metadata={KEY: trace.as_dict()} if trace else None,
        )


def _is_judged(message: UserUttered) -> bool:
    """Tell whether the user has written something that nobody else is to answer."""
    text = (message.text or "").strip()
    intent = (message.intent or {}).get("name")
    return (
        bool(text)
        and not text.startswith(("/", EXTERNAL_MESSAGE_PREFIX))
        and intent not in _NOT_JUDGED
    )
