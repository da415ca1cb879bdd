"""The dialogue policies that ``config.yml`` names."""

from zendesk_handoff.policies.frustration import FrustrationPolicy

__all__ = ["FrustrationPolicy"]
