"""The webhook and the trigger by which Zendesk Support tells that a ticket is solved.

Conditions are those of developer.zendesk.com's "Conditions reference", in which the operator
``value`` is "changed to"; the action is that of the "Actions reference". docs/ends.md describes
both for people.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from zendesk_handoff.domain.ticket import DEFAULT_TAGS
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.provisioning.wanted import (
    check_address,
    integration_name,
    same_address,
)
from zendesk_handoff.zendesk.support_administration import (
    BY_TRIGGERS,
    NOTIFY,
    Action,
    Condition,
    Conditions,
    SupportAdministration,
    TicketTrigger,
    TicketWebhook,
    to_json,
)

_SOLVED = Condition("status", "value", "solved")


@dataclass(frozen=True)
class WantedTrigger:
    """What the account must have.

    Args:
        name: The webhook's name for people, by which it is found again.
        target: Its address.
        tag: A tag that the tickets of all handovers have, if there is one.
        session_field: The ticket field with the reference, if it is no tag.
    """

    name: str
    target: str
    tag: str | None
    session_field: str | None

    @property
    def title(self) -> str:
        """The trigger's title, by which it is found again."""
        return f"{self.name}, ticket solved"

    @property
    def body(self) -> str:
        """The body of its calls, with Zendesk's placeholders."""
        return json.dumps(self._values, indent=2)

    @property
    def webhook(self) -> dict[str, Any]:
        """The webhook's properties, except for its name."""
        return {
            "endpoint": self.target,
            "http_method": "POST",
            "request_format": "json",
            "status": "active",
        }

    @property
    def conditions(self) -> Conditions:
        """The conditions of a new trigger."""
        tag = [Condition("current_tags", "includes", self.tag)] if self.tag else []
        return Conditions(all=[_SOLVED, *tag])

    def is_body(self, text: object) -> bool:
        """Tell whether the body of a trigger says what is needed."""
        try:
            found = json.loads(text) if isinstance(text, str) else None
        except ValueError:
            return False
        needed = {key: value for key, value in self._values.items() if value}
        if self.session_field:
            del needed["tags"]  # the reference is in the field
        return (
            isinstance(found, dict)
            and needed.items()
            <= {key: value for key, value in found.items() if isinstance(value, str)}.items()
        )

    @property
    def _values(self) -> dict[str, str]:
        field = f"{{{{ticket.ticket_field_{self.session_field}}}}}" if self.session_field else ""
        return {
            "event": "solved",
            "reference": field,
            "tags": "{{ticket.tags}}",
            "updated_at": "{{ticket.updated_at_with_timestamp}}",
        }


@dataclass
class MadeTrigger:
    """What there is by now: found, or made by the steps so far.

    Attributes:
        webhook_id: The webhook.
        secret: Its signing secret, if it is known.
    """

    webhook_id: str = ""
    secret: str | None = None


@dataclass(frozen=True)
class TriggerStep:
    """A change of the account.

    Args:
        subject: What is changed, in a word.
        change: How, for people; names in it may be foreign.
        apply: Makes the change.
    """

    subject: str
    change: str
    apply: Callable[[SupportAdministration, MadeTrigger], Awaitable[None]]


@dataclass(frozen=True)
class TriggerPlan:
    """What is there, what is to be changed, and what a person should know.

    Args:
        present: What is as it should be: subject and words.
        steps: The changes, in order.
        notes: Sentences.
        webhook_id: The webhook that is there, or empty.
        secret: Its signing secret.
    """

    present: tuple[tuple[str, str], ...]
    steps: tuple[TriggerStep, ...]
    notes: tuple[str, ...]
    webhook_id: str = ""
    secret: str | None = None


def wanted_trigger(connector: Connector, public_url: str) -> WantedTrigger:
    """Tell what a connector needs.

    Args:
        connector: The connector.
        public_url: The address of the Rasa server.

    Raises:
        CannotSetUp: Zendesk cannot reach the address.
    """
    check_address(connector, public_url)
    tags = connector.ticket.tags
    written = DEFAULT_TAGS if tags is None else [each.text for each in tags if not each.names]
    return WantedTrigger(
        name=integration_name(connector.id),
        target=connector.ticket_events_url(public_url),
        tag=next((each.lower() for each in written if each), None),
        session_field=connector.session_field,
    )


