"""The route from which ``zendesk-handoff check`` learns how this server is set up."""

from __future__ import annotations

from typing import Any

import msgspec
import rasa
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from zendesk_handoff.bounds import own_version
from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.checks.reports import REPORT_PATH, ChannelReport, RasaReport
from zendesk_handoff.checks.token import HEADER, is_valid_token
from zendesk_handoff.errors import StoreUnavailable, UnsupportedEnvironment
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.compat import input_channels
from zendesk_handoff.rasa.outputs import channel_name
from zendesk_handoff.rasa.request_limits import address_of, too_many
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Settings
from zendesk_handoff.store.engine.identity import identity_of

_OWN = "zendesk"


def add_check_route(blueprint: Blueprint, settings: Settings) -> None:
    """Add the route.

    Args:
        blueprint: The plugin's; its app's context has the runtime.
        settings: The plugin's; a caller must have a webhook secret of them.
    """
    secrets = [
        secret for connector in settings.connectors.values() for secret in connector.webhook_secrets
    ]

    @blueprint.get(REPORT_PATH, name="check_report")
    async def report(request: Request) -> HTTPResponse:
        runtime: Runtime = request.app.ctx.zendesk_handoff
        if not is_valid_token(request.headers.get(HEADER), secrets):
            wait = runtime.quotas.refuse_key(address_of(request, runtime.quotas))
            if wait:
                return too_many(error_response(429, "Too many calls with a wrong key."), wait)
            return error_response(
                401, "The token is not made with a webhook secret of this server."
            )
        try:
            found = await describe(request.app, runtime)
        except StoreUnavailable as error:
            return error_response(503, str(error))
        return raw(msgspec.json.encode(found), content_type="application/json")


async def describe(app: Sanic, runtime: Runtime) -> RasaReport:
    """Describe a running server.

    Args:
        app: Rasa's.
        runtime: The plugin's.

    Raises:
        StoreUnavailable: The store does not answer.
    """
    agent = app.ctx.agent
    processor = getattr(agent, "processor", None)
    return RasaReport(
        version=own_version(),
        rasa=rasa.__version__,
        store=await runtime.store.database.read(identity_of),
        store_name=runtime.store.database.name,
        in_front=_is_in_front(agent),
        model_id=None if processor is None else processor.model_metadata.model_id,
        connectors=sorted(runtime.settings.connectors),
        channels=_channels(app, runtime),
    )


def _is_in_front(agent: Any) -> bool:
    try:
        hooks.check_agent(agent)
    except UnsupportedEnvironment:
        return False
    return True


def _channels(app: Sanic, runtime: Runtime) -> list[ChannelReport]:
    limitations, without_push = runtime.channels.limitations(), runtime.channels.without_push()
    return [
        ChannelReport(
            name=channel_name(channel),
            can_push=(kind := type(channel).__name__) not in without_push,
            limitations=limitations.get(kind, []),
        )
        for channel in input_channels(app)
        if channel_name(channel) != _OWN
    ]
