"""The base of the local imitations of platforms' APIs: a server in a thread of its own.

Its thread keeps it independent of the event loop of a test, so that one serves a whole module.
"""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import Any

from aiohttp import web

_NAMES = {"image/png": "lid.png", "application/pdf": "terms.pdf", "text/vcard": "jo.vcf"}


def attachment(data: bytes, kind: str) -> web.Response:
    """Answer with a file, under a name that fits its type."""
    name = _NAMES.get(kind, "note.mp3")
    disposition = f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    return web.Response(body=data, content_type=kind, headers={"Content-Disposition": disposition})


class LocalApi:
    """A server on a free port; use it as a context manager.

    ``refuse`` prepares answers that are given in place of the next ones.
    """

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, tuple[bytes, str]] = {}
        self.tokens_seen: list[str] = []
        self._refusals: list[web.Response] = []

    def routes(self, app: web.Application) -> None:
        """Add the platform's routes."""
        raise NotImplementedError

    def refuse(
        self,
        status: int,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        times: int = 1,
    ) -> None:
        """Answer the next messages with an error."""
        for _ in range(times):
            self._refusals.append(web.json_response(body, status=status, headers=headers))

    def refusal(self) -> web.Response | None:
        """Take the next prepared answer."""
        return self._refusals.pop(0) if self._refusals else None

    def __enter__(self) -> Any:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = self._run(self._start())
        return self

    def __exit__(self, *_error: object) -> None:
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self) -> str:
        app = web.Application()
        self.routes(app)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"
