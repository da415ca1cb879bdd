"""The route that Prometheus scrapes: ``GET /webhooks/zendesk/metrics``."""

from __future__ import annotations

import asyncio
import time
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
#: The store is not read again before so many times the seconds that reading it took: anybody may
#: call the route, and in a large store that takes the server's time.
_PAUSES = 20
_MAX_PAUSE = 5.0


def add_metrics_route(blueprint: Blueprint, connectors: Iterable[str]) -> None:
    """Add the route to a blueprint.

    Args:
        blueprint: The plugin's blueprint; its app's context has the store.
        connectors: The ids of the connectors, as in the settings.
    """
    known = sorted(connectors)
    figures = Figures()

    @blueprint.get(METRICS_PATH)
    async def metrics_route(request: Request) -> HTTPResponse:
        counts = await figures.read(request.app.ctx.zendesk_handoff.store)
        body = metrics.render(counts, connectors=known)
        return raw(body, content_type=metrics.CONTENT_TYPE_LATEST)


class Figures:
    """The store's figures, read at most for a twentieth of the time, however often one asks."""

    def __init__(self) -> None:
        """Know none yet."""
        self._lock = asyncio.Lock()
        self._known: StoreFigures | None = None
        self._read_again_at = 0.0

    async def read(self, store: Store) -> StoreFigures | None:
        """Read the figures, unless they have just been read.

        Args:
            store: May be down.

        Returns:
            The figures, or ``None`` where the store does not answer in time.
        """
        async with self._lock:
            began = time.monotonic()
            if began >= self._read_again_at:
                self._known = await read_figures(store)
                now = time.monotonic()
                self._read_again_at = now + min(_PAUSES * (now - began), _MAX_PAUSE)
            return self._known


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