async def plan_trigger(admin: SupportAdministration, wanted: WantedTrigger) -> TriggerPlan:
    """Look at the account, and plan; nothing is changed.

    Args:
        admin: The account's administration.
        wanted: What the connector needs.

    Raises:
        ConversationsError: A call has failed.
    """
    webhooks, triggers = await admin.list_webhooks(), await admin.list_triggers()
    webhook = _find_webhook(webhooks, triggers, wanted)
    secret = None if webhook is None else await admin.signing_secret(webhook.id)
    known = {each.id for each in webhooks}
    trigger = _find_trigger(triggers, webhook, wanted)
    present: list[tuple[str, str]] = []
    steps: list[TriggerStep] = []
    if webhook is None:
        steps.append(_create_webhook(wanted))
    elif step := _update_webhook(webhook, wanted):
        steps.append(step)
    else:
        present.append(("webhook", f"{webhook.name!r}, to {webhook.endpoint}"))
    if trigger is None:
        steps.append(_create_trigger(wanted))
    elif step := _update_trigger(trigger, webhook, wanted, known):
        steps.append(step)
    else:
        present.append(("trigger", f"{trigger.title!r}, for solved tickets"))
    return TriggerPlan(
        tuple(present),
        tuple(steps),
        tuple(_notes(trigger, wanted)),
        webhook.id if webhook else "",
        secret,
    )


def _find_webhook(
    webhooks: Collection[TicketWebhook], triggers: Collection[TicketTrigger], wanted: WantedTrigger
) -> TicketWebhook | None:
    """Find the webhook by its address, or by its name; one that is in use first.

    One that is subscribed to events of the account cannot be notified by triggers (Webhooks:
    ``subscriptions``).
    """
    usable = [each for each in webhooks if set(each.subscriptions or ()) <= {BY_TRIGGERS}]
    right = [each for each in usable if same_address(each.endpoint, wanted.target)]
    used = {each for trigger in triggers for each in _notified(trigger)}
    right.sort(key=lambda each: (each.id not in used, each.name != wanted.name))
    return next(iter(right), None) or next(
        (each for each in usable if each.name == wanted.name), None
    )


def _find_trigger(
    triggers: Collection[TicketTrigger], webhook: TicketWebhook | None, wanted: WantedTrigger
) -> TicketTrigger | None:
    """Find the trigger by what it does; one that somebody has changed, by its title."""
    for each in triggers:
        is_solved = any(
            condition.field == "status" and condition.value == "solved"
            for condition in each.conditions.all
        )
        if webhook is not None and webhook.id in _notified(each) and is_solved:
            return each
    return next((each for each in triggers if each.title == wanted.title), None)


def _create_webhook(wanted: WantedTrigger) -> TriggerStep:
    async def apply(admin: SupportAdministration, made: MadeTrigger) -> None:
        values = {"name": wanted.name, **wanted.webhook, "subscriptions": [BY_TRIGGERS]}
        made.webhook_id = (await admin.create_webhook(values)).id
        made.secret = await admin.signing_secret(made.webhook_id)

    return TriggerStep("webhook", f"a new one, {wanted.name!r}, to {wanted.target}", apply)


def _update_webhook(webhook: TicketWebhook, wanted: WantedTrigger) -> TriggerStep | None:
    """Change what differs; a name of somebody's own stays."""
    values = {
        name: value for name, value in wanted.webhook.items() if getattr(webhook, name) != value
    }
    if same_address(webhook.endpoint, wanted.target):
        values.pop("endpoint", None)
    if not values:
        return None
    parts = {
        "endpoint": f"to {wanted.target} instead of {webhook.endpoint}, which gets no more calls",
        "http_method": f"POST instead of {webhook.http_method}",
        "request_format": f"json instead of {webhook.request_format}",
        "status": "active again",
    }

    async def apply(admin: SupportAdministration, _made: MadeTrigger) -> None:
        await admin.update_webhook(webhook.id, values)

    change = "; ".join(text for name, text in parts.items() if name in values)
    return TriggerStep("webhook", f"{webhook.name!r}: {change}", apply)


