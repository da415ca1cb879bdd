"""The policy, with trackers built by hand: when it speaks, when it does not, and what it leaves."""

from __future__ import annotations

import json

import pytest
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException
from structlog.testing import capture_logs

from policies import FrustrationPolicy
from tests.support.servers import ROOT
from zendesk_handoff.policies.options import DEFAULTS
from zendesk_handoff.policies.turn_context import latest

DOMAIN = Domain.load(str(ROOT / "domain.yml"))
OFFER, HANDOFF = "utter_handoff_offer", "action_human_handoff"
LISTEN, LEAVE_FORM = "action_listen", "action_deactivate_loop"
ANGRY = "your answers are useless, this is ridiculous"
CALM = "how much is shipping?"


def policy(**config):
    return FrustrationPolicy.create(
        {**FrustrationPolicy.get_default_config(), **config},
        None,
        Resource("policy"),
        ExecutionContext(GraphSchema({})),
    )


def says(text, intent="complain"):
    return [UserUttered(text, intent={"name": intent, "confidence": 0.9})]


def bot(action, text="Here you are."):
    return [ActionExecuted(action), BotUttered(text), ActionExecuted(LISTEN)]


START = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(LISTEN)]
IN_FORM = [
    *START,
    *says("where is my parcel", "order_status"),
    ActionExecuted("order_status_form"),
    ActiveLoop("order_status_form"),
    SlotSet("requested_slot", "order_number"),
    BotUttered("Which order is it about?"),
    ActionExecuted(LISTEN),
]


def tracker(*events):
    return DialogueStateTracker.from_events("somebody", list(events), DOMAIN.slots)


def predicted(prediction):
    if not prediction.max_confidence:
        return None
    return DOMAIN.action_names_or_texts[prediction.max_confidence_index]


def predict(one, *events):
    return one.predict_action_probabilities(tracker(*events), DOMAIN)


def carry_out(prediction, *events):
    """Do what was predicted, as Rasa does it."""
    name = predicted(prediction)
    done = ActionExecuted(name, "FrustrationPolicy", metadata=prediction.action_metadata)
    told = [*prediction.events, *prediction.optional_events]
    after = [ActiveLoop(None), SlotSet("requested_slot", None)] if name == LEAVE_FORM else []
    return [*events, *told, done, *after]


@pytest.mark.parametrize(("mode", "action"), [("offer", OFFER), ("escalate", HANDOFF)])
def test_anger_is_answered(mode, action):
    assert predicted(predict(policy(mode=mode), *START, *says(ANGRY))) == action


@pytest.mark.parametrize("action", ["utter_shipping", "return_form"])
def test_it_wins_over_rules_and_over_a_form_that_is_asking(action):
    mine = predict(policy(), *START, *says(ANGRY))
    rule = PolicyPrediction.for_action_name(DOMAIN, action, "RulePolicy", 1.0)
    rule.is_no_user_prediction = action == "return_form"
    rule.policy_priority = 4
    for order in ([mine, rule], [rule, mine]):
        chosen = DefaultPolicyPredictionEnsemble().combine_predictions(
            order, tracker(*START, *says(ANGRY)), DOMAIN
        )
        assert predicted(chosen) == OFFER
        assert any(isinstance(event, SlotSet) for event in chosen.events)


def test_the_bot_listens_afterwards():
    for mode in ("offer", "escalate"):
        one = policy(mode=mode)
        events = [*START, *says(ANGRY)]
        done = carry_out(predict(one, *events), *events)
        assert predicted(predict(one, *done)) == LISTEN


@pytest.mark.parametrize(("mode", "action"), [("offer", OFFER), ("escalate", HANDOFF)])
def test_a_form_is_left_first(mode, action):
    one, events = policy(mode=mode), [*IN_FORM, *says(ANGRY)]
    first = predict(one, *events)
    assert predicted(first) == LEAVE_FORM
    events = carry_out(first, *events)
    second = predict(one, *events)
    assert predicted(second) == action
    events = carry_out(second, *events)
    assert predicted(predict(one, *events)) == LISTEN
    assert tracker(*events).active_loop_name is None
    assert "had enough" in tracker(*events).get_slot("handoff_reason")


def test_a_loop_that_somebody_else_leaves_is_not_its_business():
    events = [*IN_FORM, *says("stop", "stop"), ActionExecuted(LEAVE_FORM), ActiveLoop(None)]
    assert predicted(predict(policy(), *events)) is None


