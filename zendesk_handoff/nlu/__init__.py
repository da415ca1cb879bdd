"""Rasa NLU components, named in ``config.yml``."""

from zendesk_handoff.bounds import check_bounds, require

require("rasa", extra="rasa", by=__name__)
check_bounds()

from zendesk_handoff.nlu.recognizer import HandoffRecognizer
from zendesk_handoff.nlu.word_classes import WordClassFeaturizer

__all__ = ["HandoffRecognizer", "WordClassFeaturizer"]
