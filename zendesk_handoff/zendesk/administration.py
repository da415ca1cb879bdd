"""An asynchronous client of the Conversations API for setting up an account."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from zendesk_handoff.zendesk.account import CUSTOM, App, Integration, IntegrationKey, Webhook
from zendesk_handoff.zendesk.api_client import ApiClient, changes, delete
from zendesk_handoff.zendesk.api_responses import read_value
from zendesk_handoff.zendesk.switchboard_administration import SwitchboardAdministration

_WEBHOOKS = "/integrations/{}/webhooks"
_KEYS = "/integrations/{}/keys"


class Administration(ApiClient):
    """Calls for app, integrations, webhooks, keys and switchboard of one connector's account.

    They need an ``app_`` key; an ``int_`` key may list and change the webhooks of its own
    integration, which ``me`` names (Conversations API: Authentication). Every method raises a
    ``ConversationsError`` and retries by one policy. A call that creates something looks for it
    before it is tried again, so that it is not made twice. One that deletes returns whether there
    was something to delete.
    """

    _quotes_sent = True  # names and addresses of the configuration, no user's words

    @cached_property
    def switchboard(self) -> SwitchboardAdministration:
        """The calls for the account's switchboard."""
        return SwitchboardAdministration(self._call)

    async def get_app(self) -> App:
        """Read the app (Conversations API: `GetApp`)."""
        response = await self._call("GET", "")
        return read_value("GET app", response, "app", as_type=App)

    # Integrations

    async def list_integrations(self, *, types: Collection[str] = ()) -> list[Integration]:
        """List the integrations, all pages (Conversations API: `ListIntegrations`).

        Args:
            types: The types that are wanted; all without one.
        """
        query = {"page[size]": "100"}
        if types:
            query["filter[types]"] = ",".join(types)
        found: list[Integration] = []
        async for response in self._pages("/integrations", query, "after"):
            page = response.get("integrations", [])
            found += read_value("GET /integrations", page, as_type=list[Integration])
        return found

    async def get_integration(self, integration_id: str) -> Integration:
        """Read an integration (Conversations API: `GetIntegration`)."""
        response = await self._call("GET", "/integrations/{}", integration_id)
        return _integration("GET /integrations/{id}", response)

    async def create_integration(
        self,
        display_name: str,
        *,
        target: str,
        triggers: Collection[str],
        include_full_user: bool = False,
        include_full_source: bool = False,
    ) -> Integration:
        """Create a custom integration with its first webhook, once.

        Conversations API: `CreateIntegration`, which takes exactly one webhook.

        Args:
            display_name: Its name for people, up to 100 characters.
            target: The webhook's address.
            triggers: The names of the events that it receives.
            include_full_user: Whether events have the user's profile.
            include_full_source: Whether they have the user's client and device.
        """

        async def find() -> dict[str, Any] | None:
            for each in await self.list_integrations(types=[CUSTOM]):
                if each.display_name != display_name:
                    continue
                hooks = await self.list_webhooks(each.id)
                if any(hook.target == target for hook in hooks):
                    made = msgspec.structs.replace(each, webhooks=hooks)
                    return {"integration": msgspec.to_builtins(made)}
            return None

        webhook = _webhook(target, triggers, user=include_full_user, source=include_full_source)
        body = {"type": CUSTOM, "displayName": display_name, "webhooks": [webhook]}
        response = await self._call("POST", "/integrations", json=body, recover=find)
        return _integration("POST /integrations", response)

    async def update_integration(
        self, integration_id: str, *, display_name: str | None
    ) -> Integration:
        """Rename a custom integration (Conversations API: `UpdateIntegration`)."""
        body = {"displayName": display_name}
        response = await self._call("PATCH", "/integrations/{}", integration_id, json=body)
        return _integration("PATCH /integrations/{id}", response)

    async def delete_integration(self, integration_id: str) -> bool:
        """Delete an integration (Conversations API: `DeleteIntegration`)."""
        return await delete(self._call, "/integrations/{}", integration_id)

    # Webhooks

    async def list_webhooks(self, integration_id: str) -> list[Webhook]:
        """List an integration's webhooks, which come in one page (`ListWebhooks`)."""
        response = await self._call("GET", _WEBHOOKS, integration_id)
        return read_value("GET webhooks", response, "webhooks", as_type=list[Webhook])

    async def create_webhook(
        self,
        integration_id: str,
        *,
        target: str,
        triggers: Collection[str],
        include_full_user: bool = False,
        include_full_source: bool = False,
    ) -> Webhook:
        """Add a webhook to an integration, once (Conversations API: `CreateWebhook`)."""
        before = {each.id for each in await self.list_webhooks(integration_id)}

        async def find() -> dict[str, Any] | None:
            for each in await self.list_webhooks(integration_id):
                if each.id not in before and each.target == target:
                    return {"webhook": msgspec.to_builtins(each)}
            return None

        body = _webhook(target, triggers, user=include_full_user, source=include_full_source)
        response = await self._call("POST", _WEBHOOKS, integration_id, json=body, recover=find)
        return read_value("POST webhooks", response, "webhook", as_type=Webhook)

    async def update_webhook(
        self,
        integration_id: str,
        webhook_id: str,
        *,
        target: str | UnsetType = UNSET,
        triggers: Collection[str] | UnsetType = UNSET,
        include_full_user: bool | UnsetType = UNSET,
        include_full_source: bool | UnsetType = UNSET,
    ) -> Webhook:
        """Change a webhook; its secret cannot be set (Conversations API: `UpdateWebhook`)."""
        listed = UNSET if isinstance(triggers, UnsetType) else list(triggers)
        body = changes(
            target=target,
            triggers=listed,
            includeFullUser=include_full_user,
            includeFullSource=include_full_source,
        )
        path = _WEBHOOKS + "/{}"
        response = await self._call("PATCH", path, integration_id, webhook_id, json=body)
        return read_value("PATCH webhook", response, "webhook", as_type=Webhook)

    async def delete_webhook(self, integration_id: str, webhook_id: str) -> bool:
        """Delete a webhook (Conversations API: `DeleteWebhook`)."""
        return await delete(self._call, _WEBHOOKS + "/{}", integration_id, webhook_id)

    # Keys of a custom integration

    async def list_keys(self, integration_id: str) -> list[IntegrationKey]:
        """List an integration's keys (Conversations API: `ListCustomIntegrationKeys`)."""
        response = await self._call("GET", _KEYS, integration_id)
        return read_value("GET keys", response, "keys", as_type=list[IntegrationKey])

    async def create_key(self, integration_id: str, display_name: str) -> IntegrationKey:
        """Create a key, once; an integration has ten at most (`CreateCustomIntegrationKey`)."""
        before = {each.id for each in await self.list_keys(integration_id)}

        async def find() -> dict[str, Any] | None:
            for each in await self.list_keys(integration_id):
                # A key whose secret is not shown is of no use: then another one is made.
                if each.id not in before and each.display_name == display_name and each.secret:
                    return {"key": msgspec.to_builtins(each)}
            return None

        body = {"displayName": display_name}
        response = await self._call("POST", _KEYS, integration_id, json=body, recover=find)
        return read_value("POST keys", response, "key", as_type=IntegrationKey)

    async def delete_key(self, integration_id: str, key_id: str) -> bool:
        """Delete a key (Conversations API: `DeleteCustomIntegrationKey`)."""
        return await delete(self._call, _KEYS + "/{}", integration_id, key_id)


def _webhook(target: str, triggers: Collection[str], *, user: bool, source: bool) -> dict[str, Any]:
    """Describe a webhook (Conversations API: schema `webhookCreateBody`)."""
    wanted = {"includeFullUser": user, "includeFullSource": source}
    full = {name: True for name, is_wanted in wanted.items() if is_wanted}
    return {"target": target, "triggers": list(triggers), **full}


def _integration(call: str, response: dict[str, Any]) -> Integration:
    return read_value(call, response, "integration", as_type=Integration)
