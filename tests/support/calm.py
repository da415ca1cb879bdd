"""A CALM bot of Rasa Pro's own classes: flows, domain, trackers, and the generator under test."""

from __future__ import annotations

from importlib.resources import files

from rasa.dialogue_understanding.commands import Command, StartFlowCommand
from rasa.dialogue_understanding.patterns.collect_information import (
    CollectInformationPatternFlowStackFrame,
)
from rasa.dialogue_understanding.processor.command_processor import execute_commands
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.flows.yaml_flows_io import YAMLFlowsReader
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.importers.importer import FlowSyncImporter
from rasa.shared.nlu.constants import COMMANDS, TEXT
from rasa.shared.nlu.training_data.message import Message

from zendesk_handoff.calm import HandoffCommandGenerator
from zendesk_handoff.calm.domain import domain_additions

ANGRY = "your answers are useless, this is ridiculous"
REQUEST = "get me a human please"
HARMLESS = "how much is shipping?"
OFFER_FLOW, HANDOFF_FLOW = "human_handoff_offer", "human_handoff"
_SHOP = """
flows:
  return_order:
    description: Return an order.
    steps:
      - collect: order_number
      - collect: reason
"""
SHIPPED = YAMLFlowsReader.read_from_string(
    files("zendesk_handoff.calm").joinpath("flows.yml").read_text("utf-8")
)
FLOWS = FlowSyncImporter.merge_with_default_flows(
    SHIPPED.merge(YAMLFlowsReader.read_from_string(_SHOP))
)
_SHOP_DOMAIN = {
    "version": "3.1",
    "slots": {
        name: {"type": "text", "mappings": [{"type": "from_llm"}]}
        for name in ("order_number", "reason")
    },
    "responses": {
        f"utter_ask_{name}": [{"text": f"Your {name}?"}] for name in ("order_number", "reason")
    },
}


def domain_of(language="en", **more):
    """Make the domain of a CALM bot with the plugin's additions."""
    added = Domain.from_dict({"version": "3.1", **domain_additions(language)})
    own = Domain.from_dict({**_SHOP_DOMAIN, **more})
    return own.merge(added).merge(FlowSyncImporter.load_default_pattern_flows_domain())


DOMAIN = domain_of()
NO_GRAPH = ExecutionContext(GraphSchema({}))


def generator(**config):
    return HandoffCommandGenerator.create(
        {**HandoffCommandGenerator.get_default_config(), **config}, None, Resource("x"), NO_GRAPH
    )


def tracker(*events, domain=DOMAIN):
    return DialogueStateTracker.from_events("somebody", list(events), domain.slots)


def says(text, parse_data=None):
    parsed = {"text": text, "entities": [], "intent": {}, **(parse_data or {})}
    return UserUttered(text, parse_data=parsed)


def bot(action, text="Here you are."):
    return [ActionExecuted(action), BotUttered(text), ActionExecuted("action_listen")]


async def generate(
    text, conversation=None, *, prior=(), flows=FLOWS, domain=DOMAIN, metadata=None, **config
):
    """Let the generator process a message; return the commands, and the message."""
    message = Message({TEXT: text, "metadata": metadata})
    message.set(COMMANDS, [each.as_dict() for each in prior], add_to_output=True)
    conversation = conversation or tracker(domain=domain)
    [done] = await generator(**config).process([message], flows, conversation, domain)
    return Command.commands_from_json(done.get(COMMANDS)), done


def execute(conversation, message, flows=FLOWS, domain=DOMAIN):
    """Let Rasa execute a message's commands on a tracker; return its flows, the lowest first."""
    conversation.update(says(message.get(TEXT), message.as_dict(only_output_properties=True)))
    execute_commands(conversation, flows, NO_GRAPH, None, domain)
    return [each.flow_id for each in conversation.stack.frames]


def in_flow(flow="return_order", collect="reason", *events):
    """Make a tracker whose flow waits for a slot."""
    conversation = tracker(*events)
    message = Message({TEXT: "I want to send it back"})
    message.set(COMMANDS, [StartFlowCommand(flow).as_dict()], add_to_output=True)
    execute(conversation, message)
    stack = conversation.stack
    stack.push(
        CollectInformationPatternFlowStackFrame(
            collect=collect, utter=f"utter_ask_{collect}", collect_action=f"action_ask_{collect}"
        )
    )
    conversation.update_with_events(conversation.create_stack_updated_events(stack))
    return conversation
