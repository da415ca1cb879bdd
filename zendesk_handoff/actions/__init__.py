"""The custom actions, for the action server."""

from zendesk_handoff.bounds import require

require("rasa_sdk", extra="rasa", by=__name__)

from zendesk_handoff.actions.check import ActionHandoffCheck
from zendesk_handoff.actions.forms import (
    AskEmail,
    AskMessage,
    AskName,
    AskTopic,
    ValidateContactForm,
    ValidateMessageForm,
)
from zendesk_handoff.actions.handoff import ActionEndHandoff, ActionHumanHandoff
from zendesk_handoff.actions.message import ActionHandoffMessage

__all__ = [
    "ActionEndHandoff",
    "ActionHandoffCheck",
    "ActionHandoffMessage",
    "ActionHumanHandoff",
    "AskEmail",
    "AskMessage",
    "AskName",
    "AskTopic",
    "ValidateContactForm",
    "ValidateMessageForm",
]
