"""The demo shop's own actions: look up an order, register a return.

The catalogue is part of this module: the demo needs no database and always answers the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher


@dataclass(frozen=True)
class Order:
    """An order in the shop's catalogue.

    Attributes:
        item: The article as it reads inside a sentence, with its article word.
        status: The rest of the sentence "Order 10234, a blue kettle, …".
        returnable: Whether the shop takes it back without asking.
    """

    item: str
    status: str
    returnable: bool = True


CATALOGUE: Final[Mapping[str, Order]] = MappingProxyType(
    {
        "10234": Order("a blue enamel kettle", "is on its way and should arrive tomorrow"),
        "10387": Order("two linen tablecloths", "was delivered and left with your neighbour"),
        "10412": Order("an oak side table", "is being packed and leaves our warehouse today"),
        "10555": Order(
            "a wool rug",
            "is late: the carrier reports a delay of three days, and we are sorry about that",
        ),
        "10601": Order(
            "a door sign with your name", "was delivered on the agreed day", returnable=False
        ),
        "10777": Order("a set of six glasses", "was cancelled, and your money is on its way back"),
    }
)

_ORDER_NUMBER = re.compile(r"\d{5}")


def normalise_order_number(said: object) -> str | None:
    """Return the five digits of an order number, or None when it cannot be one.

    Args:
        said: What the user wrote, such as ``#10 234`` or ``10234``.
    """
    digits = re.sub(r"[\s#.\-]", "", str(said or ""))
    return digits if _ORDER_NUMBER.fullmatch(digits) else None


def describe_order(number: str) -> str:
    """Describe an order, or say that it is not found."""
    order = CATALOGUE.get(number)
    if order is None:
        return (
            f"I cannot find an order {number}. Please check the number in your confirmation "
            "e-mail; a colleague can also search by your name."
        )
    return f"Order {number}, {order.item}, {order.status}."


def describe_return(number: str, reason: str) -> str:
    """Describe the outcome of a return: registered, not possible, or order not found."""
    order = CATALOGUE.get(number)
    if order is None:
        return (
            f"I cannot find an order {number}, so I have not registered a return. A colleague "
            "can search for it by your name."
        )
    if not order.returnable:
        return (
            f"Order {number}, {order.item}, was made for you, so I cannot take it back by "
            "myself. A colleague can look into it."
        )
    return (
        f"I have registered the return of order {number}, {order.item} (reason: {reason}). "
        "A label is on its way to your e-mail, and you have 30 days."
    )


class ActionOrderStatus(Action):
    """Answer with the status of an order: ``action_order_status``."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_order_status"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Utter the status, and reset an unknown number so that the form asks again."""
        number = str(tracker.get_slot("order_number") or "")
        dispatcher.utter_message(text=describe_order(number))
        return [] if number in CATALOGUE else [SlotSet("order_number", None)]


class ActionRegisterReturn(Action):
    """Register a return: ``action_register_return``."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_register_return"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Register the return, and reset the slots that the next return must ask for."""
        number = str(tracker.get_slot("order_number") or "")
        reason = str(tracker.get_slot("return_reason") or "not given")
        dispatcher.utter_message(text=describe_return(number, reason))
        order = CATALOGUE.get(number)
        if order is None:
            return [SlotSet("order_number", None)]
        return [SlotSet("return_reason", None)] if order.returnable else []


class _ValidatesOrderNumber:
    """The validation that both forms share: an order number has five digits."""

    def validate_order_number(
        self,
        slot_value: object,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> dict[str, Any]:
        """Keep a well-formed number, or utter an example of one."""
        number = normalise_order_number(slot_value)
        if number is None:
            dispatcher.utter_message(response="utter_order_number_malformed")
        return {"order_number": number}


class ValidateOrderStatusForm(_ValidatesOrderNumber, FormValidationAction):
    """Check the answers in ``order_status_form``."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "validate_order_status_form"


class ValidateReturnForm(_ValidatesOrderNumber, FormValidationAction):
    """Check the answers in ``return_form``."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "validate_return_form"
