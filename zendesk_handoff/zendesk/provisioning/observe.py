"""What of a connector's needs an account has already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from zendesk_handoff.errors import CannotSetUp, NotFound
from zendesk_handoff.zendesk.account import (
    CUSTOM,
    App,
    Integration,
    IntegrationKey,
    Switchboard,
    Webhook,
)
from zendesk_handoff.zendesk.administration import Administration
from zendesk_handoff.zendesk.models import SwitchboardIntegration
from zendesk_handoff.zendesk.provisioning.wanted import Wanted


@dataclass(frozen=True)
class Found:
    """An account, as far as a connector is concerned.

    Args:
        app: The app.
        integration: The connector's integration, with all of its webhooks.
        webhook: The webhook that sends to the connector, or that is to do so.
        keys: The integration's keys.
        switchboard: The account's switchboard.
        places: The switchboard's integrations.
        others: Further integrations that send to the connector, or have our name.
    """

    app: App
    integration: Integration | None = None
    webhook: Webhook | None = None
    keys: tuple[IntegrationKey, ...] = ()
    switchboard: Switchboard | None = None
    places: tuple[SwitchboardIntegration, ...] = ()
    others: tuple[Integration, ...] = ()

    @property
    def place(self) -> SwitchboardIntegration | None:
        """The integration's place in the switchboard."""
        if self.integration is None:
            return None
        return next((p for p in self.places if p.integration_id == self.integration.id), None)

    def unused_key(self, name: str) -> IntegrationKey | None:
        """Find a key of ours that a run before has made, and whose secret Zendesk shows."""
        return next((k for k in self.keys if k.display_name == name and k.secret), None)

    def place_called(self, name: str) -> SwitchboardIntegration | None:
        """Find a switchboard integration by id, name or type, in this order, as Zendesk does."""
        for attribute in ("id", "name", "integration_type"):
            for place in self.places:
                if getattr(place, attribute) == name:
                    return place
        return None


async def observe(admin: Administration, wanted: Wanted) -> Found:
    """Look at the account; nothing is changed.

    Args:
        admin: The account's administration, with an ``app_`` key.
        wanted: What the connector needs.

    Raises:
        CannotSetUp: Several integrations may be meant, or the chosen one cannot be.
        ConversationsError: A call has failed.
    """
    app = await admin.get_app()
    switchboard = await admin.switchboard.get()
    places: list[SwitchboardIntegration] = []
    if switchboard is not None:
        places = await admin.switchboard.list_integrations(switchboard.id)
    found = Found(app=app, switchboard=switchboard, places=tuple(places))
    candidates = await _candidates(admin, wanted)
    if not candidates:
        return found
    integration = _choose(candidates, wanted, places)
    return replace(
        found,
        integration=integration,
        webhook=_webhook(integration, wanted),
        keys=tuple(await admin.list_keys(integration.id)),
        others=tuple(each for each in candidates if each.id != integration.id),
    )


async def _candidates(admin: Administration, wanted: Wanted) -> list[Integration]:
    """List the integrations that send to the connector, or else those that have our name."""
    if wanted.integration_id is not None:
        return [await _chosen(admin, wanted.integration_id)]
    every = await admin.list_integrations(types=[CUSTOM])
    custom = [await _with_webhooks(admin, each) for each in every if each.type == CUSTOM]
    ours = [each for each in custom if any(wanted.is_target(w.target) for w in each.webhooks)]
    return ours or [each for each in custom if each.display_name == wanted.name]


async def _chosen(admin: Administration, integration_id: str) -> Integration:
    try:
        chosen = await admin.get_integration(integration_id)
    except NotFound:
        raise CannotSetUp(
            f"The account has no integration {integration_id}. Take the id from the address of "
            "its page in Admin Center, or leave --integration out to make a new one."
        ) from None
    if chosen.type != CUSTOM:
        raise CannotSetUp(
            f"The integration {integration_id} is of the type {chosen.type}; only a custom one "
            "(Admin Center > Integrations > Conversations integrations) has webhooks and keys."
        )
    return await _with_webhooks(admin, chosen)


async def _with_webhooks(admin: Administration, integration: Integration) -> Integration:
    """Complete an integration whose webhooks are not listed with it."""
    if integration.webhooks:
        return integration
    webhooks = await admin.list_webhooks(integration.id)
    return msgspec.structs.replace(integration, webhooks=webhooks)


def _choose(
    candidates: list[Integration], wanted: Wanted, places: list[SwitchboardIntegration]
) -> Integration:
    linked = {each.integration_id for each in places if each.name == wanted.switchboard_name}

    def rank(integration: Integration) -> tuple[bool, ...]:
        known = any(webhook.secret in wanted.secrets for webhook in integration.webhooks)
        return known, integration.id in linked, integration.display_name == wanted.name

    first, *rest = sorted(candidates, key=rank, reverse=True)
    sends_to_us = any(wanted.is_target(webhook.target) for webhook in first.webhooks)
    if rest and not sends_to_us and rank(first) == rank(rest[0]):
        ids = ", ".join(each.id for each in candidates)
        raise CannotSetUp(
            f"{len(candidates)} integrations have the name {wanted.name!r}, and none sends to this "
            f"bot: {ids}. Choose one with --integration, or delete those that are not needed."
        )
    return first


def _webhook(integration: Integration, wanted: Wanted) -> Webhook | None:
    """Find the webhook that sends to the connector, or the only one, which is to do so."""
    ours = [each for each in integration.webhooks if wanted.is_target(each.target)]
    if ours:
        return max(ours, key=lambda each: each.secret in wanted.secrets)
    return integration.webhooks[0] if len(integration.webhooks) == 1 else None
