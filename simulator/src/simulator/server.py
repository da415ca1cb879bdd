"""The web server: API, control API and agent page on one port."""

from __future__ import annotations

from aiohttp import web

from . import other_bot, page
from .api.call import STATE
from .api.middleware import api_calls
from .api.routes import all_routes as api_routes
from .control_api.request import control_calls
from .control_api.routes import all_routes as control_routes
from .files import UPLOAD_LIMIT
from .state import State


def build(state: State) -> web.Application:
    """Return the aiohttp application that serves a state."""
    application = web.Application(
        middlewares=[control_calls, api_calls],
        # The form around the file needs some room.
        client_max_size=UPLOAD_LIMIT + 1024 * 1024,
    )
    application[STATE] = state
    application.add_routes([*api_routes(), *control_routes(), *page.routes()])
    other_bot.set_up(application)
    return application


class Server:
    """A simulator on a port.

    Args:
        state: The state that it serves.
        host: Address to listen on.
        port: Port; 0 takes a free one.
    """

    def __init__(self, state: State, *, host: str = "127.0.0.1", port: int = 8090) -> None:
        """Keep the settings; `start` listens."""
        self.state = state
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen; return the address."""
        await self.state.dispatcher.start()
        # A stop does not wait for open requests: a silence fault can last for minutes.
        self._runner = web.AppRunner(build(self.state), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        await site.start()
        port = self._runner.addresses[0][1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening; cancel running requests and deliveries."""
        self.state.event_log.close()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.state.dispatcher.stop()
