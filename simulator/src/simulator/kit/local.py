"""A simulator inside the running event loop."""

from __future__ import annotations

from types import TracebackType

from ..clock import Clock
from ..server import Server
from ..state import State
from .client import SimulatorClient


class Simulator(SimulatorClient):
    """A server that runs for the length of an `async with` block.

    The methods use HTTP, exactly as for a simulator in another process.

    Args:
        port: 0 takes a free one.
        host: Address to listen on.
        frozen: The clock moves only by `advance`.

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
    ) -> None:
        """Keep the settings; the server starts with the context."""
        super().__init__("")
        self._host, self._port = host, port
        self._frozen = frozen
        self._server: Server | None = None

    async def __aenter__(self) -> Simulator:
        """Listen."""
        state = State(clock=Clock(frozen=self._frozen))
        self._server = Server(state, host=self._host, port=self._port)
        self.url = await self._server.start()
        await super().__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, cancelling running requests and deliveries."""
        await super().__aexit__(kind, error, trace)
        if self._server is not None:
            await self._server.stop()
