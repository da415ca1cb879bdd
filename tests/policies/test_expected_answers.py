"""Answers that the bot's own stories and rules expect: learnt, stored, and spared by the policy."""

from __future__ import annotations

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.generator import TrainingDataGenerator
from rasa.shared.importers.rasa import RasaFileImporter

from tests.support.bots import rule, story, write_bot
from tests.support.policy import (
    ANGRY,
    DOMAIN,
    HANDOFF,
    OFFER,
    START,
    bot,
    policy,
    predict,
    predicted,
    says,
)
from zendesk_handoff.policies import FrustrationPolicy
from zendesk_handoff.policies.expected_answers import expected_answers

CONTEXT = ExecutionContext(GraphSchema({}))
SAD = "very terrible"
INSULT = "terrible, you stupid useless idiot bot!!"
GREETED = [*START, *says("hello", "greet"), *bot("utter_greet", "Hey! How are you?")]


def trackers_of(folder, *, rules=(), stories=()):
    """Make Rasa's training trackers, glued ones included."""
    domain = {
        "version": "3.1",
        "intents": ["greet", "sad", "happy", "yes", "no", "nlu_fallback"],
        "forms": {"rating_form": {"required_slots": []}},
        "responses": {
            f"utter_{each}": [{"text": each}] for each in ("greet", "cheer_up", "helped", "bye")
        },
    }
    write_bot(
        folder,
        domain=domain,
        rules={"version": "3.1", "rules": list(rules)},
        stories={"version": "3.1", "stories": list(stories)},
    )
    files = RasaFileImporter(
        domain_path=str(folder / "domain.yml"), training_data_paths=[str(folder / "data")]
    )
    return TrainingDataGenerator(files.get_stories(), files.get_domain()).generate()


@pytest.fixture(scope="module")
def trackers(tmp_path_factory):
    """A bot that asks how its user is, as that of `rasa init` does."""
    sad = ("greet", "utter_greet", "sad", "utter_cheer_up", "utter_helped")
    found = trackers_of(
        tmp_path_factory.mktemp("bot"),
        rules=[rule("no", "utter_bye")],
        stories=[
            story("greet", "utter_greet", "happy", "utter_bye"),
            story(*sad, "yes", "utter_bye"),
            story(*sad, "no", "utter_bye"),
        ],
    )
    assert any(each.is_augmented for each in found)
    return found


@pytest.fixture(params=["trained", "loaded"])
def trained(request, trackers, tmp_path):
    """Train the policy, and load it where that is wanted."""

    def make(**options):
        storage = LocalModelStorage.create(tmp_path)
        one = policy(storage, **options)
        resource = one.train(trackers, DOMAIN)
        if request.param == "trained":
            return one
        return FrustrationPolicy.load(one.config, storage, resource, CONTEXT)

    return make


def test_answers_come_from_stories(trackers):
    assert expected_answers(trackers) == {
        ("utter_greet", "happy"),
        ("utter_greet", "sad"),
        ("utter_helped", "yes"),
        ("utter_helped", "no"),
    }


def test_a_rule_counts_if_it_begins_with_an_action(tmp_path):
    found = trackers_of(
        tmp_path,
        rules=[
            rule("utter_helped", "sad", "utter_bye"),
            rule("utter_helped", "nlu_fallback", "utter_bye"),
            rule("happy", "utter_bye"),
            rule("sad", "utter_cheer_up", form="rating_form"),
        ],
    )
    assert expected_answers(found) == {("utter_helped", "sad")}


@pytest.mark.parametrize("said", [SAD, "my day was horrible", "terrible, awful"])
@pytest.mark.parametrize(("mode", "action"), [("offer", OFFER), ("escalate", HANDOFF)])
def test_an_answer_that_the_bot_expects_is_left_to_it(trained, mode, action, said):
    one = trained(mode=mode)
    assert predicted(predict(policy(mode=mode), *GREETED, *says(said, "sad"))) == action
    assert predicted(predict(one, *GREETED, *says(said, "sad"))) is None
    assert predicted(predict(one, *GREETED, *says(INSULT, "sad"))) == action


@pytest.mark.parametrize("intent", ["goodbye", "nlu_fallback", None, "sa\u202ed"])
def test_another_message_in_the_same_place_is_not(trained, intent):
    assert predicted(predict(trained(), *GREETED, *says(SAD, intent))) == OFFER


@pytest.mark.parametrize(
    "before",
    [
        START,
        [*START, *says("hello", "greet")],
        [*GREETED, *says("fine", "happy"), *bot("utter_bye", "Great, carry on!")],
        [*GREETED, *says("hm", "nlu_fallback"), *bot("utter_default", "What was that?")],
    ],
)
def test_the_same_message_in_another_place_is_not(trained, before):
    assert predicted(predict(trained(), *before, *says(ANGRY, "sad"))) == OFFER


def test_what_follows_the_answer_is_scored_as_ever(trained):
    one = trained()
    sad = [*GREETED, *says(SAD, "sad"), *bot("utter_cheer_up", "Here is something:")]
    asked = [*sad, ActionExecuted("utter_helped"), ActionExecuted("action_listen")]
    assert predicted(predict(one, *asked, *says("no", "no"))) is None
    assert predicted(predict(one, *asked, *says(ANGRY, "complain"))) == OFFER


def test_a_model_of_an_older_version_expects_nothing(tmp_path):
    storage = LocalModelStorage.create(tmp_path)
    one = FrustrationPolicy.load(policy().config, storage, Resource("older"), CONTEXT)
    assert predicted(predict(one, *GREETED, *says(SAD, "sad"))) == OFFER