def test_it_says_why_in_words_and_in_figures_and_without_the_users_words():
    with capture_logs() as logs:
        prediction = predict(policy(threshold=0.4), *START, *says(ANGRY))
    [told] = prediction.optional_events
    assert told.key == "handoff_reason"
    assert "strong negative wording" in told.value
    trace = prediction.action_metadata["frustration"]
    assert trace["score"] >= trace["threshold"] == 0.4
    assert "strong negative wording" in trace["reasons"]
    [line] = logs
    assert (line["event"], line["log_level"]) == ("frustration.noticed", "info")
    assert line["score"] == trace["score"]
    assert line["reasons"] == trace["reasons"]
    for word in ("useless", "ridiculous", "answers"):
        assert word not in json.dumps([line, trace, told.value])


def test_the_reason_is_in_the_users_language():
    events = [*START, SlotSet("locale", "de-AT"), *says("Du bist ein nutzloser Idiot!")]
    [told] = predict(policy(), *events).optional_events
    assert "genug" in told.value


def test_a_bot_without_the_slot_is_served_too():
    domain = Domain.from_dict({"responses": {OFFER: [{"text": "A person?"}]}})
    talk = DialogueStateTracker.from_events("x", [*START, *says(ANGRY)], domain.slots)
    prediction = policy().predict_action_probabilities(talk, domain)
    assert domain.action_names_or_texts[prediction.max_confidence_index] == OFFER
    assert prediction.optional_events == []


@pytest.mark.parametrize(
    "events",
    [
        [*START, *says("hello, lovely to meet you!", "greet")],
        [*START, *says("my mug arrived broken, can I return it?", "return_item")],
        [*START, *says("I'd like to cancel my order please", "return_item")],
        [*IN_FORM, *says("no", "deny")],
        [*IN_FORM, *says("dunno", "nlu_fallback")],
        [*IN_FORM, *says("10234", "inform"), SlotSet("order_number", "10234")],
        [*START, *says(ANGRY, "human_handoff")],
        [*START, *says("/restart", "restart")],
        [*START, *says("EXTERNAL: angry_reminder", "angry_reminder")],
        [*START, *says("", "complain")],
        [*START, *says(ANGRY), ActionExecuted("utter_sorry")],
        [*START, *says(ANGRY), *bot("utter_sorry")],
        [*START, *says(ANGRY), ConversationPaused()],
        [*START, *says(ANGRY), ActionExecutionRejected(OFFER)],
        [*START, *bot(OFFER), *says(ANGRY)],
        START,
        [],
    ],
    ids=lambda events: str(events[-1])[:40] if events else "nothing",
)
def test_it_keeps_still(events):
    assert predicted(predict(policy(), *events)) is None


@pytest.mark.parametrize("status", ["requested", "waiting", "active"])
def test_it_keeps_still_during_a_session(status):
    events = [*START, SlotSet("handoff_status", status), *says(ANGRY)]
    assert predicted(predict(policy(), *events)) is None


def test_an_answer_that_a_form_has_taken_needs_a_clearer_case():
    asked = [
        *START,
        *says("I want to return a mug", "return_item"),
        ActionExecuted("return_form"),
        ActiveLoop("return_form"),
        SlotSet("requested_slot", "return_reason"),
        BotUttered("And what is the reason for sending it back?"),
        ActionExecuted(LISTEN),
    ]
    text = "terrible quality, the handle came off"
    taken = SlotSet("return_reason", text)
    assert predicted(predict(policy(threshold=0.45), *asked, *says(text))) == LEAVE_FORM
    assert predicted(predict(policy(threshold=0.45), *asked, *says(text, "inform"), taken)) is None
    insult = says("because you are a stupid useless idiot bot!!", "inform")
    assert predicted(predict(policy(), *asked, *insult, taken)) == LEAVE_FORM


@pytest.mark.parametrize("cooldown", [0, 1, 3])
def test_after_a_no_it_waits(cooldown):
    one = policy(cooldown=cooldown)
    events = [*START, *bot(OFFER), *says("no", "deny"), *bot("utter_handoff_declined")]
    for _ in range(cooldown):
        assert predicted(predict(one, *events, *says(ANGRY))) is None
        events += [*says(ANGRY), *bot("utter_sorry")]
    assert predicted(predict(one, *events, *says(ANGRY))) == OFFER


@pytest.mark.parametrize("status", ["ended", "failed"])
def test_after_a_session_it_waits(status):
    one = policy(cooldown=2)
    events = [*START, *says("human", "human_handoff"), ActionExecuted(HANDOFF)]
    events += [SlotSet("handoff_status", status), *START[:2]]
    events += [SlotSet("handoff_status", status), ActionExecuted(LISTEN)]  # carried over
    for _ in range(2):
        assert predicted(predict(one, *events, *says(ANGRY))) is None
        events += [*says(ANGRY), *bot("utter_sorry")]
    assert predicted(predict(one, *events, *says(ANGRY))) == OFFER


