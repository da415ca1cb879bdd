"""Rasa trackers built by hand, and the policy under test."""

from __future__ import annotations

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from tests.support.servers import ROOT
from zendesk_handoff.importer.domain import additions, join
from zendesk_handoff.importer.rules import Names
from zendesk_handoff.policies import FrustrationPolicy

#: The demo bot's, as the importer joins it.
_OWN = Domain.load(str(ROOT / "domain.yml"))
DOMAIN = join(_OWN, additions(_OWN, Names("human_handoff", "affirm", "deny"), language="en"))
OFFER, HANDOFF = "utter_handoff_offer", "action_human_handoff"
LISTEN, LEAVE_FORM = "action_listen", "action_deactivate_loop"
ANGRY = "your answers are useless, this is ridiculous"
CALM = "how much is shipping?"


def policy(storage=None, **config):
    return FrustrationPolicy.create(
        {**FrustrationPolicy.get_default_config(), **config},
        storage,
        Resource("policy"),
        ExecutionContext(GraphSchema({})),
    )


def says(text, intent="complain"):
    return [UserUttered(text, intent={"name": intent, "confidence": 0.9})]


def bot(action, text="Here you are."):
    return [ActionExecuted(action), BotUttered(text), ActionExecuted(LISTEN)]


START = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(LISTEN)]
IN_FORM = [
    *START,
    *says("where is my parcel", "order_status"),
    ActionExecuted("order_status_form"),
    ActiveLoop("order_status_form"),
    SlotSet("requested_slot", "order_number"),
    BotUttered("Which order is it about?"),
    ActionExecuted(LISTEN),
]


def tracker(*events):
    return DialogueStateTracker.from_events("somebody", list(events), DOMAIN.slots)


def predicted(prediction):
    if not prediction.max_confidence:
        return None
    return DOMAIN.action_names_or_texts[prediction.max_confidence_index]


def predict(policy, *events):
    return policy.predict_action_probabilities(tracker(*events), DOMAIN)


def carry_out(prediction, *events):
    """Execute the predicted action, as Rasa does."""
    name = predicted(prediction)
    done = ActionExecuted(name, "FrustrationPolicy", metadata=prediction.action_metadata)
    slots = [*prediction.events, *prediction.optional_events]
    after = [ActiveLoop(None), SlotSet("requested_slot", None)] if name == LEAVE_FORM else []
    return [*events, *slots, done, *after]
