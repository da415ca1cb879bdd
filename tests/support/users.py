"""A user on Rasa's ``rest`` channel, which cannot push, and the user's conversation in Zendesk."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from simulator import SimulatorClient
from tests.support.bot_texts import ASK_HUMAN
from tests.support.servers import Stack
from tests.support.waiting import until
from zendesk_handoff.domain.user_ids import external_id

#: The names of the channels in the tests.
CHANNELS = (
    *("rest", "webchat", "callback", "flaky", "slack", "telegram", "facebook", "twilio"),
    *("mattermost", "webexteams", "rocketchat", "socketio", "cmdline", "elsewhere"),
    *(
        "ourslack",
        "stocksocketio",
        "botframework",
        "sms",
        "stocksms",
        "hangouts",
        "provencallback",
        "showing",
        "ourtelegram",
        "ourfacebook",
        "ourtwilio",
    ),
)


@dataclass
class RestUser:
    """A user who sends messages and receives what the answers carry."""

    rasa_url: str
    http: aiohttp.ClientSession
    workspace: str | None = None
    name: str | None = None
    channel: str = "rest"
    #: Where the user writes from, as a proxy tells it.
    address: str | None = None
    sender: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:12]}")

    async def gets(self, text: str, **fields: Any) -> list[dict[str, Any]]:
        """Send a text and return the whole answer."""
        body: dict[str, Any] = {"sender": self.sender, "message": text, **fields}
        if self.workspace or self.name:
            body["metadata"] = {"workspace": self.workspace, "name": self.name}
        headers = {"X-Forwarded-For": self.address} if self.address else {}
        async with self.http.post(
            f"{self.rasa_url}/webhooks/{self.channel}/webhook", json=body, headers=headers
        ) as answer:
            return list(await answer.json())

    async def says(self, text: str) -> list[str]:
        """Send a text and return the texts of the answer."""
        return [each["text"] for each in await self.gets(text) if "text" in each]

    async def tracker(self) -> dict[str, Any]:
        # Unquoted: Rasa's route takes the id as a path and does not decode it.
        url = f"{self.rasa_url}/conversations/{self.sender}/tracker?include_events=ALL"
        async with self.http.get(url) as answer:
            return dict(await answer.json())

    async def slot(self, name: str) -> Any:
        return (await self.tracker())["slots"].get(name)

    async def hears(self, *words: str, asking: str = "still there?") -> list[dict[str, Any]]:
        """Collect answers until they contain all the words."""
        heard: list[dict[str, Any]] = []

        async def complete() -> bool:
            heard.extend(await self.gets(asking))
            return all(any(word in str(each) for each in heard) for word in words)

        await until(complete)
        return heard


@dataclass
class Handover:
    """A user with an open session, the conversation's id, and the answer to the request."""

    user: RestUser
    conversation: str
    replies: list[str]


async def hand_over(
    user: RestUser,
    sim: SimulatorClient,
    stack: Stack,
    *,
    connector: str = "support",
    text: str = ASK_HUMAN,
) -> Handover:
    """Let a user ask for a human, and wait for the conversation."""
    replies = await user.says(text)
    found = await conversation_of(user.sender, sim, stack, connector=connector)
    return Handover(user, found["id"], replies)


async def conversation_of(
    sender: str,
    sim: SimulatorClient,
    stack: Stack,
    *,
    connector: str = "support",
) -> dict[str, Any]:
    """Wait for the conversation of a sender, or of a proven subject."""
    app = stack.connectors[connector]["app_id"]
    return await sim.wait_for_conversation(app, lambda one: is_of(one, sender))


def is_of(conversation: dict[str, Any], sender: str) -> bool:
    """Tell whether a conversation at Zendesk is of a sender, on any channel, or of a subject."""
    found = conversation["user"].get("externalId")
    return found == sender or found in {external_id(each, sender) for each in CHANNELS}


def texts_of_user(messages: Iterable[dict[str, Any]]) -> list[str | None]:
    """List the texts of a conversation's messages that its user wrote."""
    return [one["content"].get("text") for one in messages if one["author"]["type"] == "user"]
