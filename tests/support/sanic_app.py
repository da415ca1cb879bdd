"""A Sanic app in the test's own process, on a free port."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sanic import Sanic
from sanic.touchup import TouchUp

from tests.support.servers import free_port


def make_app(monkeypatch: pytest.MonkeyPatch, runtime: Any) -> Sanic:
    """Make an app whose context has the plugin's runtime.

    Args:
        monkeypatch: Puts Sanic's own methods back after the test: 21.12 rewrites them when an app
            starts, and cannot do so with what it wrote.
        runtime: What the routes use of it.
    """
    for target, name in TouchUp._registry:
        monkeypatch.setattr(target, name, getattr(target, name))
    app = Sanic(f"app_{uuid.uuid4().hex}", configure_logging=False)
    app.ctx.zendesk_handoff = runtime
    return app


@asynccontextmanager
async def serving(app: Sanic) -> AsyncIterator[str]:
    """Serve an app; yield its address."""
    port = free_port()
    running = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
    await running.startup()
    yield f"http://127.0.0.1:{port}"
    await running.close()
