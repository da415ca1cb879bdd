"""The four switchboard actions (Conversations API: Switchboard Actions)."""

from __future__ import annotations

from aiohttp import web

from .. import switchboard, validation
from ..errors import bad_request
from ..records import Json
from .call import Call, endpoint


def _target(body: Json) -> str:
    target = validation.required(body, "switchboardIntegration")
    if not isinstance(target, str):
        raise bad_request("switchboardIntegration should be string")
    return target


@endpoint()
async def pass_control(call: Call) -> Json:
    """Operation `PassControl`."""
    conversation, body = call.conversation(), await call.body()
    switchboard.pass_control(
        call.state,
        call.app,
        conversation,
        _target(body),
        metadata=validation.metadata(
            body, whose="Switchboard action", refused=call.app.switches.refused_metadata
        ),
        caller=call.caller.integration_id,
    )
    return {}


@endpoint()
async def offer_control(call: Call) -> Json:
    """Operation `OfferControl`."""
    conversation, body = call.conversation(), await call.body()
    switchboard.offer_control(
        call.state,
        call.app,
        conversation,
        _target(body),
        metadata=validation.metadata(body, whose="Switchboard action"),
    )
    return {}


@endpoint()
async def accept_control(call: Call) -> Json:
    """Operation `AcceptControl`; a body is required, `{}` will do."""
    conversation, body = call.conversation(), await call.body()
    switchboard.accept_control(
        call.state,
        call.app,
        conversation,
        metadata=validation.metadata(body, whose="Switchboard action"),
        caller=call.caller.integration_id,
    )
    return {}


@endpoint()
async def release_control(call: Call) -> Json:
    """Operation `ReleaseControl`; the body is optional."""
    conversation, body = call.conversation(), await call.body(optional=True)
    switchboard.release_control(
        call.state,
        call.app,
        conversation,
        metadata=validation.metadata(body, whose="Switchboard action"),
        caller=call.caller.integration_id,
    )
    return {}


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes under the app's path."""
    one = base + "/conversations/{conversation}"
    return [
        web.post(one + "/passControl", pass_control),
        web.post(one + "/offerControl", offer_control),
        web.post(one + "/acceptControl", accept_control),
        web.post(one + "/releaseControl", release_control),
    ]
