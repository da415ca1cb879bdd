"""The parts of a bot that its trackers need, without a model."""

from __future__ import annotations

from types import SimpleNamespace

from rasa.core.actions.action import action_for_name_or_text
from rasa.shared.core.domain import Domain

from zendesk_handoff.rasa.compat import FailSafeTrackerStore, processor_classes

DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [greet]
    slots:
      requested_slot: {type: text, mappings: [{type: custom}]}
      handoff_status: {type: text, mappings: [{type: custom}]}
    """
)


class Processor(processor_classes()[-1]):
    """Rasa's processor with the parts that trackers need, and no engine."""

    def __init__(self, store):
        self.tracker_store = FailSafeTrackerStore(store)
        self.nlg = None
        self.domain = DOMAIN
        self.model_metadata = SimpleNamespace(model_id="model", assistant_id="assistant")
        self.model_filename = "model.tar.gz"
        self.action_endpoint = None
        self.timer_manager = None

    def _get_action(self, name):
        return action_for_name_or_text(name, self.domain, None)
