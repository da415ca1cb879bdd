"""The session workers of a Rasa server, with a bot that records what it is given."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from rasa.core.channels.channel import (
    CollectingOutputChannel,
    InputChannel,
    OutputChannel,
    UserMessage,
)
from rasa.shared.core.events import BotUttered

from zendesk_handoff.domain.session import Session, Work
from zendesk_handoff.handover.classify import classify_events, ignore_own_events
from zendesk_handoff.handover.due import Due, due
from zendesk_handoff.handover.to_agents import tasks_to_agents
from zendesk_handoff.handover.workers import Direction, SessionWorkers
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.rasa.in_delivery import InDelivery
from zendesk_handoff.rasa.to_user import tasks_to_user
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.webhooks import parse_events


class _Pushing(InputChannel):
    """A custom channel that pushes to an output channel."""

    def __init__(self, output: OutputChannel) -> None:
        self._output = output

    @classmethod
    def name(cls) -> str:
        return "rest"

    def get_output_channel(self) -> OutputChannel:
        return self._output


class RecordingBot:
    """Stand in for the bot of a Rasa server; record responses and messages."""

    processor = object()
    language = "en"

    def __init__(self) -> None:
        self.output = CollectingOutputChannel()
        self.use_channel(_Pushing(self.output))
        self.handled: list[str] = []
        self.in_delivery = InDelivery()
        self.on_message: Callable[[], Awaitable[None]] | None = None

    @asynccontextmanager
    async def lock(self, _sender_id: str) -> AsyncIterator[None]:
        yield

    def use_channel(self, channel: InputChannel) -> None:
        """Let the session's channel, which is called ``rest``, be this one."""
        app: Any = SimpleNamespace(ctx=SimpleNamespace(input_channels=[channel]))
        self.channels = Channels(app)

    def find_place(self, _sender_id: str) -> None:
        pass

    async def say(
        self, sender_id: str, response: str, output: OutputChannel, **_values: Any
    ) -> None:
        await output.send_response(sender_id, {"text": response})

    def choose(self, responses: Sequence[str], **_: object) -> str:
        return responses[-1]

    async def tell(
        self, sender_id: str, response: str, output: OutputChannel, **_values: Any
    ) -> BotUttered:
        await output.send_response(sender_id, {"text": response})
        return BotUttered(response)

    async def refuse(self, message: UserMessage, response: str, **_values: Any) -> None:
        await message.output_channel.send_response(message.sender_id, {"text": response})

    @asynccontextmanager
    async def open_tracker(self, _sender_id: str) -> AsyncIterator[None]:
        yield

    def forget(self, _sender_id: str) -> None:
        pass

    async def shown_title(self, _sender_id: str, _payload: str) -> None:
        pass

    async def record(self, *_arguments: Any, **_values: Any) -> None:
        pass

    async def is_paused(self, _sender_id: str) -> bool:
        return True

    async def has_handled(self, *_arguments: Any) -> bool:
        return False

    async def handle(self, message: UserMessage) -> None:
        self.handled.append(message.text)
        if self.on_message:
            await self.on_message()

    @property
    def shown(self) -> list[str]:
        return [each["text"] for each in self.output.messages if "text" in each]


class OneClient:
    """The same client for every purpose."""

    def __init__(self, client: ConversationsClient | None) -> None:
        self.client = client

    def interactive(self, _connector_id: str) -> ConversationsClient | None:
        return self.client

    background = opening = interactive


def settings(*connectors: Connector, **values: Any) -> Settings:
    """Make settings with these connectors."""
    return Settings("https://bot.example.com", {each.id: each for each in connectors}, **values)


class Workers:
    """The workers of one server; each run ends when there is nothing left to do.

    Args:
        store: The server's.
        client: For Zendesk; ``None`` without a connector.
        in_hand: The senders whose messages the server handles.
        connectors: Of the server's settings.
        **values: Other settings.
    """

    def __init__(
        self,
        store: Store,
        client: ConversationsClient | None,
        *connectors: Connector,
        in_hand: Collection[str] = (),
        **values: Any,
    ) -> None:
        self.store, self.bot, self.in_hand = store, RecordingBot(), in_hand
        clients: Any = OneClient(client)
        bot: Any = self.bot
        self.settings = settings(*connectors, **values)
        self._tasks = {
            **tasks_to_agents(
                store,
                self.settings,
                clients,
                find_place=bot.find_place,
                fetch=bot.channels.fetch,
            ),
            **tasks_to_user(store, self.settings, bot, clients),
        }

    async def run_to_user(self, session: Session) -> None:
        await self._run(session, Direction.TO_USER)

    async def run_to_agents(self, session: Session) -> None:
        await self._run(session, Direction.TO_AGENTS)

    async def _run(self, session: Session, direction: Direction) -> None:
        def due_in_direction(work: Work) -> Due:
            in_hand = work.session.sender_id in self.in_hand
            found = due(work, self.settings, now=time.time(), in_hand=in_hand)
            other = "to_agents" if direction is Direction.TO_USER else "to_user"
            return replace(found, **{other: None})

        workers = SessionWorkers(self.store, self.settings.timeouts, due_in_direction, self._tasks)
        workers.notify(session.id)
        await workers.stop(grace_period=60)


async def receive(store: Store, connector: Connector, *events: dict[str, Any]) -> int:
    """Store the events of a webhook call, and return how many were stored."""
    parsed = parse_events(json.dumps({"events": list(events)}).encode())
    entries = classify_events(ignore_own_events(parsed), connector)
    return len(await store.inbox.add(entries))


def agent_message(session: Session, number: int, **content: Any) -> dict[str, Any]:
    """Make a webhook event with an agent's message.

    Args:
        session: Its conversation's.
        number: The message's place in the conversation.
        **content: The message's content.
    """
    sent_at = f"2036-01-01T00:00:{number:02}.000Z"
    return {
        "id": f"e{number}",
        "type": "conversation:message",
        "createdAt": sent_at,
        "payload": {
            "conversation": {"id": session.conversation_id},
            "message": {
                "id": f"m{number}",
                "received": sent_at,
                "author": {"type": "business", "displayName": "Ana"},
                "content": content,
            },
        },
    }
