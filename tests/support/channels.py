"""A custom channel that can push, and fails on request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse


class FlakyOutput(OutputChannel):
    """Record what is sent; fail the next ``failing`` times."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = {}
        self.failing = 0

    @classmethod
    def name(cls) -> str:
        return "flaky"

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        if self.failing:
            self.failing -= 1
            raise ConnectionError("the messenger is not reachable")
        self.sent.setdefault(recipient_id, []).append(text)


class FlakyInput(InputChannel):
    """Routes to send messages, to read what was sent, and to set the failures."""

    def __init__(self) -> None:
        self.output = FlakyOutput()

    @classmethod
    def name(cls) -> str:
        return "flaky"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> FlakyInput:
        return cls()

    def get_output_channel(self) -> OutputChannel:
        return self.output

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("flaky_webhook")

        @blueprint.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.post("/messages")
        async def say(request: Request) -> HTTPResponse:
            message = UserMessage(
                request.json["message"],
                self.output,
                request.json["sender"],
                input_channel=self.name(),
            )
            await on_new_message(message)
            return response.json({})

        @blueprint.get("/messages")
        async def sent(request: Request) -> HTTPResponse:
            return response.json(self.output.sent.get(str(request.args.get("sender")), []))

        @blueprint.post("/failing")
        async def fail(request: Request) -> HTTPResponse:
            self.output.failing = int(request.json)
            return response.json({})

        return blueprint
