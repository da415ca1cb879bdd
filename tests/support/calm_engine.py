"""A CALM bot without a model: the plugin's command generator, and Rasa Pro's own commands.

The stand-in for the engine asks for a reason at the word "return", and runs the action of the flow
on top of the stack. Everything that it works on is Rasa's: commands, stack, tracker.
"""

from __future__ import annotations

from rasa.core.actions.action import ActionListen
from rasa.core.policies.policy import PolicyPrediction
from rasa.dialogue_understanding.commands import StartFlowCommand
from rasa.dialogue_understanding.patterns.collect_information import (
    CollectInformationPatternFlowStackFrame,
)
from rasa.dialogue_understanding.processor.command_processor import execute_commands
from rasa.shared.nlu.constants import COMMANDS, TEXT
from rasa.shared.nlu.training_data.message import Message

from tests.support.calm import FLOWS, HANDOFF_FLOW, NO_GRAPH, domain_of, generator
from tests.support.engine import Answer, EngineProcessor
from zendesk_handoff.rasa.compat import InMemoryTrackerStore

DOMAIN = domain_of(actions=["action_answer"])
COLLECT = "reason"


class CalmProcessor(EngineProcessor):
    """Rasa's processor of CALM bots, with the plugin's generator."""

    def __init__(self, agent, action_endpoint=None):
        agent.domain = DOMAIN
        agent.tracker_store = InMemoryTrackerStore(DOMAIN)
        super().__init__(agent, action_endpoint)
        self._generator = generator(mode="escalate")

    async def parse_message(self, message, tracker=None, only_output_properties=True):
        parsed = Message({TEXT: message.text})
        [parsed] = await self._generator.process([parsed], FLOWS, tracker, DOMAIN)
        found = {"text": message.text, "intent": {}, "entities": []}
        found.update(parsed.as_dict(only_output_properties=True))
        if not found[COMMANDS] and "return" in message.text:
            found[COMMANDS] = [StartFlowCommand("return_order").as_dict()]
        return found

    async def run_command_processor(self, tracker):
        commands = tracker.latest_message.parse_data[COMMANDS]
        execute_commands(tracker, FLOWS, NO_GRAPH, None, DOMAIN)
        if [each.get("flow") for each in commands] == ["return_order"]:
            stack = tracker.stack
            frame = CollectInformationPatternFlowStackFrame(
                collect=COLLECT,
                utter=f"utter_ask_{COLLECT}",
                collect_action=f"action_ask_{COLLECT}",
            )
            stack.push(frame)
            tracker.update_with_events(tracker.create_stack_updated_events(stack))
        return tracker

    async def get_flows(self):
        return FLOWS

    async def predict_next_with_tracker_if_should(self, tracker, *_others):
        top = tracker.stack.top()
        if tracker.latest_action_name != "action_listen":
            action = ActionListen()
        elif top is not None and top.flow_id == HANDOFF_FLOW:
            action = self._get_action("action_human_handoff")
        else:
            action = Answer()
        return action, PolicyPrediction.for_action_name(self.domain, action.name())
