"""The plugin's start and stop with the Rasa server: store, router and runtime."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from sanic import Blueprint, Sanic

from zendesk_handoff.channels import request_guard
from zendesk_handoff.channels.access_log import hide_media_tokens
from zendesk_handoff.channels.adapters import ADAPTERS
from zendesk_handoff.checks.at_start import check_rasa_server
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.logs import error_fields, keep_level
from zendesk_handoff.rasa import hooks, hours
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.collector import collect_all_again, leave_out_loaded
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.response_tracking import track_responses
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.rasa.start_errors import StoreNotReady, hide_tracebacks
from zendesk_handoff.settings import Settings
from zendesk_handoff.settings.credentials_file import use_file_of_server
from zendesk_handoff.store import open_store

log = structlog.get_logger(__name__)


def add_lifecycle(blueprint: Blueprint, settings: Settings) -> None:
    """Add the listeners that start and stop the plugin.

    Args:
        blueprint: The plugin's; the runtime is ``zendesk_handoff`` in its app's context.
        settings: The plugin's.
    """

    @blueprint.listener("before_server_start")
    async def prepare(app: Sanic, _loop: object) -> None:
        keep_level("zendesk_handoff")
        use_file_of_server(settings.credentials_file)
        hide_tracebacks()
        hide_media_tokens()
        await request_guard.install(app)
        # Before the server accepts requests: no message may bypass the router.
        try:
            store = await open_store(settings.store_url, lease=settings.takeover_after)
        except HandoffError as error:
            raise StoreNotReady(str(error)) from None
        bot = Bot(app, InHand(store.signals), adapters=ADAPTERS, public_url=settings.public_url)
        runtime = app.ctx.zendesk_handoff = Runtime(store, settings, bot)
        router = Router(store, bot, settings, runtime.quotas, runtime.user_counter)
        hooks.install(router, bot.in_hand)
        track_responses(app, store)
        hours.use(settings)
        leave_out_loaded()  # the model comes later: it may be replaced

    @blueprint.listener("after_server_start")
    async def start(app: Sanic, _loop: object) -> None:
        hooks.check_agent(app.ctx.agent)
        app.ctx.zendesk_handoff.start()
        log.info(
            "handoff.server.ready",
            connectors=sorted(settings.connectors),
            store=app.ctx.zendesk_handoff.store.database.name,
            credentials=str(settings.credentials_file),
        )
        app.ctx.zendesk_handoff_check = asyncio.create_task(_check(app, settings))

    @blueprint.listener("after_server_stop")
    async def stop(app: Sanic, _loop: object) -> None:
        runtime: Runtime = app.ctx.zendesk_handoff
        app.ctx.zendesk_handoff_check.cancel()
        hooks.uninstall()
        hours.use(None)
        collect_all_again()
        await runtime.stop()
        await runtime.store.close()
        use_file_of_server(None)


async def _check(app: Sanic, settings: Settings) -> None:
    """Run the quick checks beside the server's work; what they find is logged."""
    processor = getattr(app.ctx.agent, "processor", None)
    try:
        await check_rasa_server(settings, processor and Path(processor.model_path))
    except Exception as error:
        # The checks are advice: no error in them may concern the server.
        log.error("handoff.check.failed", **error_fields(error))