def test_a_rasa_session_that_begins_after_a_handover_waits_too():
    # Tracker stores give the current session alone: what went before is in its slots.
    events = [*START[:2], SlotSet("handoff_status", "ended"), ActionExecuted(LISTEN)]
    assert predicted(predict(policy(cooldown=1), *events, *says(ANGRY))) is None
    events += [*says(CALM), *bot("utter_shipping")]
    assert predicted(predict(policy(cooldown=1), *events, *says(ANGRY))) == OFFER


def test_a_reason_from_an_older_rasa_session_is_no_reason_now():
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


def test_a_yes_takes_the_reason_along():
    events = [*offered(), *says("yes", "affirm")]
    assert "had enough" in reason_after(*events)
    waiting = [*events, ActionExecuted(HANDOFF), SlotSet("handoff_status", "waiting")]
    assert "had enough" in reason_after(*waiting, *says("hello?"))


def test_a_no_does_away_with_the_reason():
    assert reason_after(*offered(), *says("no", "deny")) is None


def test_an_offer_that_is_passed_over_leaves_no_reason_behind():
    events = [*offered(), *says(CALM, "shipping"), *bot("utter_shipping")]
    assert reason_after(*events, *says("a human please", "human_handoff")) is None


def test_a_handover_that_never_came_about_leaves_no_reason_behind():
    events = [*START, *says(ANGRY)]
    done = carry_out(predict(policy(mode="escalate"), *events), *events)
    done = [*done, ActionExecuted(LISTEN), *says("a human please", "human_handoff")]
    assert reason_after(*done) is None


def test_a_reason_that_somebody_else_gave_is_left_alone():
    events = [*offered(), SlotSet("handoff_reason", "A supervisor's request.")]
    assert reason_after(*events, *says("no", "deny")) == "A supervisor's request."


def test_failures_add_up_within_the_window_alone():
    lost = [*says("the blue lamp", "nlu_fallback"), *bot("utter_ask_rephrase", "Pardon?")]
    calm = [*says("opening hours?", "opening_hours"), *bot("utter_opening_hours", "Nine to six.")]
    again = says("when does the blue lamp arrive", "nlu_fallback")
    assert predicted(predict(policy(), *START, *lost * 3, *again)) == OFFER
    assert predicted(predict(policy(window=2), *START, *lost * 3, *calm * 2, *again)) is None


def test_a_long_history_is_not_read():
    many = [each for _ in range(3000) for each in [*says(CALM), *bot("utter_shipping")]]
    events = latest([*many, *says(ANGRY)], messages=5)
    assert sum(isinstance(event, UserUttered) for event in events) == 5
    assert len(events) < 25


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"treshold": 0.5}, "treshold is not an option (did you mean threshold?)"),
        ({"colour": 1}, "colour is not an option (there are threshold, window"),
        ({"threshold": 0}, "threshold must be a number above 0"),
        ({"threshold": "high"}, "threshold must be a number"),
        ({"threshold": True}, "threshold must be a number"),
        ({"threshold": float("nan")}, "threshold must be a number"),
        ({"window": 0}, "window must be a whole number from 1 on"),
        ({"window": 2.5}, "window must be a whole number"),
        ({"cooldown": -1}, "cooldown must be a whole number from 0 on"),
        ({"mode": "maybe"}, "mode must be offer or escalate"),
        ({"mode": False}, "mode must be offer or escalate"),
        ({"mode": ["offer"]}, "mode must be offer or escalate"),
    ],
)
@pytest.mark.parametrize("make", ["create", "load"])
def test_a_wrong_option_is_told(config, words, make):
    with pytest.raises(InvalidConfigException) as told:
        getattr(FrustrationPolicy, make)(
            {**DEFAULTS, **config}, None, Resource("policy"), ExecutionContext(GraphSchema({}))
        )
    assert words in str(told.value)


def test_all_faults_are_told_at_once():
    with pytest.raises(InvalidConfigException, match=r"window.*cooldown.*mode"):
        policy(window=0, cooldown="x", mode="?")


@pytest.mark.parametrize(("mode", "action"), [("offer", OFFER), ("escalate", HANDOFF)])
def test_a_domain_without_the_action_is_told_when_training(mode, action):
    with pytest.raises(InvalidConfigException, match=action):
        policy(mode=mode).train([], Domain.empty())
    assert policy(mode=mode).train([], DOMAIN).name == "policy"
