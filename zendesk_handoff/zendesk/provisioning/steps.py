"""The single changes to an account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from msgspec import UNSET

from zendesk_handoff.zendesk.account import Integration, IntegrationKey, Switchboard, Webhook
from zendesk_handoff.zendesk.administration import Administration
from zendesk_handoff.zendesk.models import SwitchboardIntegration
from zendesk_handoff.zendesk.provisioning.wanted import Wanted


@dataclass
class Made:
    """What there is by now: found, or made by the steps so far.

    Attributes:
        integration_id: The connector's integration.
        webhook: Its webhook.
        key: The key that was made.
        place_id: Its place in the switchboard, if it was made.
    """

    integration_id: str = ""
    webhook: Webhook | None = None
    key: IntegrationKey | None = None
    place_id: str = ""


@dataclass(frozen=True)
class Step:
    """A change of the account.

    Args:
        subject: What is changed, in a word.
        change: How, for people; names in it may be foreign.
        apply: Makes the change.
    """

    subject: str
    change: str
    apply: Callable[[Administration, Made], Awaitable[None]]


def create_integration(wanted: Wanted) -> Step:
    """Make the integration, with its webhook."""

    async def apply(admin: Administration, made: Made) -> None:
        integration = await admin.create_integration(
            wanted.name,
            target=wanted.targets[0],
            triggers=wanted.triggers,
            include_full_user=wanted.is_native,
            include_full_source=wanted.has_clients,
        )
        made.integration_id = integration.id
        webhooks = integration.webhooks or await admin.list_webhooks(integration.id)
        # Its only one, however Zendesk writes the address.
        made.webhook = next(
            (each for each in webhooks if wanted.is_target(each.target)), webhooks[0]
        )

    change = f"a new one, {wanted.name!r}, with a webhook to {wanted.targets[0]} for "
    return Step("integration", change + ", ".join(wanted.triggers), apply)


def create_webhook(wanted: Wanted) -> Step:
    """Add a webhook to the integration."""

    async def apply(admin: Administration, made: Made) -> None:
        made.webhook = await admin.create_webhook(
            made.integration_id,
            target=wanted.targets[0],
            triggers=wanted.triggers,
            include_full_user=wanted.is_native,
            include_full_source=wanted.has_clients,
        )

    change = f"a new one to {wanted.targets[0]} for {', '.join(wanted.triggers)}"
    return Step("webhook", change, apply)


def update_webhook(webhook: Webhook, wanted: Wanted) -> Step | None:
    """Change what differs: the address, and events that are missing; further events stay."""
    target = UNSET if wanted.is_target(webhook.target) else wanted.targets[0]
    missing = [each for each in wanted.triggers if each not in webhook.triggers]
    triggers = [*webhook.triggers, *missing] if missing else UNSET
    full = True if wanted.is_native and not webhook.include_full_user else UNSET
    source = True if wanted.has_clients and not webhook.include_full_source else UNSET
    changes = []
    if target is not UNSET:
        changes.append(f"to {target} instead of {webhook.target}, which gets no more events")
    if missing:
        changes.append(f"also for {', '.join(missing)}")
    if full is not UNSET:
        changes.append("with users' profiles")
    if source is not UNSET:
        changes.append("with users' clients")
    if not changes:
        return None

    async def apply(admin: Administration, made: Made) -> None:
        changed = await admin.update_webhook(
            made.integration_id,
            webhook.id,
            target=target,
            triggers=triggers,
            include_full_user=full,
            include_full_source=source,
        )
        made.webhook = changed

    return Step("webhook", "; ".join(changes), apply)


def create_key(name: str) -> Step:
    """Make a key of the integration."""

    async def apply(admin: Administration, made: Made) -> None:
        made.key = await admin.create_key(made.integration_id, name)

    return Step("key", f"a new int_ key, {name!r}", apply)


def join_switchboard(switchboard_id: str, name: str, next_: SwitchboardIntegration) -> Step:
    """Give the integration a place in the switchboard.

    The relay offers control to itself while the agents have it, and an integration that was offered
    control gets the conversation's events: those of all other conversations are not needed.
    """

    async def apply(admin: Administration, made: Made) -> None:
        place = await admin.switchboard.create_integration(
            switchboard_id,
            name,
            integration_id=made.integration_id,
            deliver_standby_events=False,
            next_id=next_.id,
        )
        made.place_id = place.id

    change = f"a place for the integration, {name!r}, next {next_.name}, no standby events"
    return Step("switchboard", change, apply)


def update_place(
    switchboard_id: str, place: SwitchboardIntegration, next_: SwitchboardIntegration
) -> Step | None:
    """Change what differs in the integration's place."""
    standby = False if place.deliver_standby_events else UNSET
    next_id = UNSET if place.next_switchboard_integration_id == next_.id else next_.id
    changes = []
    if next_id is not UNSET:
        changes.append(f"{place.name!r}: next {next_.name}")
    if standby is not UNSET:
        changes.append(f"{place.name!r}: no standby events")
    if not changes:
        return None

    async def apply(admin: Administration, _made: Made) -> None:
        await admin.switchboard.update_integration(
            switchboard_id, place.id, deliver_standby_events=standby, next_id=next_id
        )

    return Step("switchboard", "; ".join(changes), apply)


def answer_first(
    board: Switchboard, name: str, place: SwitchboardIntegration | None, *, instead_of: str
) -> Step:
    """Let conversations begin with the integration, which an enabled switchboard alone does."""
    enabled = UNSET if board.enabled else True

    async def apply(admin: Administration, made: Made) -> None:
        await admin.switchboard.update(
            board.id, enabled=enabled, default_id=place.id if place else made.place_id
        )

    change = f"conversations begin with {name!r} instead of {instead_of}"
    if not board.enabled:
        change += "; it is enabled"
    return Step("switchboard", change, apply)


def is_whole(integration: Integration) -> bool:
    """Tell whether Zendesk says that the integration works (schema `status`)."""
    return integration.status in (None, "active")
