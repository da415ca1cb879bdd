"""What runs in the Rasa server to understand the user: one featurizer for the demo's pipeline."""

from zendesk_handoff.nlu.word_classes import WordClassFeaturizer

__all__ = ["WordClassFeaturizer"]
