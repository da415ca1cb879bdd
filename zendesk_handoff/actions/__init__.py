"""The custom actions, for the action server."""

from zendesk_handoff.bounds import require

require("rasa_sdk", extra="rasa", by=__name__)

from zendesk_handoff.actions.check import ActionHandoffCheck
from zendesk_handoff.actions.handoff import ActionEndHandoff, ActionHumanHandoff

__all__ = ["ActionEndHandoff", "ActionHandoffCheck", "ActionHumanHandoff"]
