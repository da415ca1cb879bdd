"""The demo shop's own actions."""

from __future__ import annotations

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.shop import (
    CATALOGUE,
    ActionOrderStatus,
    ActionRegisterReturn,
    ValidateOrderStatusForm,
    ValidateReturnForm,
    describe_order,
    describe_return,
    normalise_order_number,
)


def tracker_with(**slots: object) -> Tracker:
    return Tracker("ada", slots, {}, [], False, None, {}, "action_listen")


@pytest.mark.parametrize("said", ["10234", "#10234", " 10 234 ", "10-234", 10234])
def test_spellings_of_an_order_number(said: object):
    assert normalise_order_number(said) == "10234"


@pytest.mark.parametrize("said", ["123", "123456", "", None, "abcde", "1023x"])
def test_invalid_order_numbers(said: object):
    assert normalise_order_number(said) is None


@pytest.mark.parametrize("number", CATALOGUE)
def test_every_order_is_described_in_a_sentence(number: str):
    sentence = describe_order(number)
    assert sentence.startswith(f"Order {number}, ")
    assert sentence.endswith(".")
    assert describe_order(number) == sentence


def test_an_unknown_order():
    assert "cannot find an order 99999" in describe_order("99999")


def test_a_return_names_order_and_reason():
    sentence = describe_return("10387", "too small")
    assert "registered the return of order 10387" in sentence
    assert "too small" in sentence


@pytest.mark.parametrize("number", ["99999", "10601"])
def test_returns_that_the_shop_does_not_accept(number: str):
    sentence = describe_return(number, "changed my mind")
    assert "I have registered" not in sentence
    assert "colleague" in sentence


def test_the_status_of_a_known_order_keeps_the_number():
    dispatcher = CollectingDispatcher()
    assert ActionOrderStatus().run(dispatcher, tracker_with(order_number="10234"), {}) == []
    assert [m["text"] for m in dispatcher.messages] == [describe_order("10234")]


def test_an_unknown_number_is_cleared_and_the_bot_asks_again():
    dispatcher = CollectingDispatcher()
    events = ActionOrderStatus().run(dispatcher, tracker_with(order_number="99999"), {})
    assert [(e["name"], e["value"]) for e in events] == [("order_number", None)]


@pytest.mark.parametrize(
    ("number", "cleared"),
    [("10387", ["return_reason"]), ("99999", ["order_number"]), ("10601", [])],
)
def test_a_return_clears_only_finished_slots(number: str, cleared: list[str]):
    dispatcher = CollectingDispatcher()
    tracker = tracker_with(order_number=number, return_reason="too small")
    events = ActionRegisterReturn().run(dispatcher, tracker, {})
    assert [e["name"] for e in events] == cleared
    assert len(dispatcher.messages) == 1


@pytest.mark.parametrize("form", [ValidateOrderStatusForm, ValidateReturnForm])
def test_both_forms_check_the_number(form: type):
    dispatcher = CollectingDispatcher()
    tracker = tracker_with()
    assert form().validate_order_number("#10 234", dispatcher, tracker, {}) == {
        "order_number": "10234"
    }
    assert dispatcher.messages == []
    assert form().validate_order_number("77", dispatcher, tracker, {}) == {"order_number": None}
    assert [m["response"] for m in dispatcher.messages] == ["utter_order_number_malformed"]
