"""Rasa policies, named in ``config.yml``."""

from zendesk_handoff.policies.frustration import FrustrationPolicy

__all__ = ["FrustrationPolicy"]
