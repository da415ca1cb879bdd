"""The plugin's policy under the short name of this checkout."""

from zendesk_handoff.policies import FrustrationPolicy

__all__ = ["FrustrationPolicy"]
