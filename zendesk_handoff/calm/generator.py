"""The command generator that hears a request for a person, and frustration, without an LLM."""

from __future__ import annotations

from typing import Any

import structlog
from rasa.dialogue_understanding.commands import Command, SetSlotCommand, StartFlowCommand
from rasa.dialogue_understanding.generator import CommandGenerator
from rasa.dialogue_understanding.patterns.collect_information import (
    CollectInformationPatternFlowStackFrame,
)
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import ROUTE_TO_CALM_SLOT
from rasa.shared.core.events import UserUttered
from rasa.shared.core.flows import FlowsList
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from zendesk_handoff import frustration, wish
from zendesk_handoff.calm.commands import SetHandoffReasonCommand
from zendesk_handoff.calm.domain import ACCEPTED
from zendesk_handoff.calm.options import DEFAULTS, read_options
from zendesk_handoff.domain.dialogue import dialogue_from_events
from zendesk_handoff.rasa import hours
from zendesk_handoff.rasa.compat import is_paused
from zendesk_handoff.rasa.explanation import Explanation
from zendesk_handoff.rasa.turn_context import is_session_open, latest_events, read_turn_context

log = structlog.get_logger(__name__)

#: The key of the channel's metadata in a message (Rasa: `NLUMessageConverter`). The tracker has the
#: message, and what it says of the user's workspace, only later.
_METADATA = "metadata"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.COMMAND_GENERATOR, is_trainable=False)
class HandoffCommandGenerator(GraphComponent, CommandGenerator):
    """Start the handover where the user surely asks for a person, or the offer where frustrated.

    It stands before the LLM's command generator, which makes no call for a message that has started
    a flow. It starts nothing during a session, and passes on what generators before it have found.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return every option with its default."""
        return dict(DEFAULTS)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> HandoffCommandGenerator:
        """Make the generator from its block in ``config.yml``.

        Raises:
            InvalidConfigException: With every problem of the block, and what to write instead.
        """
        return cls(config)

    def __init__(self, config: dict[str, Any]) -> None:
        """Check the options.

        Raises:
            InvalidConfigException: An option is unknown or has an impossible value.
        """
        super().__init__({})
        self.options = read_options(config)
        self._reported: set[str] = set()

    def evaluate_message(self, message: Message) -> list[Command]:
        """Leave empty and overlong messages to the next generator, whose limits are the bot's."""
        return []

    async def predict_commands(
        self,
        message: Message,
        flows: FlowsList,
        tracker: DialogueStateTracker | None = None,
        **kwargs: Any,
    ) -> list[Command]:
        """Return the commands that start a flow, or those of the generators before.

        Args:
            message: The user's.
            flows: Those that can be started now.
            tracker: The conversation, without the message.
            **kwargs: Not used.
        """
        prior: list[Command] = self._get_prior_commands(message)
        text = str(message.get(TEXT) or "").strip()
        if tracker is None or not text or text.startswith("/"):
            return prior
        if is_paused(tracker) or is_session_open(tracker.slots):
            return prior
        if self.options.recognizer and wish.read(text).is_sure:
            return self._on_request(prior, flows, tracker)
        explanation = self._explain(text, tracker)
        if explanation is None or not self._can_start(explanation.wanted, flows, tracker):
            return prior
        # A bot of flows has no form that could take a message in place of a person.
        if hours.possible_now(tracker, message.get(_METADATA)) != "person":
            return prior
        log.info(
            "frustration.noticed",
            mode=self.options.mode,
            score=explanation.score,
            threshold=explanation.threshold,
            reasons=list(explanation.reasons),
        )
        message.set(frustration.EXPLANATION_KEY, explanation.as_dict(), add_to_output=True)
        return _starting(explanation.wanted, explanation.reason, prior, tracker)

    def _on_request(
        self, prior: list[Command], flows: FlowsList, tracker: DialogueStateTracker
    ) -> list[Command]:
        if _asks_for(tracker) == ACCEPTED:
            return [*_kept(prior), SetSlotCommand(ACCEPTED, True)]  # a "yes" in other words
        if not self._can_start(self.options.flow, flows, tracker):
            return prior
        return _starting(self.options.flow, None, prior, tracker)

    def _explain(self, text: str, tracker: DialogueStateTracker) -> Explanation | None:
        """Score the message; explain the score where it is over the threshold."""
        options = self.options
        messages = max(options.window, options.cooldown) + 3
        events = [*latest_events(tracker.events, messages=messages), UserUttered(text)]
        since = read_turn_context(events).turns_since_refusal
        if since is not None and since <= options.cooldown:
            return None
        slots = tracker.current_slot_values()
        dialogue = dialogue_from_events((event.as_dict() for event in events), slots=slots)
        threshold = options.threshold_for(answer=_asks_for(tracker) is not None)
        found = frustration.score(dialogue, threshold=threshold, window=options.window)
        if not found.escalate:
            return None
        wanted = options.flow if options.mode == "escalate" else options.offer_flow
        return Explanation.of(found, dialogue, wanted=wanted, threshold=options.threshold)

    def _can_start(self, flow: str, flows: FlowsList, tracker: DialogueStateTracker) -> bool:
        """Tell whether a flow is there, and not at work already."""
        if flow not in flows.flow_ids:
            if flow not in self._reported:
                self._reported.add(flow)
                log.warning(
                    "handoff.flow.missing",
                    flow=flow,
                    meaning="the bot has no such flow, or its condition forbids it; "
                    "`zendesk-handoff init` brings the plugin's",
                )
            return False
        return all(getattr(each, "flow_id", None) != flow for each in tracker.stack.frames)


def _starting(
    flow: str, reason: str | None, prior: list[Command], tracker: DialogueStateTracker
) -> list[Command]:
    """Start a flow in place of those that others have started for the same message."""
    commands = [*_kept(prior), StartFlowCommand(flow), SetHandoffReasonCommand(reason)]
    if tracker.has_coexistence_routing_slot:
        commands.append(SetSlotCommand(ROUTE_TO_CALM_SLOT, True))
    return commands


def _asks_for(tracker: DialogueStateTracker) -> str | None:
    """Return the slot that a flow has asked for last, if it waits for the answer."""
    top = tracker.stack.top()
    return str(top.collect) if isinstance(top, CollectInformationPatternFlowStackFrame) else None


def _kept(prior: list[Command]) -> list[Command]:
    return [each for each in prior if isinstance(each, SetSlotCommand)]
