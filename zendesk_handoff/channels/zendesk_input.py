"""The Rasa channel that receives Zendesk's webhooks: verify, parse, store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff import metrics
from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.channels.lifecycle import add_lifecycle
from zendesk_handoff.channels.media_route import add_media_route
from zendesk_handoff.channels.metrics_route import add_metrics_route
from zendesk_handoff.domain.inbox import InboxEntry
from zendesk_handoff.errors import (
    HandoffError,
    InvalidApiKey,
    InvalidPayload,
    SettingsError,
    StoreUnavailable,
    UnsupportedEnvironment,
)
from zendesk_handoff.handover.classify import classify_events, ignore_own_events
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.start_errors import InvalidSettings, UnsupportedRasa
from zendesk_handoff.settings import Settings, read_settings
from zendesk_handoff.zendesk.webhooks import MAX_BODY_BYTES, parse_events, verify_key

log = structlog.get_logger(__name__)


class ZendeskInput(InputChannel):
    """The channel that Zendesk posts to.

    Users write through all other channels, and never through this one.

    Args:
        settings: The block of ``credentials.yml``, checked.
    """

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; the store is opened when the server starts."""
        self.settings = settings

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return "zendesk"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> ZendeskInput:
        """Create the channel from its block of ``credentials.yml``.

        Raises:
            InvalidSettings: With every error of the block.
            UnsupportedRasa: With the installed and the supported versions.
        """
        try:
            hooks.check_rasa()
            return cls(read_settings(credentials))
        except SettingsError as error:
            raise InvalidSettings(str(error)) from None
        except UnsupportedEnvironment as error:
            raise UnsupportedRasa(str(error)) from None

    def url_prefix(self) -> str:
        """Mount at the root: one blueprint serves both addresses of the webhook."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes, and the listeners that start and stop the plugin."""
        blueprint = Blueprint("zendesk_handoff")
        add_lifecycle(blueprint, self.settings)
        add_metrics_route(blueprint, self.settings.connectors)
        add_media_route(blueprint, self.settings)

        @blueprint.get("/webhooks/zendesk/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route("/api/v1/connectors/<connector_id:str>/webhook", methods=["POST", "HEAD"])
        async def by_connector(request: Request, connector_id: str) -> HTTPResponse:
            return await self.receive(request, connector_id)

        @blueprint.route("/webhooks/zendesk/<connector_id:str>/webhook", methods=["POST", "HEAD"])
        async def by_rasa_route(request: Request, connector_id: str) -> HTTPResponse:
            return await self.receive(request, connector_id)

        return blueprint

    async def receive(self, request: Request, connector_id: str) -> HTTPResponse:
        """Verify and parse a webhook call, and store what it brings for our sessions.

        The status decides whether Zendesk repeats the call: it never does after 400, 401, 403, 404
        and 406, and after any other error up to five times in 15 minutes (Zendesk's page on
        receiving messages). So an error that a repetition may resolve is a 503.

        Args:
            request: The request, of Zendesk or of anybody.
            connector_id: The connector in the address.
        """
        connector = self.settings.connectors.get(connector_id)
        if connector is None:
            metrics.count_webhook("", "unknown_connector")
            return error_response(404, "There is no such connector.")
        if request.method == "HEAD":  # Zendesk's admin page tests the address with it
            return response.empty(status=200)
        try:
            verify_key(request.headers.get("x-api-key"), connector.webhook_secrets)
            if len(request.body) > MAX_BODY_BYTES:
                metrics.count_webhook(connector_id, "too_large")
                return error_response(413, f"A call may have {MAX_BODY_BYTES} bytes.")
            events = ignore_own_events(parse_events(request.body))
            entries = classify_events(events, connector)
            stored = await request.app.ctx.zendesk_handoff.store.inbox.add(entries)
        except (InvalidApiKey, InvalidPayload, StoreUnavailable) as error:
            return _reject(connector_id, error)
        _log_dead_letters(stored)
        metrics.count_webhook(connector_id, "stored" if stored else "ignored")
        return response.json({})


def _log_dead_letters(stored: Iterable[InboxEntry]) -> None:
    for entry in stored:
        if entry.kind == "dead_letter":
            log.error(
                "handoff.webhook.unreadable",
                connector=entry.connector_id,
                session=entry.session_id,
                type=entry.body["type"],
            )


def _reject(connector_id: str, error: HandoffError) -> HTTPResponse:
    """Count, log and answer a call that could not be verified, parsed or stored."""
    if isinstance(error, InvalidApiKey):
        status, outcome = 401, "invalid_key"
        log.warning("handoff.webhook.invalid_key", connector=connector_id)
    elif isinstance(error, InvalidPayload):
        status, outcome = 400, "invalid_payload"
        log.warning("handoff.webhook.invalid_payload", connector=connector_id)
    else:
        status, outcome = 503, "store_unavailable"
        log.error("handoff.webhook.store_unavailable", connector=connector_id)
    metrics.count_webhook(connector_id, outcome)
    return error_response(status, str(error))
