"""Refusals of calls of Zendesk's: counted, logged as far as an attack leaves room, and answered."""

from __future__ import annotations

import structlog
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff import metrics
from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.errors import HandoffError, InvalidPayload, WebhookError
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.rasa.request_limits import address_of, too_many

log = structlog.get_logger(__name__)

#: Seconds after which a call may be repeated while the store does not answer. Zendesk repeats a
#: trigger's call only with such a header (developer.zendesk.com: Webhooks, "Webhook retries").
_STORE_WAIT = 5.0


def refuse_key(
    request: Request, quotas: Quotas, connector_id: str, error: WebhookError
) -> HTTPResponse:
    """Refuse a call with a wrong key or signature; neither answers nor log lines pile up.

    The right key is checked first and always passes, whatever its address has sent before.

    Args:
        request: Of anybody.
        quotas: Of the process.
        connector_id: A connector of the settings.
        error: Its text quotes nothing of the request.
    """
    metrics.count_webhook(connector_id, "invalid_key")
    if quotas.may_log_key():
        log.warning("handoff.webhook.invalid_key", connector=connector_id)
    wait = quotas.refuse_key(address_of(request, quotas))
    if wait:
        return too_many(error_response(429, "Too many calls with a wrong key."), wait)
    return error_response(401, str(error))


def refuse_call(connector_id: str, error: HandoffError) -> HTTPResponse:
    """Refuse a call that could not be parsed or stored.

    Args:
        connector_id: A connector of the settings.
        error: ``InvalidPayload`` or ``StoreUnavailable``.
    """
    if isinstance(error, InvalidPayload):
        log.warning("handoff.webhook.invalid_payload", connector=connector_id)
        metrics.count_webhook(connector_id, "invalid_payload")
        return error_response(400, str(error))
    log.error("handoff.webhook.store_unavailable", connector=connector_id, error=str(error))
    metrics.count_webhook(connector_id, "store_unavailable")
    # The error names the store, which is nobody's business out there.
    return too_many(error_response(503, "The store did not answer."), _STORE_WAIT)
