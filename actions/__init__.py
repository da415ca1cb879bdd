"""The demo bot's actions: the plugin's and, in ``shop``, its own."""

from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff

__all__ = ["ActionEndHandoff", "ActionHumanHandoff"]
