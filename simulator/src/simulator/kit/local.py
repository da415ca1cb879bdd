"""A simulator of one's own, inside the running loop."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

from ..clock import Clock
from ..server import Server
from ..setup import add_app
from ..world import World
from .client import SimulatorClient


class Simulator(SimulatorClient):
    """Start a real server for the length of an `async with` block.

    It is driven exactly as one in another process is: over HTTP.

    Args:
        port: 0 takes a free one.
        host: Address to listen on.
        frozen: Time moves only by `advance`.
        apps: Descriptions of apps to begin with, as `read_config` returns them.

    Example:
        async with Simulator() as sim:
            app = await sim.add_app(integrations=[{"target": "http://127.0.0.1:5005/…"}])
            …
            conversation = await sim.wait_for_ticket(app.id)
            await sim.agent_text(conversation["id"], "Hello, this is Ana")
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        frozen: bool = False,
        apps: Iterable[dict[str, Any]] = (),
    ) -> None:
        """Keep what the context needs."""
        super().__init__("")
        self._host, self._port = host, port
        self._frozen = frozen
        self._apps = list(apps)
        self._server: Server | None = None

    async def __aenter__(self) -> Simulator:
        """Listen."""
        world = World(clock=Clock(frozen=self._frozen))
        for description in self._apps:
            add_app(world, description)
        self._server = Server(world, host=self._host, port=self._port)
        self.url = await self._server.start()
        await super().__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, dropping whatever is under way."""
        await super().__aexit__(kind, error, trace)
        if self._server is not None:
            await self._server.stop()
