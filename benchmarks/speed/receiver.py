"""A server with only the webhook handler, and one that stores nothing for comparison.

    python -m benchmarks.speed.receiver PORT STORE_URL

No worker runs here: storing is measured, not the processing of stored events.
"""

from __future__ import annotations

import sys

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.channels.zendesk_input import ZendeskInput
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.store import open_store

from .stage import block


def make_app(store_url: str) -> Sanic:
    """Make the server.

    Args:
        store_url: Address of its store.
    """
    app = Sanic("receiver")
    channel = ZendeskInput.from_credentials(block(store_url, "http://127.0.0.1:9"))

    @app.listener("before_server_start")
    async def open_up(app: Sanic, _loop: object) -> None:
        store = await open_store(store_url)
        bot = Bot(app, InHand(store.signals))
        app.ctx.zendesk_handoff = Runtime(store, channel.settings, bot)  # not started

    @app.listener("after_server_stop")
    async def close(app: Sanic, _loop: object) -> None:
        await app.ctx.zendesk_handoff.store.close()

    @app.get("/")
    async def health(_request: Request) -> HTTPResponse:
        return response.json({"status": "ok"})

    @app.post("/json/<connector_id:str>/webhook")
    async def parse(request: Request, connector_id: str) -> HTTPResponse:
        assert request.json is not None
        return response.json({})

    @app.post("/webhooks/zendesk/<connector_id:str>/webhook", stream=True)
    async def receive(request: Request, connector_id: str) -> HTTPResponse | None:
        return await channel.receive(request, connector_id)

    return app


if __name__ == "__main__":
    make_app(sys.argv[2]).run("127.0.0.1", int(sys.argv[1]), access_log=False)
