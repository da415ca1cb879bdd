"""The route that Prometheus scrapes: ``GET /webhooks/zendesk/metrics``."""

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
#: Seconds after which the store counts as down; Prometheus' own limit is ten.
_STORE_TIMEOUT = 3.0


def add_metrics_route(blueprint: Blueprint, connectors: Iterable[str]) -> None:
    """Add the route to a blueprint.

    Args:
        blueprint: The plugin's blueprint; its app's context has the store.
        connectors: The ids of the connectors, as in the settings.
    """
    known = sorted(connectors)

    @blueprint.get(METRICS_PATH)
    async def metrics_route(request: Request) -> HTTPResponse:
        counts = await read_figures(request.app.ctx.zendesk_handoff.store)
        body = metrics.render(counts, connectors=known)
        return raw(body, content_type=metrics.CONTENT_TYPE_LATEST)


async def read_figures(store: Store) -> StoreFigures | None:
    """Read the store's figures.

    Args:
        store: May be down.

    Returns:
        The figures, or ``None`` where the store does not answer in time.
    """
    try:
        return await asyncio.wait_for(store.reports.counts(), _STORE_TIMEOUT)
    except (StoreUnavailable, asyncio.TimeoutError):
        log.warning("handoff.metrics.store_unavailable")
        return None
