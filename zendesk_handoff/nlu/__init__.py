"""Rasa NLU components, named in ``config.yml``."""

from zendesk_handoff.bounds import require

require("rasa", extra="rasa", by=__name__)

from zendesk_handoff.nlu.word_classes import WordClassFeaturizer

__all__ = ["WordClassFeaturizer"]
