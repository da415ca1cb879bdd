"""The Rasa channel that receives Zendesk's webhooks: verify, parse, store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff import metrics
from zendesk_handoff.channels.check_route import add_check_route
from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.channels.lifecycle import add_lifecycle
from zendesk_handoff.channels.media_route import add_media_route
from zendesk_handoff.channels.messaging import MessagingAdapter
from zendesk_handoff.channels.metrics_route import add_metrics_route
from zendesk_handoff.channels.refusals import refuse_call, refuse_key
from zendesk_handoff.channels.report_route import add_report_route
from zendesk_handoff.channels.ticket_route import add_ticket_route
from zendesk_handoff.domain.inbox import InboxEntry
from zendesk_handoff.errors import (
    InvalidApiKey,
    InvalidPayload,
    MissingDependency,
    SettingsError,
    StoreUnavailable,
    UnsupportedEnvironment,
)
from zendesk_handoff.handover.classify import (
    classify_events,
    heard_probes,
    ignore_own_events,
    removed,
)
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.native_turn import UnaskedOutput
from zendesk_handoff.rasa.request_body import limit_ignored_bodies, read_body, respond_unread
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.rasa.start_errors import InvalidSettings, StoreNotReady, UnsupportedRasa
from zendesk_handoff.settings import Settings, read_settings
from zendesk_handoff.store import Store, check_openable
from zendesk_handoff.zendesk.webhooks import MAX_BODY_BYTES, parse_events, verify_key

log = structlog.get_logger(__name__)


#: Where the routes are mounted, whose paths are whole ones.
_ROOT = "/"


class _RootBlueprint(Blueprint):
    """A blueprint that stays at the root; `rasa run --inspect` mounts them by channel name."""

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        super().register(app, {**options, "url_prefix": _ROOT})


class ZendeskInput(InputChannel):
    """The channel that Zendesk posts to.

    Users write through all other channels; through this one those do whose connector has
    ``mode: native``.

    Args:
        settings: The block of ``credentials.yml``, checked.
    """

    handoff_adapter = MessagingAdapter

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; the store is opened when the server starts."""
        self.settings = settings
        self._app: Sanic | None = None

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
            StoreNotReady: With the store's path, what is wrong there, and what to do.
        """
        try:
            hooks.check_rasa()
            settings = read_settings(credentials)
            check_openable(settings.store_url)
            return cls(settings)
        except (MissingDependency, StoreUnavailable) as error:
            raise StoreNotReady(str(error)) from None
        except SettingsError as error:
            raise InvalidSettings(str(error)) from None
        except UnsupportedEnvironment as error:
            raise UnsupportedRasa(str(error)) from None

    def get_output_channel(self) -> ChannelOutput | None:
        """Return the channel to users in native conversations, for what nobody has asked for.

        Reminders and triggered intents are such. Without native connectors there is none.
        """
        if not any(each.is_native for each in self.settings.connectors.values()):
            return None
        return UnaskedOutput(MessagingAdapter(self), self.store)

    def url_prefix(self) -> str:
        """Mount at the root: one blueprint serves both addresses of the webhook."""
        return _ROOT

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes, and the listeners that start and stop the plugin."""
        blueprint = _RootBlueprint("zendesk_handoff")
        add_lifecycle(blueprint, self.settings)
        limit_ignored_bodies(blueprint)
        add_metrics_route(blueprint, self.settings.connectors)
        add_media_route(blueprint, self.settings)
        add_report_route(blueprint)
        add_ticket_route(blueprint, self.settings)
        add_check_route(blueprint, self.settings)

        @blueprint.listener("before_server_start")
        async def keep_app(app: Sanic, _loop: object) -> None:
            self._app = app

        @blueprint.get("/webhooks/zendesk/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route(
            "/api/v1/connectors/<connector_id:str>/webhook", methods=["POST", "HEAD"], stream=True
        )
        async def by_connector(request: Request, connector_id: str) -> HTTPResponse | None:
            return await self.receive(request, connector_id)

        @blueprint.route(
            "/webhooks/zendesk/<connector_id:str>/webhook", methods=["POST", "HEAD"], stream=True
        )
        async def by_rasa_route(request: Request, connector_id: str) -> HTTPResponse | None:
            return await self.receive(request, connector_id)

        return blueprint

    def store(self) -> Store:
        """Return the plugin's store, once the server has started."""
        assert self._app is not None, "the server has started"
        runtime: Runtime = self._app.ctx.zendesk_handoff
        return runtime.store

    async def receive(self, request: Request, connector_id: str) -> HTTPResponse | None:
        """Verify and parse a webhook call, and store what it brings for our sessions.

        The status decides whether Zendesk repeats the call: it never does after 400, 401, 403, 404
        and 406, and after any other error up to five times in 15 minutes (Zendesk's page on
        receiving messages). So an error that a repetition may resolve is a 503. The key is checked
        before any of the body is read.

        Args:
            request: The request, of Zendesk or of anybody.
            connector_id: The connector in the address.
        """
        connector = self.settings.connectors.get(connector_id)
        if connector is None:
            metrics.count_webhook("", "unknown_connector")
            return await respond_unread(request, error_response(404, "There is no such connector."))
        if request.method == "HEAD":  # Zendesk's admin page tests the address with it
            return response.empty(status=200)
        runtime: Runtime = request.app.ctx.zendesk_handoff
        try:
            verify_key(request.headers.get("x-api-key"), connector.webhook_secrets)
        except InvalidApiKey as error:
            return await respond_unread(
                request, refuse_key(request, runtime.quotas, connector_id, error)
            )
        try:
            body = await read_body(request, MAX_BODY_BYTES)
            parsed = parse_events(body)
            runtime.silence.hear(connector_id)
            if probes := heard_probes(parsed):
                await runtime.store.probes.hear(probes)
            runtime.signs.show(connector_id, parsed)
            for_bot = await runtime.native.hear(parsed, connector)
            events = ignore_own_events(parsed)
            entries = classify_events(events, connector)
            stored = await runtime.store.inbox.add(entries)
            # After what the same call brings of it.
            erased = await runtime.store.personal_data.erase_removed(
                connector_id, **removed(events)._asdict()
            )
        except PayloadTooLarge:
            metrics.count_webhook(connector_id, "too_large")
            text = f"A call may have {MAX_BODY_BYTES} bytes."
            return await respond_unread(request, error_response(413, text))
        except (InvalidPayload, StoreUnavailable) as error:
            return refuse_call(connector_id, error)
        _log_dead_letters(stored)
        metrics.count_webhook(connector_id, "stored" if stored or erased or for_bot else "ignored")
        for session_id in erased:
            log.info("handoff.session.erased", session=session_id, connector=connector_id)
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
