"""A custom channel that can push, and fails on request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.callback import CallbackInput
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.core.channels.console import CmdlineInput
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.channels.adapters.callback import CallbackAdapter
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, Receipt


class FlakyOutput(OutputChannel):
    """Record what is sent; fail the next ``failing`` times, or refuse everything."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = {}
        self.failing = 0
        self.refusing = False

    @classmethod
    def name(cls) -> str:
        return "flaky"

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        if self.failing:
            self.failing -= 1
            raise ConnectionError("the messenger is not reachable")
        if self.refusing:
            raise NotDelivered("the line is blocked", may_repeat=False)
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
        blueprint = Blueprint(f"{self.name()}_webhook")

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
                metadata=request.json.get("metadata"),
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

        @blueprint.post("/refusing")
        async def refuse(request: Request) -> HTTPResponse:
            self.output.refusing = bool(request.json)
            return response.json({})

        return blueprint


class ShowingOutput(FlakyOutput):
    """Shows pictures, files and buttons by methods of its own; they are recorded as JSON."""

    @classmethod
    def name(cls) -> str:
        return "showing"

    async def send_image_url(self, recipient_id: str, image: str, **kwargs: Any) -> None:
        await self.send_text_message(recipient_id, json.dumps({"image": image}))

    async def send_attachment(self, recipient_id: str, attachment: str, **kwargs: Any) -> None:
        await self.send_text_message(recipient_id, json.dumps({"attachment": attachment}))

    async def send_text_with_buttons(
        self, recipient_id: str, text: str, buttons: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        await self.send_text_message(recipient_id, json.dumps({"text": text, "buttons": buttons}))


class ShowingInput(FlakyInput):
    """A channel that shows more than texts."""

    def __init__(self) -> None:
        self.output = ShowingOutput()

    @classmethod
    def name(cls) -> str:
        return "showing"


class BesideRestCmdlineInput(CmdlineInput):
    """Rasa's ``cmdline``, at an address of its own: Rasa's has that of ``rest``."""

    def url_prefix(self) -> str:
        return "cmdline"


class ElsewhereAdapter(ChannelAdapter):
    """Only a user's own message tells where the conversation takes place."""

    def address(self, message: UserMessage) -> Address | None:
        metadata = message.metadata if isinstance(message.metadata, dict) else {}
        room = metadata.get("room")
        return {"room": room} if room else None

    def default_address(self, recipient_id: str) -> Address | None:
        return None

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        await self.channel.output.send_text_message(str(address["room"]), str(message.get("text")))
        return Receipt()


class ElsewhereOutput(FlakyOutput):
    """The output channel of ``ElsewhereInput``."""

    @classmethod
    def name(cls) -> str:
        return "elsewhere"


class ElsewhereInput(FlakyInput):
    """A channel with rooms; its own output channel knows none."""

    handoff_adapter = ElsewhereAdapter

    def __init__(self) -> None:
        self.output = ElsewhereOutput()

    @classmethod
    def name(cls) -> str:
        return "elsewhere"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("elsewhere_webhook")

        @blueprint.get("/")
        async def sent(_request: Request) -> HTTPResponse:
            return response.json(self.output.sent)

        @blueprint.post("/messages")
        async def say(request: Request) -> HTTPResponse:
            body = request.json
            message = UserMessage(
                body["message"],
                self.output,
                body["sender"],
                input_channel=self.name(),
                metadata={"room": body["room"]},
            )
            await on_new_message(message)
            return response.json({})

        return blueprint


class ProvenCallbackAdapter(CallbackAdapter):
    """Takes its sender ids for proven, as a channel behind a login may."""

    proves_senders = True


class ProvenCallbackInput(CallbackInput):
    """Rasa's ``callback`` under another name, whose sender ids are proven."""

    handoff_adapter = ProvenCallbackAdapter

    @classmethod
    def name(cls) -> str:
        return "provencallback"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = super().blueprint(on_new_message)
        blueprint.name = "provencallback_webhook"
        return blueprint
