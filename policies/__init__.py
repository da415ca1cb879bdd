"""What runs in the Rasa server and decides what the bot does next: the frustration policy."""

from zendesk_handoff.policies.frustration import FrustrationPolicy

__all__ = ["FrustrationPolicy"]
