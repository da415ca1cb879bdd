"""What runs in the action server."""

from .handoff import ActionEndHandoff, ActionHumanHandoff

__all__ = ["ActionEndHandoff", "ActionHumanHandoff"]
