"""A bot of Rasa's own classes, without a model: the engine alone is a stand-in.

Everything around the engine is Rasa's: the agent, the processor with its handling of messages,
sub-agents, actions and side effects, the tracker store and the locks. No model is loaded, so it
runs on Rasa Pro, too, where a model would need a licence.
"""

from __future__ import annotations

import inspect
from types import SimpleNamespace

from rasa.core.actions.action import Action, ActionListen
from rasa.core.agent import Agent
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.data import TrainingType

from zendesk_handoff.rasa.compat import InMemoryTrackerStore, processor_classes

DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [greet, human_handoff]
    actions: [action_answer, action_human_handoff, action_end_handoff]
    slots:
      handoff_status: {type: text, mappings: [{type: custom}]}
      handoff_reason: {type: text, mappings: [{type: custom}]}
      handoff_end_reason: {type: text, mappings: [{type: custom}]}
      workspace: {type: text, mappings: [{type: custom}]}
    responses:
      utter_handoff_started: [{text: "An agent will be with you."}]
      utter_handoff_ended: [{text: "The agent has left."}]
    """
)


#: Whether the engine's prediction is a coroutine, as in Rasa Pro.
IS_ASYNC = inspect.iscoroutinefunction(
    inspect.unwrap(processor_classes()[-1].predict_next_with_tracker_if_should)
)


class Answer(Action):
    """Answers the latest message."""

    def name(self):
        return "action_answer"

    async def run(self, output_channel, nlg, tracker, domain, metadata=None):
        said = tracker.latest_message.text if tracker.latest_message else None
        return [BotUttered(f"bot: {said}")]


class EngineProcessor(processor_classes()[-1]):
    """Rasa's processor, whose engine answers every message, or hands over at the word "human"."""

    def __init__(self, agent, action_endpoint=None):
        self.tracker_store, self.lock_store = agent.tracker_store, agent.lock_store
        self.nlg, self.domain = agent.nlg, agent.domain
        self.action_endpoint = action_endpoint
        self.timer_manager = self.privacy_manager = self.on_circuit_break = None
        self.model_filename = "none"
        self.engine_version, self.is_calm_assistant = "calm", True
        self.http_interpreter = self.endpoints = None
        self._active_cancellation_tokens = {}
        self.model_metadata = SimpleNamespace(
            model_id="none", assistant_id="shop", training_type=TrainingType.BOTH
        )

    async def parse_message(self, message, tracker=None, only_output_properties=True):
        name = "human_handoff" if "human" in (message.text or "") else "greet"
        return {
            "text": message.text,
            "intent": {"name": name, "confidence": 1.0},
            "intent_ranking": [],
            "entities": [],
        }

    async def run_action_extract_slots(self, output_channel, tracker):
        return tracker

    async def run_command_processor(self, tracker):
        return tracker

    async def run_anonymization_pipeline(self, tracker):
        """There is nothing to anonymize."""

    def trigger_anonymization(self, tracker):
        """There is nothing to anonymize."""

    async def get_flows(self):
        from rasa.shared.core.flows import FlowsList

        return FlowsList(underlying_flows=[])

    def _predict(self, tracker, *_others):
        if tracker.latest_action_name != "action_listen":
            action = ActionListen()
        elif tracker.latest_message and tracker.latest_message.intent_name == "human_handoff":
            action = self._get_action("action_human_handoff")
        else:
            action = Answer()
        return action, PolicyPrediction.for_action_name(self.domain, action.name())

    async def _predict_later(self, tracker, *others):
        return self._predict(tracker, *others)

    predict_next_with_tracker_if_should = _predict_later if IS_ASYNC else _predict


def make_agent(domain=DOMAIN, **values):
    """Make an agent of Rasa's with this processor."""
    agent = Agent(
        domain=domain,
        tracker_store=InMemoryTrackerStore(domain),
        lock_store=InMemoryLockStore(),
    )
    agent.processor = EngineProcessor(agent, **values)
    return agent


class BypassingProcessor(EngineProcessor):
    """Handles messages in a way of its own."""

    async def handle_message(self, message):
        raise AssertionError("the bot received the message")


class MantleProcessor(EngineProcessor):
    """A bot on Rasa Pro's engine Mantle, as far as it can be told without a model."""

    def __init__(self, agent, action_endpoint=None):
        super().__init__(agent, action_endpoint)
        self.engine_version = "mantle"
