"""The switchboard and its integrations.

Conversations API: Switchboards, Switchboard Integrations.
"""

from __future__ import annotations

from aiohttp import web

from .. import serializers, validation
from ..errors import ApiError, bad_request, not_found
from ..ids import new_id
from ..records import Integration, Json, Switchboard, SwitchboardIntegration
from .call import Call, endpoint

_MAX = 10
_NO_DEFAULT = "Enabled switchboard must have an associated default switchboardIntegration"


def _switchboard(call: Call) -> Switchboard:
    switchboard = call.app.switchboard
    if switchboard is None or switchboard.id != call.request.match_info["switchboard"]:
        raise not_found("Switchboard")
    return switchboard


def _switchboard_integration(call: Call) -> tuple[Switchboard, SwitchboardIntegration]:
    switchboard = _switchboard(call)
    return switchboard, _existing(switchboard, call.request.match_info["switchboard_integration"])


def _existing(
    switchboard: Switchboard, switchboard_integration_id: object
) -> SwitchboardIntegration:
    switchboard_integration = (
        switchboard.integrations.get(switchboard_integration_id)
        if isinstance(switchboard_integration_id, str)
        else None
    )
    if switchboard_integration is None:
        raise ApiError(404, "switchboard_integration_not_found", "SwitchboardIntegration not found")
    return switchboard_integration


@endpoint(status=201, app_only=True)
async def create(call: Call) -> Json:
    """Operation `CreateSwitchboard`: one per app, disabled at first; the request has no body."""
    if call.app.switchboard is not None:
        raise bad_request("Only one switchboard can be created per app")
    call.app.switchboard = Switchboard(new_id())
    return {"switchboard": serializers.switchboard_json(call.app.switchboard)}


@endpoint(app_only=True)
async def list_all(call: Call) -> Json:
    """Operation `ListSwitchboards`."""
    existing = [call.app.switchboard] if call.app.switchboard else []
    return {"switchboards": [serializers.switchboard_json(one) for one in existing]}


@endpoint(app_only=True)
async def update(call: Call) -> Json:
    """Operation `UpdateSwitchboard`; enabled, it needs a default."""
    switchboard, body = _switchboard(call), await call.body()
    enabled = validation.boolean(body, "enabled")
    default_id = body.get("defaultSwitchboardIntegrationId", switchboard.default_id)
    if default_id is not None:
        _existing(switchboard, default_id)
    if (switchboard.enabled if enabled is None else enabled) and default_id is None:
        raise bad_request(_NO_DEFAULT)
    switchboard.default_id = default_id
    switchboard.enabled = switchboard.enabled if enabled is None else enabled
    return {"switchboard": serializers.switchboard_json(switchboard)}


@endpoint(app_only=True)
async def delete(call: Call) -> Json:
    """Operation `DeleteSwitchboard`: every integration receives all events again."""
    _switchboard(call)
    call.app.switchboard = None
    for conversation in call.app.conversations.values():
        conversation.active_id = conversation.pending_id = None
    return {}


@endpoint(status=201, app_only=True)
async def create_switchboard_integration(call: Call) -> Json:
    """Operation `CreateSwitchboardIntegration`: by integrationId, or by integrationType."""
    switchboard, body = _switchboard(call), await call.body()
    if len(switchboard.integrations) >= _MAX:
        raise ApiError(
            400,
            "too_many_switchboard_integrations",
            f"Switchboard has reached the max number of switchboard integrations ({_MAX})",
        )
    name = _free_name(switchboard, body)
    integration = _integration(call, body)
    standby = validation.boolean(body, "deliverStandbyEvents")
    switchboard_integration = SwitchboardIntegration(
        id=new_id(),
        name=name,
        integration_id=integration.id,
        integration_type=integration.type,
        deliver_standby_events=True if standby is None else standby,
        next_id=_next(switchboard, body),
        message_history_count=_history(body),
    )
    switchboard.integrations[switchboard_integration.id] = switchboard_integration
    return {
        "switchboardIntegration": serializers.switchboard_integration_json(switchboard_integration)
    }


