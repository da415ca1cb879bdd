"""The route to which Zendesk's triggers report that a ticket is solved: verify, parse, store."""

from __future__ import annotations

import time

import structlog
from sanic import Blueprint, response
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff import metrics
from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.channels.refusals import refuse_call, refuse_key
from zendesk_handoff.errors import InvalidPayload, InvalidSignature, StoreUnavailable
from zendesk_handoff.handover.ticket_events import store_ticket_event
from zendesk_handoff.rasa.request_body import MAX_SMALL_BODY, read_body, respond_unread
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.zendesk.ticket_events import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    parse_ticket_event,
    verify_signature,
)

log = structlog.get_logger(__name__)


def add_ticket_route(blueprint: Blueprint, settings: Settings) -> None:
    """Add the route.

    Args:
        blueprint: The plugin's; its app's context has the runtime.
        settings: The plugin's.
    """

    @blueprint.post("/api/v1/connectors/<connector_id:str>/ticket-events", stream=True)
    async def receive(request: Request, connector_id: str) -> HTTPResponse | None:
        connector = settings.connectors.get(connector_id)
        if connector is None or not connector.signing_secrets:
            metrics.count_webhook("", "unknown_connector")
            text = "There is no such connector with a `webhook_signing_secret`."
            return await respond_unread(request, error_response(404, text))
        return await receive_ticket_event(request, connector)


async def receive_ticket_event(request: Request, connector: Connector) -> HTTPResponse | None:
    """Verify and parse a call of a trigger's webhook, and store the end that it brings.

    A call that names no open session of the connector is answered with 200, too: triggers fire for
    all tickets of the account.

    Args:
        request: Of Zendesk, or of anybody; its body has not been read.
        connector: The connector in the address; it has signing secrets.
    """
    runtime: Runtime = request.app.ctx.zendesk_handoff
    given, timestamp = (request.headers.get(each) for each in (SIGNATURE_HEADER, TIMESTAMP_HEADER))
    try:
        if not given or not timestamp:  # it is not worth reading
            raise InvalidSignature("The call is not signed.")
        body = await read_body(request, MAX_SMALL_BODY)
        signed_at = verify_signature(
            given, timestamp, body, connector.signing_secrets, now=time.time()
        )
        event = parse_ticket_event(body, signed_at=signed_at)
        stored = await store_ticket_event(runtime.store, connector, event)
    except InvalidSignature as error:
        refusal = refuse_key(request, runtime.quotas, connector.id, error)
        return await respond_unread(request, refusal)
    except PayloadTooLarge:
        metrics.count_webhook(connector.id, "too_large")
        text = f"A call may have {MAX_SMALL_BODY} bytes."
        return await respond_unread(request, error_response(413, text))
    except (InvalidPayload, StoreUnavailable) as error:
        return refuse_call(connector.id, error)
    metrics.count_webhook(connector.id, "stored" if stored else "ignored")
    for entry in stored:
        log.info(
            "handoff.ticket.done",
            session=entry.session_id,
            connector=connector.id,
            reason=entry.body["reason"],
        )
    return response.json({})
