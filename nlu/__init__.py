"""What runs in the Rasa server to understand the user: one featurizer for the demo's pipeline."""

from .word_classes import WordClassFeaturizer

__all__ = ["WordClassFeaturizer"]
