"""A bot of stories, TEDPolicy and a domain folder, without RulePolicy, trained."""

from __future__ import annotations

from functools import wraps
from unittest import mock

import pytest
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.ted_policy import TEDPolicy
from rasa.core.tracker_store import InMemoryTrackerStore

from tests.support.bots import (
    LIGHT_PIPELINE,
    actions_after,
    configuration,
    load_agent,
    nlu,
    story,
    train_bot,
    write_bot,
)
from zendesk_handoff.domain.responses import responses_in

# The first test trains the bot, with TensorFlow.
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(600)]

REQUEST = "I want to talk to a human"
#: What TEDPolicy is made to think.
GUESSES = [*responses_in(None), "action_human_handoff", "action_end_handoff"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bot(
        tmp_path_factory.mktemp("library"),
        config=configuration(
            {"name": "MemoizationPolicy", "max_history": 3},
            {"name": "TEDPolicy", "max_history": 3, "epochs": 1},
            pipeline=[*LIGHT_PIPELINE, {"name": "FallbackClassifier", "threshold": 0.2}],
        ),
        domain__intents={"version": "3.1", "intents": ["greet", "find_book", "yes", "no_thanks"]},
        domain__talk__responses={
            "version": "3.1",
            "responses": {
                "utter_greet": [{"text": "Welcome to the library."}],
                "utter_book": [{"text": "Second floor."}],
            },
        },
        nlu=nlu(
            greet=["hello", "hi there", "good morning", "hey"],
            find_book=["where is the book", "find a novel", "which shelf has the atlas"],
            yes=["yes", "sure", "okay", "yeah", "of course"],
            no_thanks=["no", "nope", "not now", "no thanks"],
        ),
        stories={
            "version": "3.1",
            "stories": [
                story("greet", "utter_greet", "find_book", "utter_book"),
                story("find_book", "utter_book", "greet", "utter_greet"),
            ],
        },
    )


@pytest.fixture(scope="module")
def guess():
    """Make TEDPolicy sure of one action, as one with too few stories may be of any."""
    wanted = {"action": None}
    predict = TEDPolicy.predict_action_probabilities

    @wraps(predict)
    def guess(policy, tracker, domain, **more):
        if wanted["action"] is None:
            return predict(policy, tracker, domain, **more)
        scores = [0.0] * len(domain.action_names_or_texts)
        scores[domain.index_for_action(wanted["action"])] = 0.9
        scores[domain.index_for_action("utter_book")] = 0.1
        return PolicyPrediction(scores, "TEDPolicy", 1)

    with mock.patch.object(TEDPolicy, "predict_action_probabilities", guess):
        yield wanted


@pytest.fixture(scope="module")
def loaded(folder, guess):
    return load_agent(train_bot(folder))


@pytest.fixture
def agent(loaded, guess):
    guess["action"] = None
    loaded.tracker_store = InMemoryTrackerStore(loaded.domain)
    loaded.processor.tracker_store = loaded.tracker_store
    return loaded


@pytest.mark.parametrize("guessed", GUESSES)
async def test_no_word_of_the_plugin_is_guessed(agent, guess, guessed):
    guess["action"] = guessed
    assert not set(GUESSES) & set(await actions_after(agent, "sure", "find a novel, hello"))


async def test_a_guess_at_the_bots_own_words_is_left_alone(agent, guess):
    guess["action"] = "utter_greet"
    assert (await actions_after(agent, "sure"))[0] == "utter_greet"


async def test_the_request_is_heard_although_the_bot_had_no_rules(agent):
    assert await actions_after(agent, "hello", REQUEST) == ["action_human_handoff"]
    assert await actions_after(agent, "hello", sender="another") == ["utter_greet"]


async def test_the_offer_is_answered_with_the_bots_own_yes_and_no(agent):
    angry = "this is ridiculous, your answers are useless, what a joke"
    assert await actions_after(agent, angry, sender="王 小明") == ["utter_handoff_offer"]
    assert await actions_after(agent, "yeah", sender="王 小明") == ["action_human_handoff"]
    assert await actions_after(agent, angry, sender="Dr. Bo 🙂") == ["utter_handoff_offer"]
    assert await actions_after(agent, "nope", sender="Dr. Bo 🙂") == ["utter_handoff_declined"]
    buttons = agent.domain.responses["utter_handoff_offer"][0]["buttons"]
    assert [button["payload"] for button in buttons] == ["/yes", "/no_thanks"]
    assert not {"affirm", "deny"} & set(agent.domain.intents)


async def test_the_plugin_s_intent_leaves_the_bots_own_alone(agent):
    for text, intent in (("hi there", "greet"), ("find a novel", "find_book"), ("sure", "yes")):
        assert (await agent.parse_message(text))["intent"]["name"] == intent
