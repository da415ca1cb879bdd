"""Zendesk's webhook, as a Rasa channel that brings the whole plugin with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote

import structlog
from aiohttp import ClientResponse
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff import metrics
from zendesk_handoff.channels import request_guard
from zendesk_handoff.channels.metrics_route import add_metrics_route
from zendesk_handoff.domain.media import AGENT_MEDIA_PATH, is_inline_image
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.session import Candidate
from zendesk_handoff.errors import (
    ApiError,
    ConversationsError,
    InvalidApiKey,
    InvalidPayload,
    SettingsError,
    StoreUnavailable,
    UnsupportedEnvironment,
)
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.handover.classify import classify_event, is_relevant, match_session
from zendesk_handoff.logs import keep_level
from zendesk_handoff.rasa import router
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.delivery import is_zendesk_media
from zendesk_handoff.rasa.pending import track_responses
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Connector, Settings, read_settings
from zendesk_handoff.store import Store, open_store
from zendesk_handoff.store.inbox import EventBatch, NewEvent
from zendesk_handoff.zendesk.webhooks import (
    MAX_BODY_BYTES,
    Event,
    parse_events,
    storable_id,
    verify_key,
)

log = structlog.get_logger(__name__)

#: A call may bring any number of events; a query takes so many names.
_AT_ONCE = 1000
_MAX_MEDIA_BYTES = 50 * 1024 * 1024  # what Zendesk takes (facts sheet, section 8)
#: Seconds for which a user may read one file: the largest one over a poor mobile line, 90 KB/s. Who
#: reads on never would keep a place for good that others need.
_READ_ONE_FILE = 600.0


class InvalidSettings(RasaException):
    """The ``channels.ZendeskInput`` block has problems; Rasa prints them and does not start."""


class UnsupportedRasa(RasaException):
    """The plugin cannot work in this environment; Rasa prints why and does not start."""


class ZendeskInput(InputChannel):
    """The channel that Zendesk posts to.

    No user comes through it; it belongs to the users of all other channels.

    Args:
        settings: The block of ``credentials.yml``, checked.
    """

    def __init__(self, settings: Settings) -> None:
        """Remember the settings; the store is opened with the server."""
        self.settings = settings

    @classmethod
    def name(cls) -> str:
        """Name the channel."""
        return "zendesk"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> ZendeskInput:
        """Make the channel of its block.

        Raises:
            InvalidSettings: With every fault of the block.
            UnsupportedRasa: With what is installed, and what is supported.
        """
        try:
            router.check_rasa()
            return cls(read_settings(credentials))
        except SettingsError as error:
            raise InvalidSettings(str(error)) from None
        except UnsupportedEnvironment as error:
            raise UnsupportedRasa(str(error)) from None

    def url_prefix(self) -> str:
        """Mount at the root: one blueprint serves both of the webhook's addresses."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Give the routes, and the listeners that start and stop everything."""
        blueprint = Blueprint("zendesk_handoff")
        _add_lifecycle(blueprint, self.settings)
        add_metrics_route(blueprint, self.settings.connectors)

        @blueprint.get("/webhooks/zendesk/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route("/api/v1/connectors/<connector_id:str>/webhook", methods=["POST", "HEAD"])
        async def by_connector(request: Request, connector_id: str) -> HTTPResponse:
            return await self.receive(request, connector_id)

        @blueprint.route("/webhooks/zendesk/<connector_id:str>/webhook", methods=["POST", "HEAD"])
        async def by_convention(request: Request, connector_id: str) -> HTTPResponse:
            return await self.receive(request, connector_id)

        @blueprint.get(AGENT_MEDIA_PATH + "/<token:str>/<name:str>")
        async def media(request: Request, token: str, name: str) -> HTTPResponse | None:
            return await self._serve_media(request, token)

        return blueprint

    async def receive(self, request: Request, connector_id: str) -> HTTPResponse:
        """Verify, parse, store.

        The status decides whether Zendesk repeats the call: after 400, 401, 403, 404 and 406 it
        does not, after anything else that is not a success it does, five times in 15 minutes
        (SPEC, Webhooks). So whatever may be mended by a repeat is a 503.
        """
        connector = self.settings.connectors.get(connector_id)
        if connector is None:
            metrics.count_webhook("", "unknown_connector")
            return _refuse(404, "There is no such connector.")
        if request.method == "HEAD":  # Zendesk's admin page looks whether anybody is there
            return response.empty(status=200)
        try:
            verify_key(request.headers.get("x-api-key"), connector.webhook_secrets)
            if len(request.body) > MAX_BODY_BYTES:
                metrics.count_webhook(connector_id, "too_large")
                return _refuse(413, f"A call may have {MAX_BODY_BYTES} bytes.")
            events = parse_events(request.body)
            kept = await _store_events(request.app.ctx.zendesk_handoff.store, connector, events)
        except InvalidApiKey as error:
            metrics.count_webhook(connector_id, "invalid_key")
            log.warning("handoff.webhook.invalid_key", connector=connector_id)
            return _refuse(401, str(error))
        except InvalidPayload as error:
            metrics.count_webhook(connector_id, "invalid_payload")
            log.warning("handoff.webhook.invalid_payload", connector=connector_id)
            return _refuse(400, str(error))
        except StoreUnavailable as error:
            metrics.count_webhook(connector_id, "store_unavailable")
            log.error("handoff.webhook.store_unavailable", connector=connector_id)
            return _refuse(503, str(error))
        metrics.count_webhook(connector_id, "stored" if kept else "ignored")
        return response.json({})

    async def _serve_media(self, request: Request, token: str) -> HTTPResponse | None:
        """Give a user the file an agent sent, which Zendesk may not show without our key."""
        runtime: Runtime = request.app.ctx.zendesk_handoff
        event = await runtime.store.inbox.by_media_token(token)
        session = await runtime.store.sessions.get(event.session_id) if event else None
        if event is None or session is None:
            return _refuse(404, "There is no such file.")
        message = AgentMessage(**event.body)
        connector = self.settings.connectors.get(session.connector_id)
        client = runtime.media_client(session.connector_id)
        if (
            connector is None
            or client is None
            or not is_zendesk_media(str(message.media_url), connector)
        ):
            return _refuse(404, "There is no such file.")
        file = client.open(
            str(message.media_url), may_follow=lambda url: is_zendesk_media(url, connector)
        )
        name = quote(message.media_name or "file")
        try:
            # From outside: what takes long may be Zendesk's to send, or the reader's to take.
            return await asyncio.wait_for(_pass_file(request, file, name), _READ_ONE_FILE)
        except (ConversationsError, asyncio.TimeoutError):
            if not request.responded:
                return _refuse(502, "The file cannot be read now. Try again later.")
            # To end the answer would make a whole file of a part, and wait for a slow reader.
            request.transport.abort()
            return None


async def _pass_file(
    request: Request, file: AbstractAsyncContextManager[ClientResponse], name: str
) -> HTTPResponse | None:
    """Answer with a file of Zendesk's, as it comes; ``name`` is quoted already."""
    async with file as answer:
        if answer.status != 200 or (answer.content_length or 0) > _MAX_MEDIA_BYTES:
            return _refuse(404, "Zendesk does not give this file.")
        shown = is_inline_image(answer.content_type)
        stream = await request.respond(
            content_type=answer.content_type if shown else "application/octet-stream",
            headers={
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "Cache-Control": "private, max-age=3600",
                "Content-Disposition": (
                    f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{name}"
                ),
            },
        )
        sent = 0
        async for chunk in answer.content.iter_chunked(64 * 1024):
            sent += len(chunk)
            if sent > _MAX_MEDIA_BYTES:
                raise ApiError("GET media", 413, title="the file is larger than Zendesk takes")
            await stream.send(chunk)
        await stream.eof()
        return None


def _event_batch(connector: Connector, events: list[Event]) -> EventBatch:
    """Make of events what the store judges and keeps, once it has found their sessions."""

    def classify(sessions: Sequence[Candidate]) -> list[NewEvent]:
        matches = ((event, match_session(event, sessions)) for event in events)
        judged = (
            classify_event(event, session, connector) for event, session in matches if session
        )
        return [new for new in judged if new is not None]

    conversations = [event.conversation for event in events]
    return EventBatch(
        connector.id,
        classify,
        conversation_ids=frozenset(storable_id(each.id) for each in conversations),
        session_ids=frozenset(
            storable_id(each.session_id) for each in conversations if each.session_id
        ),
    )


async def _store_events(store: Store, connector: Connector, events: list[Event]) -> int:
    """Keep what concerns our sessions; everything else in the account is none of ours.

    Returns:
        How many events were kept.
    """
    events = [event for event in events if is_relevant(event)]
    kept: list[NewEvent] = []
    for start in range(0, len(events), _AT_ONCE):
        kept += await store.inbox.store_batch(
            _event_batch(connector, events[start : start + _AT_ONCE])
        )
    for new in kept:
        if new.kind == "dead_letter":
            log.error(
                "handoff.webhook.unreadable",
                connector=connector.id,
                session=new.session_id,
                type=new.body["type"],
            )
    if kept:
        failpoint("receive.stored")
    return len(kept)


def _refuse(status: int, words: str) -> HTTPResponse:
    return response.json({"error": words}, status=status)


def _add_lifecycle(blueprint: Blueprint, settings: Settings) -> None:
    @blueprint.listener("before_server_start")
    async def open_up(app: Sanic, _loop: object) -> None:
        keep_level("zendesk_handoff", __name__.partition(".")[0])
        await request_guard.install(app)
        # Before the first message can come: no message may slip past the gate.
        store = await open_store(settings.store_url, lease=settings.takeover_after)
        bot = Bot(app)
        app.ctx.zendesk_handoff = Runtime(store, settings, bot)
        router.install(router.Router(store, bot, settings))
        track_responses(app, store)

    @blueprint.listener("after_server_start")
    async def start(app: Sanic, _loop: object) -> None:
        router.check_agent(app.ctx.agent)
        app.ctx.zendesk_handoff.start()
        log.info("handoff.server.ready", connectors=sorted(settings.connectors))

    @blueprint.listener("after_server_stop")
    async def stop(app: Sanic, _loop: object) -> None:
        runtime: Runtime = app.ctx.zendesk_handoff
        router.uninstall()
        await runtime.stop()
        await runtime.store.close()
