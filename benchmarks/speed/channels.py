"""A channel for the Rasa server without the plugin, for comparison (docs/performance.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

_rasa_handles = MessageProcessor.handle_message


async def _route_nowhere(processor: MessageProcessor, message: UserMessage) -> list[Any]:
    return []


class BareInput(InputChannel):
    """A handler that parses JSON and stores nothing, and a router that does nothing."""

    @classmethod
    def name(cls) -> str:
        """Name the channel."""
        return "bench"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes."""
        blueprint = Blueprint("bench")

        @blueprint.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.post("/json")
        async def parse(request: Request) -> HTTPResponse:
            assert request.json is not None
            return response.json({})

        @blueprint.post("/router/<active:int>")
        async def set_router(_request: Request, active: int) -> HTTPResponse:
            MessageProcessor.handle_message = _route_nowhere if active else _rasa_handles
            return response.json({})

        return blueprint
