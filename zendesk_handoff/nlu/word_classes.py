"""A featurizer that counts word classes: "reach an agent" equals "reach an employee"."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from zendesk_handoff.rasa.model_files import read_json, write_json
from zendesk_handoff.wish.lexicon import Lexicon

WORDS_FILE = "words.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WordClassFeaturizer(CountVectorsFeaturizer):
    """Counts n-grams of word classes; the classes are the lookup tables of the training data.

    From them the classifier learns the shape of a request, whatever the domain of the bot:
    "talk to PERSON about SOMETHING". Takes `min_ngram`, `max_ngram` and `min_df`, as Rasa's
    `CountVectorsFeaturizer` does.
    """

    lexicon: Lexicon | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults: one to four classes in a row."""
        return {**CountVectorsFeaturizer.get_default_config(), "min_ngram": 1, "max_ngram": 4}

    def train(self, training_data: TrainingData, model: Any = None) -> Resource:
        """Learn the n-grams of classes that occur in the examples.

        Raises:
            InvalidConfigException: If there is no lookup table, or a word stands in two.
        """
        tables = {
            table["name"]: [word.lower() for word in table["elements"]]
            for table in training_data.lookup_tables
        }
        if not tables:
            raise InvalidConfigException(
                "WordClassFeaturizer has no word classes: add lookup tables to the NLU data"
            )
        try:
            self.lexicon = Lexicon(tables)
        except ValueError as error:
            raise InvalidConfigException(f"WordClassFeaturizer: {error}") from error
        return super().train(training_data, model)

    def persist(self) -> None:
        """Store the word lists beside the vocabulary, so that the model needs no other file."""
        super().persist()
        if self.lexicon is not None:
            write_json(self._model_storage, self._resource, WORDS_FILE, self.lexicon.words)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> WordClassFeaturizer:
        """Load vocabulary and word lists from a trained model."""
        featurizer: WordClassFeaturizer = super().load(
            config, model_storage, resource, execution_context, **kwargs
        )
        featurizer.lexicon = Lexicon(read_json(model_storage, resource, WORDS_FILE))
        return featurizer

    def _get_processed_message_tokens_by_attribute(
        self, message: Message, attribute: str = TEXT
    ) -> list[str]:
        tokens = message.get(TOKENS_NAMES[TEXT])
        if attribute != TEXT or not tokens or self.lexicon is None:
            return []
        gaps = [message.get(TEXT)[one.end : two.start] for one, two in pairwise(tokens)]
        return self.lexicon.read([token.text for token in tokens], gaps)
