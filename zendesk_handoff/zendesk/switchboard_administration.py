"""Calls of the Conversations API for setting up an account's switchboard."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from zendesk_handoff.zendesk.account import Switchboard
from zendesk_handoff.zendesk.api_client import ApiCall, changes, delete
from zendesk_handoff.zendesk.api_responses import read_value
from zendesk_handoff.zendesk.models import SwitchboardIntegration

_BOARD = "/switchboards/{}"
_INTEGRATIONS = _BOARD + "/switchboardIntegrations"
_INTEGRATION = _INTEGRATIONS + "/{}"


class SwitchboardAdministration:
    """The switchboard of one connector's account, and its integrations.

    Every method raises a ``ConversationsError``, and retries by the policy of ``call``.

    Args:
        call: Makes a call, as ``Transport.call`` does.
    """

    def __init__(self, call: ApiCall) -> None:
        """Make the calls available on a connector's transport."""
        self._call = call

    async def get(self) -> Switchboard | None:
        """Read the switchboard; an app has one or none (Conversations API: `ListSwitchboards`)."""
        response = await self._call("GET", "/switchboards")
        found = read_value("GET /switchboards", response, "switchboards", as_type=list[Switchboard])
        return found[0] if found else None

    async def create(self) -> Switchboard:
        """Create the switchboard, which is disabled at first (`CreateSwitchboard`)."""

        async def find() -> dict[str, Any] | None:
            existing = await self.get()
            return {"switchboard": msgspec.to_builtins(existing)} if existing else None

        response = await self._call("POST", "/switchboards", recover=find)
        return read_value("POST /switchboards", response, "switchboard", as_type=Switchboard)

    async def update(
        self,
        switchboard_id: str,
        *,
        enabled: bool | UnsetType = UNSET,
        default_id: str | UnsetType = UNSET,
    ) -> Switchboard:
        """Change the switchboard (Conversations API: `UpdateSwitchboard`).

        Args:
            switchboard_id: The switchboard.
            enabled: Whether it routes events; while it does not, every integration receives all.
            default_id: The switchboard integration that new conversations begin with.
        """
        body = changes(enabled=enabled, defaultSwitchboardIntegrationId=default_id)
        response = await self._call("PATCH", _BOARD, switchboard_id, json=body)
        return read_value("PATCH /switchboards/{id}", response, "switchboard", as_type=Switchboard)

    async def list_integrations(self, switchboard_id: str) -> list[SwitchboardIntegration]:
        """List its integrations, which come in one page (`ListSwitchboardIntegrations`)."""
        response = await self._call("GET", _INTEGRATIONS, switchboard_id)
        return read_value(
            "GET switchboardIntegrations",
            response,
            "switchboardIntegrations",
            as_type=list[SwitchboardIntegration],
        )

    async def create_integration(
        self,
        switchboard_id: str,
        name: str,
        *,
        integration_id: str,
        deliver_standby_events: bool,
        next_id: str | None = None,
    ) -> SwitchboardIntegration:
        """Link a custom integration, once (`CreateSwitchboardIntegration`).

        Args:
            switchboard_id: The switchboard; it has ten integrations at most.
            name: Letters, digits, ``-`` and ``_``, up to 128.
            integration_id: The custom integration.
            deliver_standby_events: Whether it receives the events of conversations in which it
                neither has control nor was offered it.
            next_id: The switchboard integration that ``next`` means.
        """

        async def find() -> dict[str, Any] | None:
            for each in await self.list_integrations(switchboard_id):
                if (each.name, each.integration_id) == (name, integration_id):
                    return {"switchboardIntegration": msgspec.to_builtins(each)}
            return None

        body = {
            "name": name,
            "integrationId": integration_id,
            "deliverStandbyEvents": deliver_standby_events,
            "nextSwitchboardIntegrationId": next_id,
        }
        response = await self._call("POST", _INTEGRATIONS, switchboard_id, json=body, recover=find)
        return _integration("POST switchboardIntegrations", response)

    async def update_integration(
        self,
        switchboard_id: str,
        switchboard_integration_id: str,
        *,
        name: str | UnsetType = UNSET,
        deliver_standby_events: bool | UnsetType = UNSET,
        next_id: str | UnsetType | None = UNSET,
    ) -> SwitchboardIntegration:
        """Change one of its integrations (`UpdateSwitchboardIntegration`)."""
        body = changes(
            name=name,
            deliverStandbyEvents=deliver_standby_events,
            nextSwitchboardIntegrationId=next_id,
        )
        ids = (switchboard_id, switchboard_integration_id)
        response = await self._call("PATCH", _INTEGRATION, *ids, json=body)
        return _integration("PATCH switchboardIntegration", response)

    async def delete_integration(
        self, switchboard_id: str, switchboard_integration_id: str
    ) -> bool:
        """Unlink an integration; not the default, nor another's next one.

        Conversations API: `DeleteSwitchboardIntegration`.
        """
        return await delete(self._call, _INTEGRATION, switchboard_id, switchboard_integration_id)


def _integration(call: str, response: dict[str, Any]) -> SwitchboardIntegration:
    return read_value(call, response, "switchboardIntegration", as_type=SwitchboardIntegration)
