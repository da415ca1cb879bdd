"""The reason of a handover, in the agents' language."""

from __future__ import annotations

import pytest
from rasa_sdk import Tracker

from tests.support.policy import ANGRY, START, policy, predict, says
from zendesk_handoff import frustration
from zendesk_handoff.actions.reason import reason_for_agents
from zendesk_handoff.rasa.explanation import Explanation
from zendesk_handoff.summary import labels_of


def tracker(reason, *events):
    return Tracker("u", {"handoff_reason": reason}, {}, list(events), False, None, {}, "x")


def event(explanation):
    return {"event": "action", "metadata": {frustration.EXPLANATION_KEY: explanation}}


@pytest.fixture
def explanation():
    """Of the policy, whose user writes English."""
    prediction = predict(policy(), *START, *says(ANGRY))
    return prediction.action_metadata[frustration.EXPLANATION_KEY]


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_the_policys_reason_is_told_in_the_agents_language(explanation, language):
    given = explanation["reason"]
    told = reason_for_agents(tracker(given, {"event": "user"}, event(explanation)), language)
    signs = [frustration.Sign(*each) for each in explanation["signs"]]
    assert signs, "the user is angry for reasons that have names"
    assert told == frustration.explain(
        frustration.in_words(signs, locale=language), locale=language
    )
    assert told not in {given, reason_for_agents(tracker(given, event(explanation)), "en")}


def test_in_the_same_language_it_is_the_policys_own(explanation):
    given = explanation["reason"]
    assert reason_for_agents(tracker(given, event(explanation)), "en") == given


@pytest.mark.parametrize("reason", ["The form was sent twice.", "Betrugsverdacht"])
def test_a_reason_of_the_bots_own_is_taken_as_it_is(explanation, reason):
    assert reason_for_agents(tracker(reason, event(explanation)), "fr") == reason


@pytest.mark.parametrize("reason", [None, ""])
def test_without_a_reason_the_user_has_asked(reason):
    assert reason_for_agents(tracker(reason), "fr") == labels_of("fr").asked_for_human


@pytest.mark.parametrize("signs", [None, [], "x", [["swore"]], [[1, 2]], [["gone", 1]]])
def test_signs_that_cannot_be_read_do_not_stop_the_handover(explanation, signs):
    found = {**explanation, "signs": signs, "reasons": ["swore"]}
    assert reason_for_agents(tracker(found["reason"], event(found)), "de")


def test_an_explanation_of_an_older_model_has_no_signs(explanation):
    older = {name: value for name, value in explanation.items() if name != "signs"}
    given = explanation["reason"]
    assert reason_for_agents(tracker(given, event(older)), "de") == given
    assert Explanation(**{**older, "reasons": tuple(older["reasons"])}).signs == ()
