"""Rasa policies, named in ``config.yml``."""

from zendesk_handoff.bounds import check_bounds, require

require("rasa", extra="rasa", by=__name__)
check_bounds()

from zendesk_handoff.policies.frustration import FrustrationPolicy

__all__ = ["FrustrationPolicy"]
