"""The plugin's start and stop with the Rasa server: store, router and runtime."""

from __future__ import annotations

import structlog
from sanic import Blueprint, Sanic

from zendesk_handoff.channels import request_guard
from zendesk_handoff.logs import keep_level
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.response_tracking import track_responses
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Settings
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
        await request_guard.install(app)
        # Before the server accepts requests: no message may bypass the router.
        store = await open_store(settings.store_url, lease=settings.takeover_after)
        bot = Bot(app, InHand(store.signals))
        app.ctx.zendesk_handoff = Runtime(store, settings, bot)
        hooks.install(Router(store, bot, settings), bot.in_hand)
        track_responses(app, store)

    @blueprint.listener("after_server_start")
    async def start(app: Sanic, _loop: object) -> None:
        hooks.check_agent(app.ctx.agent)
        app.ctx.zendesk_handoff.start()
        log.info("handoff.server.ready", connectors=sorted(settings.connectors))

    @blueprint.listener("after_server_stop")
    async def stop(app: Sanic, _loop: object) -> None:
        runtime: Runtime = app.ctx.zendesk_handoff
        hooks.uninstall()
        await runtime.stop()
        await runtime.store.close()
