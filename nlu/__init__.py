"""The plugin's featurizer under the short name of this checkout."""

from zendesk_handoff.nlu import WordClassFeaturizer

__all__ = ["WordClassFeaturizer"]
