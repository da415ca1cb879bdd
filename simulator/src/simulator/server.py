"""The web server: API, control API and agent page on one port."""

from __future__ import annotations

import os

from aiohttp import web

from . import page
from .api.call import WORLD
from .api.middleware import api_calls
from .api.routes import all_routes as api_routes
from .console.routes import PID, control_calls
from .console.routes import all_routes as control_routes
from .files import UPLOAD_LIMIT
from .world import World


def build(world: World) -> web.Application:
    """Return the aiohttp application for a world."""
    application = web.Application(
        middlewares=[control_calls, api_calls],
        # Room for the form around the file.
        client_max_size=UPLOAD_LIMIT + 1024 * 1024,
    )
    application[WORLD] = world
    application[PID] = os.getpid()
    application.add_routes([*api_routes(), *control_routes(), *page.routes()])

    return application


class Server:
    """A simulator that listens.

    Args:
        world: What it serves.
        host: Address to listen on.
        port: Port; 0 takes a free one.
    """

    def __init__(self, world: World, *, host: str = "127.0.0.1", port: int = 8090) -> None:
        """Keep what `start` needs."""
        self.world = world
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen; return the address."""
        await self.world.courier.start()
        # Nobody is waited for at the end: a silent request may be silent for minutes.
        self._runner = web.AppRunner(build(self.world), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        await site.start()
        port = self._runner.addresses[0][1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening, drop what is under way."""
        self.world.journal.close()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.world.courier.stop()
