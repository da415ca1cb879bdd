"""The switchboard and its integrations (SPEC tags Switchboards, Switchboard Integrations)."""

from __future__ import annotations

from aiohttp import web

from .. import checks, shapes
from ..errors import ApiError, bad_request, not_found
from ..ids import new_id
from ..records import Integration, Json, Switchboard, SwitchboardIntegration
from .call import Call, endpoint

_MOST = 10
_NO_DEFAULT = "Enabled switchboard must have an associated default switchboardIntegration"


def _switchboard(call: Call) -> Switchboard:
    switchboard = call.app.switchboard
    if switchboard is None or switchboard.id != call.request.match_info["switchboard"]:
        raise not_found("Switchboard")
    return switchboard


def _seat(call: Call) -> tuple[Switchboard, SwitchboardIntegration]:
    switchboard = _switchboard(call)
    return switchboard, _existing(switchboard, call.request.match_info["seat"])


def _existing(switchboard: Switchboard, seat_id: object) -> SwitchboardIntegration:
    seat = switchboard.integrations.get(seat_id) if isinstance(seat_id, str) else None
    if seat is None:
        raise ApiError(404, "switchboard_integration_not_found", "SwitchboardIntegration not found")
    return seat


@endpoint(status=201, app_only=True)
async def create(call: Call) -> Json:
    """SPEC CreateSwitchboard: one per app, disabled at first; the request has no body."""
    if call.app.switchboard is not None:
        raise bad_request("Only one switchboard can be created per app")
    call.app.switchboard = Switchboard(new_id())
    return {"switchboard": shapes.switchboard_json(call.app.switchboard)}


@endpoint(app_only=True)
async def list_all(call: Call) -> Json:
    """SPEC ListSwitchboards."""
    existing = [call.app.switchboard] if call.app.switchboard else []
    return {"switchboards": [shapes.switchboard_json(one) for one in existing]}


@endpoint(app_only=True)
async def update(call: Call) -> Json:
    """SPEC UpdateSwitchboard; enabled, it needs a default."""
    switchboard, body = _switchboard(call), await call.body()
    enabled = checks.boolean(body, "enabled")
    default_id = body.get("defaultSwitchboardIntegrationId", switchboard.default_id)
    if default_id is not None:
        _existing(switchboard, default_id)
    if (switchboard.enabled if enabled is None else enabled) and default_id is None:
        raise bad_request(_NO_DEFAULT)
    switchboard.default_id = default_id
    switchboard.enabled = switchboard.enabled if enabled is None else enabled
    return {"switchboard": shapes.switchboard_json(switchboard)}


@endpoint(app_only=True)
async def delete(call: Call) -> Json:
    """SPEC DeleteSwitchboard: with all its integrations; everybody hears everything again."""
    _switchboard(call)
    call.app.switchboard = None
    for conversation in call.app.conversations.values():
        conversation.active_id = conversation.pending_id = None
    return {}


@endpoint(status=201, app_only=True)
async def create_seat(call: Call) -> Json:
    """SPEC CreateSwitchboardIntegration: by integrationId, or by integrationType."""
    switchboard, body = _switchboard(call), await call.body()
    if len(switchboard.integrations) >= _MOST:
        raise ApiError(
            400,
            "too_many_switchboard_integrations",
            f"Switchboard has reached the max number of switchboard integrations ({_MOST})",
        )
    name = checks.seat_name(body)
    if any(one.name == name for one in switchboard.integrations.values()):
        raise bad_request(f"A switchboardIntegration with the name {name} exists already")
    integration = _integration(call, body)
    standby = checks.boolean(body, "deliverStandbyEvents")
    seat = SwitchboardIntegration(
        id=new_id(),
        name=name,
        integration_id=integration.id,
        integration_type=integration.type,
        deliver_standby_events=True if standby is None else standby,
        next_id=_next(switchboard, body),
        message_history_count=_history(body),
    )
    switchboard.integrations[seat.id] = seat
    return {"switchboardIntegration": shapes.seat_json(seat)}


@endpoint(app_only=True)
async def list_seats(call: Call) -> Json:
    """SPEC ListSwitchboardIntegrations."""
    seats = _switchboard(call).integrations.values()
    return {"switchboardIntegrations": [shapes.seat_json(one) for one in seats]}


@endpoint(app_only=True)
async def update_seat(call: Call) -> Json:
    """SPEC UpdateSwitchboardIntegration."""
    (switchboard, seat), body = _seat(call), await call.body()
    if "name" in body:
        seat.name = checks.seat_name(body)
    if (standby := checks.boolean(body, "deliverStandbyEvents")) is not None:
        seat.deliver_standby_events = standby
    if "nextSwitchboardIntegrationId" in body:
        seat.next_id = _next(switchboard, body)
    if "messageHistoryCount" in body:
        seat.message_history_count = _history(body)
    return {"switchboardIntegration": shapes.seat_json(seat)}


@endpoint(app_only=True)
async def delete_seat(call: Call) -> Json:
    """SPEC DeleteSwitchboardIntegration: not the default, nor one that is another's next."""
    switchboard, seat = _seat(call)
    if seat.id == switchboard.default_id:
        raise bad_request("The default switchboardIntegration cannot be deleted")
    if any(one.next_id == seat.id for one in switchboard.integrations.values()):
        raise bad_request("The switchboardIntegration is the next of another one")
    del switchboard.integrations[seat.id]
    for conversation in call.app.conversations.values():
        # Who takes over is decided at the next activity, without an event.
        if conversation.active_id == seat.id:
            conversation.active_id = None
        if conversation.pending_id == seat.id:
            conversation.pending_id = None
    return {}


def _integration(call: Call, body: Json) -> Integration:
    """Return the integration to link; Zendesk's own come into being by their type."""
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
    seat = one + "/switchboardIntegrations/{seat}"
    return [
        web.post(base + "/switchboards", create),
        web.get(base + "/switchboards", list_all),
        web.patch(one, update),
        web.delete(one, delete),
        web.post(one + "/switchboardIntegrations", create_seat),
        web.get(one + "/switchboardIntegrations", list_seats),
        web.patch(seat, update_seat),
        web.delete(seat, delete_seat),
    ]