def _create_trigger(wanted: WantedTrigger) -> TriggerStep:
    async def apply(admin: SupportAdministration, made: MadeTrigger) -> None:
        action = Action(NOTIFY, [made.webhook_id, wanted.body])
        await admin.create_trigger(
            {"title": wanted.title, "active": True, **to_json(wanted.conditions, [action])}
        )

    tag = f" with the tag {wanted.tag}" if wanted.tag else ""
    change = f"a new one, {wanted.title!r}: tickets{tag} that are solved notify the webhook"
    return TriggerStep("trigger", change, apply)


def _update_trigger(
    trigger: TicketTrigger,
    webhook: TicketWebhook | None,
    wanted: WantedTrigger,
    webhooks: Collection[str],
) -> TriggerStep | None:
    """Change what differs; further conditions and actions stay."""
    changes = []
    if not trigger.active:
        changes.append("active again")
    every = trigger.conditions.all
    if _SOLVED not in every:
        every = [_SOLVED, *(each for each in every if each.field != "status")]
        changes.append("when the status is changed to solved")
    if any(_misses_tag(each, wanted.tag) for each in every):
        every = [each for each in every if not _misses_tag(each, wanted.tag)]
        every += wanted.conditions.all[1:]
        changes.append(f"with the tag {wanted.tag}" if wanted.tag else "with any tags")
    conditions = Conditions(all=every, any=trigger.conditions.any)
    ours = [each for each in trigger.actions if _is_ours(each, webhook, webhooks)]
    is_right = webhook is not None and any(
        each.value[0] == webhook.id and wanted.is_body(each.value[1]) for each in ours
    )
    if not is_right:
        changes.append("notifies the webhook, with another body than now")
    if not changes:
        return None

    async def apply(admin: SupportAdministration, made: MadeTrigger) -> None:
        actions = trigger.actions
        if not is_right:
            others = [each for each in actions if each not in ours]
            actions = [*others, Action(NOTIFY, [made.webhook_id, wanted.body])]
        await admin.update_trigger(trigger.id, {"active": True, **to_json(conditions, actions)})

    return TriggerStep("trigger", f"{trigger.title!r}: {'; '.join(changes)}", apply)


def _misses_tag(condition: Condition, tag: str | None) -> bool:
    """Tell whether a condition excludes tickets of handovers for their tags."""
    is_about_tags = (condition.field, condition.operator) == ("current_tags", "includes")
    return is_about_tags and tag not in str(condition.value).lower().split()


def _is_ours(action: Action, webhook: TicketWebhook | None, webhooks: Collection[str]) -> bool:
    """Tell whether an action notifies our webhook, or one that does not exist any more."""
    if action.field != NOTIFY or not isinstance(action.value, list) or len(action.value) != 2:
        return False
    return (webhook is not None and action.value[0] == webhook.id) or (
        action.value[0] not in webhooks
    )


def _notified(trigger: TicketTrigger) -> set[str]:
    """Name the webhooks that a trigger notifies."""
    return {
        str(each.value[0])
        for each in trigger.actions
        if each.field == NOTIFY and isinstance(each.value, list) and each.value
    }


def _notes(trigger: TicketTrigger | None, wanted: WantedTrigger) -> list[str]:
    notes = []
    if wanted.tag is None:
        notes.append(
            "No tag is written that the tickets of all handovers have: the trigger tells of every "
            "solved ticket, and calls that name no session are ignored."
        )
    further = [
        each.field
        for each in (trigger.conditions.all + trigger.conditions.any if trigger else [])
        if each.field not in {"status", "current_tags"}
    ]
    if further:
        notes.append(
            f"The trigger has further conditions, which are left as they are: {', '.join(further)}."
        )
    return notes
