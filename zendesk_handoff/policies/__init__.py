"""Rasa policies, named in ``config.yml``."""

from zendesk_handoff.bounds import require

require("rasa", extra="rasa", by=__name__)

from zendesk_handoff.policies.frustration import FrustrationPolicy

__all__ = ["FrustrationPolicy"]
