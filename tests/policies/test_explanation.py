"""The policy's explanation, and the life of the reason in the tracker."""

from __future__ import annotations

import json

from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    SlotSet,
)
from structlog.testing import capture_logs

from tests.support.policy import (
    ANGRY,
    CALM,
    HANDOFF,
    LISTEN,
    START,
    bot,
    carry_out,
    policy,
    predict,
    says,
    tracker,
)


def test_the_explanation_has_reasons_and_figures_but_no_words_of_the_user():
    with capture_logs() as logs:
        prediction = predict(policy(threshold=0.4), *START, *says(ANGRY))
    [slot] = prediction.optional_events
    assert slot.key == "handoff_reason"
    assert "strong negative wording" in slot.value
    explanation = prediction.action_metadata["frustration"]
    assert explanation["score"] >= explanation["threshold"] == 0.4
    assert "strong negative wording" in explanation["reasons"]
    [line] = logs
    assert (line["event"], line["log_level"]) == ("frustration.noticed", "info")
    assert line["score"] == explanation["score"]
    assert line["reasons"] == explanation["reasons"]
    for word in ("useless", "ridiculous", "answers"):
        assert word not in json.dumps([line, explanation, slot.value])


def test_the_reason_is_in_the_users_language():
    events = [*START, SlotSet("locale", "de-AT"), *says("Du bist ein nutzloser Idiot!")]
    [slot] = predict(policy(), *events).optional_events
    assert "genug" in slot.value


def test_a_reason_of_an_older_rasa_session_is_cleared():
    carried = [*START[:2], SlotSet("handoff_reason", "Long ago."), ActionExecuted(LISTEN)]
    assert reason_after(*carried, *says("a human please", "human_handoff")) is None
    given = [*START, SlotSet("handoff_reason", "Just now.")]
    assert reason_after(*given, *says("a human please", "human_handoff")) == "Just now."


def offered():
    events = [*START, *says(ANGRY)]
    return [
        *carry_out(predict(policy(), *events), *events),
        BotUttered("A person?"),
        ActionExecuted(LISTEN),
    ]


def reason_after(*events):
    prediction = predict(policy(), *events)
    return tracker(*events, *prediction.events).get_slot("handoff_reason")


def test_a_yes_keeps_the_reason():
    events = [*offered(), *says("yes", "affirm")]
    assert "had enough" in reason_after(*events)
    waiting = [*events, ActionExecuted(HANDOFF), SlotSet("handoff_status", "waiting")]
    assert "had enough" in reason_after(*waiting, *says("hello?"))


def test_a_no_clears_the_reason():
    assert reason_after(*offered(), *says("no", "deny")) is None


def test_an_ignored_offer_clears_the_reason():
    events = [*offered(), *says(CALM, "shipping"), *bot("utter_shipping")]
    assert reason_after(*events, *says("a human please", "human_handoff")) is None


def test_a_failed_handover_clears_the_reason():
    events = [*START, *says(ANGRY)]
    done = carry_out(predict(policy(mode="escalate"), *events), *events)
    done = [*done, ActionExecuted(LISTEN), *says("a human please", "human_handoff")]
    assert reason_after(*done) is None


def test_a_reason_set_by_others_is_kept():
    events = [*offered(), SlotSet("handoff_reason", "A supervisor's request.")]
    assert reason_after(*events, *says("no", "deny")) == "A supervisor's request."