@endpoint(app_only=True)
async def list_switchboard_integrations(call: Call) -> Json:
    """Operation `ListSwitchboardIntegrations`."""
    switchboard_integrations = _switchboard(call).integrations.values()
    return {
        "switchboardIntegrations": [
            serializers.switchboard_integration_json(one) for one in switchboard_integrations
        ]
    }


@endpoint(app_only=True)
async def update_switchboard_integration(call: Call) -> Json:
    """Operation `UpdateSwitchboardIntegration`."""
    (switchboard, switchboard_integration), body = _switchboard_integration(call), await call.body()
    if "name" in body:
        switchboard_integration.name = _free_name(switchboard, body, switchboard_integration.id)
    if "integrationId" in body or "integrationType" in body:
        integration = _integration(call, body)
        switchboard_integration.integration_id = integration.id
        switchboard_integration.integration_type = integration.type
    if (standby := validation.boolean(body, "deliverStandbyEvents")) is not None:
        switchboard_integration.deliver_standby_events = standby
    if "nextSwitchboardIntegrationId" in body:
        switchboard_integration.next_id = _next(switchboard, body)
    if "messageHistoryCount" in body:
        switchboard_integration.message_history_count = _history(body)
    return {
        "switchboardIntegration": serializers.switchboard_integration_json(switchboard_integration)
    }


@endpoint(app_only=True)
async def delete_switchboard_integration(call: Call) -> Json:
    """Operation `DeleteSwitchboardIntegration`: not the default, nor one that is another's next."""
    switchboard, switchboard_integration = _switchboard_integration(call)
    if switchboard_integration.id == switchboard.default_id:
        raise bad_request("The default switchboardIntegration cannot be deleted")
    if any(one.next_id == switchboard_integration.id for one in switchboard.integrations.values()):
        raise bad_request("The switchboardIntegration is the next of another one")
    del switchboard.integrations[switchboard_integration.id]
    for conversation in call.app.conversations.values():
        # The default takes over at the next activity, without an event.
        if conversation.active_id == switchboard_integration.id:
            conversation.active_id = None
        if conversation.pending_id == switchboard_integration.id:
            conversation.pending_id = None
    return {}


def _integration(call: Call, body: Json) -> Integration:
    """Return the integration to link; Zendesk's own are created by their type."""
    integration_id, type_ = body.get("integrationId"), body.get("integrationType")
    if (integration_id is None) == (type_ is None):
        raise bad_request("should have exactly one of integrationId and integrationType")
    if integration_id is not None:
        integration = call.app.integrations.get(integration_id)
        if integration is None:
            raise not_found("Integration")
        return integration
    if not isinstance(type_, str) or type_ == "custom":
        raise bad_request("integrationType is for integrations of Zendesk's own")
    for integration in call.app.integrations.values():
        if integration.type == type_:
            return integration
    integration = Integration(new_id(), type_, type_)
    call.app.integrations[integration.id] = integration
    return integration


def _free_name(switchboard: Switchboard, body: Json, own_id: str | None = None) -> str:
    """Return the name that a body gives, which no other switchboard integration may have."""
    name = validation.switchboard_integration_name(body)
    if any(one.name == name and one.id != own_id for one in switchboard.integrations.values()):
        raise bad_request(f"A switchboardIntegration with the name {name} exists already")
    return name


def _next(switchboard: Switchboard, body: Json) -> str | None:
    next_id = body.get("nextSwitchboardIntegrationId")
    return None if next_id is None else _existing(switchboard, next_id).id


def _history(body: Json) -> int | None:
    count = body.get("messageHistoryCount")
    if count is not None and (not isinstance(count, int) or not 1 <= count <= 10):
        raise bad_request("messageHistoryCount should be an integer from 1 to 10")
    return count


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes under the app's path."""
    one = base + "/switchboards/{switchboard}"
    switchboard_integration = one + "/switchboardIntegrations/{switchboard_integration}"
    return [
        web.post(base + "/switchboards", create),
        web.get(base + "/switchboards", list_all),
        web.patch(one, update),
        web.delete(one, delete),
        web.post(one + "/switchboardIntegrations", create_switchboard_integration),
        web.get(one + "/switchboardIntegrations", list_switchboard_integrations),
        web.patch(switchboard_integration, update_switchboard_integration),
        web.delete(switchboard_integration, delete_switchboard_integration),
    ]
