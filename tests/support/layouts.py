"""Channels that put unsupported classes into Rasa before the plugin is loaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import rasa.core.agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from sanic import Blueprint

from tests.support.channels import FlakyInput


class AbstractProcessor(FlakyInput):
    """Make the processor's methods abstract, as in Rasa Pro 3.20."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> FlakyInput:
        MessageProcessor.__abstractmethods__ = frozenset({"handle_message"})
        return super().from_credentials(credentials)


class AbstractLater(FlakyInput):
    """Make them abstract after all channels were created."""

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        MessageProcessor.__abstractmethods__ = frozenset({"handle_message"})
        return super().blueprint(on_new_message)


class OtherProcessor(FlakyInput):
    """Let the agent use a processor with its own ``handle_message``."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> FlakyInput:
        class Other(MessageProcessor):  # type: ignore[misc]
            async def handle_message(self, message: UserMessage) -> list[dict[str, Any]] | None:
                return None

        rasa.core.agent.MessageProcessor = Other
        return super().from_credentials(credentials)
