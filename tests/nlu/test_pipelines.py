"""The component in pipelines that Rasa trains, beside the same ones without it.

DIET takes a minute to train on one example; test_recognizer.py has the shape of its results.
"""

from __future__ import annotations

import pytest
from rasa.shared.exceptions import InvalidConfigException

from tests.support.nlu import as_bytes
from tools.nlu import (
    LOGISTIC_REGRESSION,
    RECOGNIZER,
    TOKENIZER,
    parse,
    train,
)
from zendesk_handoff.nlu.recognizer import DETAILS

DATA = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - good morning
- intent: order
  examples: |
    - I ordered [tea](thing)
    - an order of [two cups](thing)
    - operator
- lookup: thing
  examples: |
    - tea
    - cup
    - agent
- intent: faq/hours
  examples: |
    - when do you open
    - opening hours
- intent: faq/place
  examples: |
    - where are you
    - the address please
responses:
  utter_faq/hours:
  - text: From nine to five.
  utter_faq/place:
  - text: By the harbour.
"""
FALLBACK = {"name": "FallbackClassifier", "threshold": 0.7, "ambiguity_threshold": 0.6}
ENTITIES = (
    {"name": "RegexEntityExtractor", "use_word_boundaries": False},
    {"name": "EntitySynonymMapper"},
)
PIPELINES = {
    "last": (*LOGISTIC_REGRESSION, RECOGNIZER),
    "among extractors": (*LOGISTIC_REGRESSION, *ENTITIES[:1], RECOGNIZER, *ENTITIES[1:]),
    "after the fallback": (*LOGISTIC_REGRESSION, FALLBACK, RECOGNIZER),
    "before the fallback": (*LOGISTIC_REGRESSION, RECOGNIZER, FALLBACK),
    "word classes": (
        *(TOKENIZER, {"name": "zendesk_handoff.nlu.WordClassFeaturizer"}),
        *(*LOGISTIC_REGRESSION[1:], RECOGNIZER),
    ),
    "keywords": (TOKENIZER, {"name": "KeywordIntentClassifier"}, RECOGNIZER),
    "alone": (TOKENIZER, RECOGNIZER),
}
REQUESTS = ("let me talk to somebody", "agent", "a human please, my tea is cold")
OTHERS = (
    *("hello", "talk to you later", "I ordered tea", "when do you open", "operator", "", "12"),
    *("/greet", "/greet{}", '/human_handoff{"thing": "an agent"}', "/agent", "hola, ¿qué tal?"),
    *("متى تفتحون", "tea " * 1024),
)


@pytest.fixture(scope="module")
def bots(tmp_path_factory):
    """Train each pipeline once, and each without the component."""
    trained = {}

    def bot(pipeline):
        key = repr(pipeline)
        if key not in trained:
            folder = tmp_path_factory.mktemp("bot")
            data = folder / "nlu.yml"
            data.write_text(DATA)
            trained[key] = train(folder, pipeline, data)
        return trained[key]

    return bot


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES)
def test_requests_are_heard(bots, pipeline):
    for parsed in parse(bots(pipeline), REQUESTS):
        assert parsed["intent"] == {"name": "human_handoff", "confidence": 1.0}
        assert parsed["intent_ranking"][0] == parsed["intent"]


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES)
def test_the_rest_is_as_without_the_component(bots, pipeline):
    without = tuple(one for one in pipeline if one is not RECOGNIZER)
    for text, one, same in zip(
        OTHERS, parse(bots(pipeline), OTHERS), parse(bots(without), OTHERS), strict=True
    ):
        assert as_bytes(one) == as_bytes(same), text


def test_the_entities_of_a_request_stay(bots):
    pipeline = PIPELINES["among extractors"]
    without = tuple(one for one in pipeline if one is not RECOGNIZER)
    for one, same in zip(
        parse(bots(pipeline), REQUESTS), parse(bots(without), REQUESTS), strict=True
    ):
        for key in ("intent", "intent_ranking", DETAILS):
            one.pop(key), same.pop(key, None)
        assert as_bytes(one) == as_bytes(same)
    assert [entity["value"] for entity in one["entities"]] == ["tea"]


def test_a_wrong_option_stops_the_training(tmp_path):
    with pytest.raises(InvalidConfigException, match=r"HandoffRecognizer in config\.yml"):
        train(tmp_path, [TOKENIZER, {**RECOGNIZER, "intent": "a human"}])
