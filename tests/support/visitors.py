"""A user on one of Zendesk's own channels, whose conversation the bot answers itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from simulator import SimulatorClient
from tests.support.servers import Stack
from tests.support.waiting import PATIENCE, until


@dataclass
class Visitor:
    """A user on one of Zendesk's own channels."""

    sim: SimulatorClient
    conversation: str
    rasa_url: str
    connector: str

    @classmethod
    async def begin(
        cls, sim: SimulatorClient, stack: Stack, connector: str, **values: Any
    ) -> Visitor:
        """Begin a conversation."""
        app = stack.connectors[connector]["app_id"]
        conversation = await sim.user_begin(app, **values)
        return cls(sim, conversation, stack.rasa_url, connector)

    @property
    def sender(self) -> str:
        """Rasa's id of the user."""
        return f"zendesk:{self.connector}:{self.conversation}"

    async def says(self, text: str) -> str:
        return await self.sim.user_text(self.conversation, text)

    async def messages(self) -> list[dict[str, Any]]:
        return await self.sim.messages(self.conversation)

    async def heard(self) -> list[dict[str, Any]]:
        """List what the bot has said."""
        return [
            one
            for one in await self.messages()
            if one["author"]["type"] == "business" and one["source"]["type"] == "api:conversations"
        ]

    async def words(self) -> list[str]:
        return [one["content"].get("text", "") for one in await self.heard()]

    async def hears(self, *parts: str, timeout: float = PATIENCE) -> list[dict[str, Any]]:
        """Wait until the bot has said all the words."""

        async def complete() -> bool:
            said = await self.words()
            return all(any(part in text for text in said) for part in parts)

        try:
            await until(complete, timeout=timeout)
        except AssertionError:
            raise AssertionError(f"{parts} is not in {await self.words()}") from None
        return await self.heard()

    async def bot_says(self, http: aiohttp.ClientSession, *events: dict[str, Any]) -> None:
        """Let the bot say something, by Rasa's own API."""
        url = f"{self.rasa_url}/conversations/{self.sender}/tracker/events"
        query = {"output_channel": "zendesk", "execute_side_effects": "true"}
        for each in events:
            async with http.post(url, params=query, json=[{"event": "bot", **each}]) as answer:
                assert answer.status == 200, await answer.text()

    async def user_events(self, http: aiohttp.ClientSession) -> list[dict[str, Any]]:
        """List what the bot has been given."""
        events = (await self.tracker(http))["events"]
        return [each for each in events if each["event"] == "user"]

    async def view(self) -> dict[str, Any]:
        return await self.sim.conversation(self.conversation)

    async def is_with(self, party: str | None) -> None:
        """Wait until a party has control."""

        async def has_it() -> bool:
            return bool((await self.view())["control"]["active"] == party)

        await until(has_it)

    async def tracker(self, http: aiohttp.ClientSession) -> dict[str, Any]:
        url = f"{self.rasa_url}/conversations/{self.sender}/tracker?include_events=ALL"
        async with http.get(url) as answer:
            return dict(await answer.json())
