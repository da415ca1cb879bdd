"""What runs in the Rasa server and decides what the bot does next: the frustration policy."""

from .frustration import FrustrationPolicy

__all__ = ["FrustrationPolicy"]
