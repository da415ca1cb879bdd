"""What a Rasa server without the plugin is given to compare with: see docs/performance.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

_rasa_handles = MessageProcessor.handle_message


async def _take_everything(processor: MessageProcessor, message: UserMessage) -> list[Any]:
    return []


class BareInput(InputChannel):
    """A handler that parses JSON and stores nothing, and a gate that does nothing."""

    @classmethod
    def name(cls) -> str:
        """Name the channel."""
        return "bench"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Give the routes."""
        blueprint = Blueprint("bench")

        @blueprint.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.post("/json")
        async def parse(request: Request) -> HTTPResponse:
            assert request.json is not None
            return response.json({})

        @blueprint.post("/gate/<closed:int>")
        async def gate(_request: Request, closed: int) -> HTTPResponse:
            MessageProcessor.handle_message = _take_everything if closed else _rasa_handles
            return response.json({})

        return blueprint
