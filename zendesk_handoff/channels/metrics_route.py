"""The route that Prometheus asks: ``GET /webhooks/zendesk/metrics``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from zendesk_handoff import metrics
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.metrics import StoreFigures
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)

METRICS_PATH = "/webhooks/zendesk/metrics"
#: Seconds after which the store counts as down; Prometheus itself gives up after ten.
_PATIENCE = 3.0


def add_metrics_route(blueprint: Blueprint, connectors: Iterable[str]) -> None:
    """Add the route to a blueprint.

    Args:
        blueprint: The plugin's; its app's context has the store.
        connectors: The ids of the settings.
    """
    known = sorted(connectors)

    @blueprint.get(METRICS_PATH)
    async def metrics_route(request: Request) -> HTTPResponse:
        counts = await _count(request.app.ctx.zendesk_handoff.store)
        body = metrics.render(counts, connectors=known)
        return raw(body, content_type=metrics.CONTENT_TYPE_LATEST)


async def _count(store: Store) -> StoreFigures | None:
    try:
        return await asyncio.wait_for(store.reports.counts(), _PATIENCE)
    except (StoreUnavailable, asyncio.TimeoutError):
        log.warning("handoff.metrics.store_unavailable")
        return None
