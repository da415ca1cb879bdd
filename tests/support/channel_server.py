"""A channel's blueprint served by Sanic in the test's own loop."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

from rasa.core.channels.channel import UserMessage
from sanic import Sanic
from sanic.signals import RESERVED_NAMESPACES
from sanic.touchup import TouchUp

from tools.processes import free_port


@asynccontextmanager
async def serving(
    channel: Any, on_new_message: Callable[[UserMessage], Awaitable[Any]], **context: Any
) -> AsyncIterator[str]:
    """Serve a channel as Rasa does, and give the server's address.

    Args:
        channel: An input channel.
        on_new_message: Takes its messages.
        **context: The context of the app.
    """
    app, port = Sanic(f"channel_{uuid.uuid4().hex}", configure_logging=False), free_port()
    for name, value in context.items():
        setattr(app.ctx, name, value)
    app.blueprint(channel.blueprint(on_new_message), url_prefix=f"/webhooks/{channel.name()}")
    for event in (each for events in RESERVED_NAMESPACES.values() for each in events):
        app.add_signal(_ignore, event)
    running = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
    # Sanic would rewrite its own methods, without the signals that this app has no handler of. It
    # can do so only once in a process.
    with patch.object(TouchUp, "run"):
        await running.startup()
    await running.before_start()
    await running.after_start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await running.before_stop()
        await running.close()
        await running.after_stop()


async def _ignore(**_values: Any) -> None:
    pass
