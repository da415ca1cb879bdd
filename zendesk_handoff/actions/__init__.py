"""The custom actions, for the action server."""

from zendesk_handoff.actions.handoff import ActionEndHandoff, ActionHumanHandoff

__all__ = ["ActionEndHandoff", "ActionHumanHandoff"]
