"""The policy's predictions, on trackers built by hand."""

from __future__ import annotations

import pytest
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    SlotSet,
)
from rasa.shared.core.trackers import DialogueStateTracker

from tests.support.opening_hours import DAY, set_hour
from tests.support.policy import (
    ANGRY,
    CALM,
    DOMAIN,
    HANDOFF,
    IN_FORM,
    LEAVE_FORM,
    LISTEN,
    OFFER,
    START,
    bot,
    carry_out,
    policy,
    predict,
    predicted,
    says,
    tracker,
)
from zendesk_handoff.domain.responses import OFFER_MESSAGE
from zendesk_handoff.rasa import hours


@pytest.mark.parametrize(("mode", "action"), [("offer", OFFER), ("escalate", HANDOFF)])
def test_a_frustrated_user_gets_the_offer_or_the_handover(mode, action):
    assert predicted(predict(policy(mode=mode), *START, *says(ANGRY))) == action


@pytest.mark.parametrize("action", ["utter_shipping", "return_form"])
def test_it_takes_precedence_over_rules_and_forms(action):
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
def test_a_form_is_deactivated_first(mode, action):
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


def test_a_loop_that_others_deactivate_is_ignored():
    events = [*IN_FORM, *says("stop", "stop"), ActionExecuted(LEAVE_FORM), ActiveLoop(None)]
    assert predicted(predict(policy(), *events)) is None


def test_a_domain_without_the_slot_gets_no_slot_event():
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
def test_it_predicts_nothing(events):
    assert predicted(predict(policy(), *events)) is None


@pytest.mark.parametrize("status", ["requested", "waiting", "active"])
def test_it_predicts_nothing_during_a_session(status):
    events = [*START, SlotSet("handoff_status", status), *says(ANGRY)]
    assert predicted(predict(policy(), *events)) is None


def test_an_answer_to_a_form_needs_a_higher_score():
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
def test_a_cooldown_follows_a_no(cooldown):
    one = policy(cooldown=cooldown)
    events = [*START, *bot(OFFER), *says("no", "deny"), *bot("utter_handoff_declined")]
    for _ in range(cooldown):
        assert predicted(predict(one, *events, *says(ANGRY))) is None
        events += [*says(ANGRY), *bot("utter_sorry")]
    assert predicted(predict(one, *events, *says(ANGRY))) == OFFER


@pytest.mark.parametrize("status", ["ended", "failed"])
def test_a_cooldown_follows_a_session(status):
    one = policy(cooldown=2)
    events = [*START, *says("human", "human_handoff"), ActionExecuted(HANDOFF)]
    events += [SlotSet("handoff_status", status), *START[:2]]
    events += [SlotSet("handoff_status", status), ActionExecuted(LISTEN)]  # carried over
    for _ in range(2):
        assert predicted(predict(one, *events, *says(ANGRY))) is None
        events += [*says(ANGRY), *bot("utter_sorry")]
    assert predicted(predict(one, *events, *says(ANGRY))) == OFFER


def test_a_cooldown_begins_a_rasa_session_after_a_handover():
    # Tracker stores give the current session alone: what went before is in its slots.
    events = [*START[:2], SlotSet("handoff_status", "ended"), ActionExecuted(LISTEN)]
    assert predicted(predict(policy(cooldown=1), *events, *says(ANGRY))) is None
    events += [*says(CALM), *bot("utter_shipping")]
    assert predicted(predict(policy(cooldown=1), *events, *says(ANGRY))) == OFFER


def test_failures_add_up_within_the_window():
    lost = [*says("the blue lamp", "nlu_fallback"), *bot("utter_ask_rephrase", "Pardon?")]
    calm = [*says("opening hours?", "opening_hours"), *bot("utter_opening_hours", "Nine to six.")]
    again = says("when does the blue lamp arrive", "nlu_fallback")
    assert predicted(predict(policy(), *START, *lost * 3, *again)) == OFFER
    assert predicted(predict(policy(window=2), *START, *lost * 3, *calm * 2, *again)) is None


@pytest.mark.parametrize(
    ("closed", "mode", "action"),
    [
        ("bot", "offer", None),
        ("bot", "escalate", None),
        ("message", "offer", OFFER_MESSAGE),
        ("message", "escalate", HANDOFF),
        ("hand_over", "offer", OFFER),
        ("hand_over", "escalate", HANDOFF),
    ],
)
def test_it_offers_what_is_possible_at_that_hour(monkeypatch, closed, mode, action):
    set_hour(monkeypatch, closed)
    assert predicted(predict(policy(mode=mode), *START, *says(ANGRY))) == action
    set_hour(monkeypatch, closed, DAY)
    by_day = {"offer": OFFER, "escalate": HANDOFF}[mode]
    assert predicted(predict(policy(mode=mode), *START, *says(ANGRY))) == by_day


def test_the_hours_are_looked_up_for_a_frustrated_user_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(hours, "possible_now", lambda *given: asked.append(given) or "person")
    assert predicted(predict(policy(), *START, *says(CALM))) is None
    assert asked == []
    assert predicted(predict(policy(), *START, *says(ANGRY))) == OFFER
    assert len(asked) == 1


def test_a_refused_message_counts_as_a_refused_offer(monkeypatch):
    set_hour(monkeypatch, "message")
    events = [*START, *says(ANGRY), *bot(OFFER_MESSAGE), *says("no", "deny"), *bot("utter_x")]
    assert predicted(predict(policy(), *events, *says(ANGRY))) is None


def test_hours_of_another_workspace_are_none_of_its_users(monkeypatch):
    set_hour(monkeypatch, "bot")
    other = SlotSet("workspace", "a tenant without a connector")
    assert predicted(predict(policy(), *START, other, *says(ANGRY))) == OFFER


@pytest.mark.parametrize("form", ["handoff_message_form", "handoff_contact_form"])
def test_the_plugins_own_questions_are_left_alone(form):
    asking = [ActionExecuted(form), ActiveLoop(form), ActionExecuted(LISTEN)]
    assert predicted(predict(policy(), *START, *says("a human"), *asking, *says(ANGRY))) is None


def test_the_reason_is_kept_while_questions_are_asked():
    one = policy(mode="escalate")
    events = carry_out(predict(one, *START, *says(ANGRY)), *START, *says(ANGRY))
    asking = [SlotSet("handoff_contact", "asked"), ActionExecuted(LISTEN), *says(CALM), *says(CALM)]
    calm = policy(mode="escalate", threshold=1.0)
    assert predict(calm, *events, *asking).events == []
    answered = [*events, *asking, SlotSet("handoff_contact", None)]
    assert predict(calm, *answered).events == [SlotSet("handoff_reason", None)]
