"""The component on messages as Rasa's classifiers leave them."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from structlog.testing import capture_logs

from tests.support.nlu import as_bytes
from zendesk_handoff.nlu import HandoffRecognizer
from zendesk_handoff.nlu.recognizer import DETAILS, REST

CONTEXT = ExecutionContext(GraphSchema({}))
REQUESTS = (
    "I want to talk to a human",
    "HUMAN!!!",
    "can you put me through to one of your agents, please?",
    "I don’t want to talk to a bot, get me a real person",
)
OTHERS = (
    *("talk to you later", "hello", "where is my parcel", "are you a human?", "42", "?!", ""),
    *(" ", "🙂", "ich hätte gern einen Tisch", "מתי אתם פותחים", "x" * 4096, "how are you? " * 315),
)
PAYLOADS = (
    '/human_handoff{"handoff_reason": "a human, please"}',
    "/talk_to_agent",
    "/agent please",
    "  /human",
)


def ranked(*pairs):
    return [{"name": name, "confidence": confidence} for name, confidence in pairs]


def result(*pairs, **more):
    ranking = ranked(*pairs)
    return {"intent": dict(ranking[0]), "intent_ranking": ranking, **more}


RESULTS = {
    "logistic regression": result(*[(f"i{n}", np.float64(0.25 - n / 50)) for n in range(6)]),
    "DIET": result(("a", 0.9999881982803345), ("b", 1.1e-05), ("c", 7e-07)),
    "float32": result(("a", np.float32(0.7)), ("b", np.float32(0.3))),
    "keyword": {"intent": {"name": "a", "confidence": 1.0}},
    "no keyword": {"intent": {"name": None, "confidence": 0.0}},
    "DIET on an empty text": {"intent": {"name": None, "confidence": 0.0}, "intent_ranking": []},
    "fallback": result(("nlu_fallback", 0.7), ("a", 0.4), ("b", 0.38), ("c", 0.22)),
    "own intent first": result(("human_handoff", 0.41), ("a", 0.4), ("b", 0.19)),
    "own intent second": result(("a", 0.5), ("human_handoff", 0.45), ("b", 0.05)),
    "own intent behind the fallback": result(("nlu_fallback", 0.7), ("human_handoff", 0.6)),
    "retrieval intent": result(
        ("faq", 0.8), ("a", 0.2), response_selector={"all_retrieval_intents": ["faq"]}
    ),
    "entities": result(("a", 1.0), entities=[{"entity": "name", "value": "Zoë", "start": 3}]),
    "no confidences": {"intent": {"name": "a"}, "intent_ranking": [{"name": "a"}]},
}

#: A FallbackClassifier needs confidences.
WITH_CONFIDENCES = {
    name: found for name, found in RESULTS.items() if "confidence" in found["intent"]
}


def recognizer(tmp_path=None, **config):
    return HandoffRecognizer.create(
        {**HandoffRecognizer.get_default_config(), **config},
        tmp_path and LocalModelStorage.create(tmp_path),
        Resource("recognizer"),
        CONTEXT,
    )


def message(text, found):
    return Message(
        {"text": text, **copy.deepcopy(found)}, output_properties={"text", *found.keys()}
    )


def output(one):
    return one.as_dict(only_output_properties=True)


def fallback(threshold, ambiguity):
    config = {"threshold": threshold, "ambiguity_threshold": ambiguity}
    return FallbackClassifier.create(config, None, Resource("fallback"), CONTEXT)


@pytest.mark.parametrize("found", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_is_first_and_what_the_bot_thought_second(text, found):
    one = message(text, found)
    recognizer().process([one])
    given = output(one)
    assert given["intent"] == {"name": "human_handoff", "confidence": 1.0}
    assert given["intent_ranking"][0] == given["intent"]
    before = found.get("intent_ranking") or [found["intent"]]
    thought = [each["name"] for each in before if each["name"] not in (None, "human_handoff")]
    assert [each["name"] for each in given["intent_ranking"][1:]] == thought
    confidences = [each["confidence"] for each in given["intent_ranking"][1:]]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) <= REST + 1e-9
    assert {type(each) for each in confidences} <= {float}
    changed = {"intent", "intent_ranking", DETAILS}
    assert {k: v for k, v in given.items() if k not in changed} == {
        "text": text,
        **{k: v for k, v in found.items() if k not in changed},
    }
    assert given[DETAILS].keys() == {"kind", "why", "language"}


@pytest.mark.parametrize("found", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("text", [*OTHERS, *PAYLOADS])
def test_any_other_message_keeps_every_digit(text, found):
    one, same = message(text, found), message(text, found)
    recognizer().process([one])
    assert as_bytes(output(one)) == as_bytes(output(same))
    assert one.data == same.data


@pytest.mark.parametrize("text", [*REQUESTS, *OTHERS])
def test_each_message_of_several_is_read_by_itself(text):
    several = [message(each, RESULTS["DIET"]) for each in (REQUESTS[0], text, OTHERS[0])]
    recognizer().process(several)
    found = [each.get("intent")["name"] for each in several]
    assert found == ["human_handoff", "human_handoff" if text in REQUESTS else "a", "a"]


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7, 0.99, 1.0])
@pytest.mark.parametrize("ambiguity", [0.0, 0.1, 0.5, 0.98])
@pytest.mark.parametrize("found", WITH_CONFIDENCES.values(), ids=WITH_CONFIDENCES)
def test_no_fallback_overrules_a_request(threshold, ambiguity, found):
    after, before = message(REQUESTS[0], found), message(REQUESTS[0], found)
    fallback(threshold, ambiguity).process(recognizer().process([after]))
    recognizer().process(fallback(threshold, ambiguity).process([before]))
    for one in (after, before):
        assert one.get("intent")["name"] == one.get("intent_ranking")[0]["name"] == "human_handoff"


def test_a_message_without_an_intent_can_go_to_a_fallback():
    one, request = Message({"text": "hello"}), Message({"text": REQUESTS[0]})
    fallback(0.3, 0.1).process(recognizer().process([one, request]))
    assert one.get("intent")["name"] == "nlu_fallback"
    assert request.get("intent")["name"] == "human_handoff"
    alone = Message({"text": "hello"})
    recognizer().process([alone])
    # As Rasa has it in the result of a pipeline without a classifier.
    assert alone.get("intent") == {"name": None, "confidence": 0.0}


def test_the_intent_has_the_name_that_the_bot_gives_it():
    one = message(REQUESTS[0], RESULTS["own intent second"])
    recognizer(intent="menschen_verbinden").process([one])
    names = [each["name"] for each in one.get("intent_ranking")]
    assert names == ["menschen_verbinden", "a", "human_handoff", "b"]


@pytest.mark.parametrize(
    ("text", "kind", "why", "language"),
    [
        ("my lamp is broken, get me your manager on the line", "role", "your manager", "en"),
        ("I ordered two cups. Can someone call me back?", "callback", "call me", "en"),
        ("a human please", "explicit", "human", "en"),
        ("die Lampe ist kaputt, ich möchte mit einem Menschen sprechen", "explicit", "mit", "de"),
        ("páseme con el gerente por favor", "role", "gerente", "es"),
        ("rappelez-moi s'il vous plaît", "callback", "rappelez-moi", "fr"),
    ],
)
def test_the_kind_of_request_stands_beside_the_intent(text, kind, why, language):
    one = message(text, RESULTS["DIET"])
    recognizer().process([one])
    details = output(one)[DETAILS]
    assert (details["kind"], details["language"]) == (kind, language)
    assert why in details["why"]
    assert details["why"] in text
    assert "lamp" not in details["why"].lower()


def test_a_kind_can_have_an_intent_of_its_own():
    intents = {"callback": "call_back", "number": "contact", "negated": "deny"}
    component = recognizer(intents=intents)
    said = {
        "please call me back": "call_back",
        "a human please": "human_handoff",
        "what is the phone number of customer service": "contact",
        "I don't need to talk to a human": "deny",
        "where is my parcel": "a",
    }
    several = [message(text, RESULTS["DIET"]) for text in said]
    component.process(several)
    assert [each.get("intent")["name"] for each in several] == list(said.values())


def test_a_kind_that_is_no_request_changes_nothing_by_itself():
    for text in (
        "customer service number",
        "I don't need a human",
        "the agent I spoke to was rude",
    ):
        one = message(text, RESULTS["DIET"])
        recognizer().process([one])
        assert as_bytes(output(one)) == as_bytes(output(message(text, RESULTS["DIET"]))), text


def examples(*pairs):
    return TrainingData([Message({"text": text, "intent": intent}) for text, intent in pairs])


def trained(tmp_path, *pairs, **config):
    recognizer(tmp_path, **config).train(examples(*pairs))
    return HandoffRecognizer.load(
        {**HandoffRecognizer.get_default_config(), **config},
        LocalModelStorage.create(tmp_path),
        Resource("recognizer"),
        CONTEXT,
    )


def test_an_example_of_another_intent_keeps_it(tmp_path):
    component = trained(
        tmp_path, ("Operator?", "job_titles"), ("a human please", "human_handoff"), ("é", "é")
    )
    one, request, own = (
        message(text, RESULTS["DIET"]) for text in ("operator", "operator please", "a human please")
    )
    component.process([one, request, own])
    found = [each.get("intent")["name"] for each in (one, request, own)]
    assert found == ["a", "human_handoff", "human_handoff"]


def test_training_needs_no_data(tmp_path):
    component = trained(tmp_path)
    one = message(REQUESTS[0], RESULTS["DIET"])
    component.process([one])
    assert one.get("intent")["name"] == "human_handoff"


def test_training_changes_no_example(tmp_path):
    data = examples(("a human please", "a"), ("hello", "b"))
    before = copy.deepcopy([example.data for example in data.training_examples])
    recognizer(tmp_path).train(data)
    assert [example.data for example in data.training_examples] == before


def test_the_bots_intent_of_another_name_is_reported(tmp_path):
    data = [(text, "get_person") for text in REQUESTS]
    with capture_logs() as logs:
        trained(tmp_path, *data, ("agent", "titles"), ("ceo", "titles"))
    [line] = logs
    assert (line["event"], line["log_level"]) == ("handoff.recognizer.other_intent", "warning")
    assert (line["intent"], line["examples"]) == ("get_person", 4)
    assert "`intent: get_person`" in line["help"]
    for config in ({"intent": "get_person"}, {"intents": {"role": "get_person"}}):
        with capture_logs() as logs:
            trained(tmp_path, *data, **config)
        assert logs == [], config


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"intent": ""}, "intent must be a text"),
        ({"intent": None}, "intent must be a text"),
        ({"intent": ["human_handoff"]}, "intent must be a text"),
        ({"intent": "ask for a human"}, "such as human_handoff"),
        ({"intent": "faq/human"}, "such as human_handoff"),
        ({"intnt": "human"}, "did you mean `intent`?"),
        ({"intents": "contact"}, "must be a mapping"),
        ({"intents": ["role"]}, "must be a mapping"),
        ({"intents": {"other": "a"}}, "with the keys explicit, role"),
        ({"intents": {7: "a"}}, "with the keys explicit, role"),
        ({"intents": {"role": "a b"}}, "such as human_handoff"),
        ({"intents": {"role": None}}, "must be a text"),
    ],
)
def test_wrong_options_are_reported(config, problem):
    with pytest.raises(InvalidConfigException, match=r"HandoffRecognizer in config\.yml") as error:
        recognizer(**config)
    assert problem in str(error.value)
