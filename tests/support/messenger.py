"""A user of the custom channel that can push, and the failures of that channel."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.support.waiting import until


@dataclass
class Messenger:
    """A user whose messages come by themselves.

    Args:
        rasa_url: Address of the Rasa server.
        http: For requests.
        workspace: The tenant.
    """

    rasa_url: str
    http: aiohttp.ClientSession
    workspace: str | None = None
    sender: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:12]}")

    async def says(self, text: str) -> None:
        metadata = {"workspace": self.workspace} if self.workspace else None
        body = {"sender": self.sender, "message": text, "metadata": metadata}
        await self._post("messages", body)

    async def fails(self, times: int) -> None:
        """Let the channel fail so many times."""
        await self._post("failing", times)

    async def refuses(self, does: bool) -> None:
        """Let the channel refuse every message, or take them again."""
        await self._post("refusing", does)

    async def sent(self) -> list[str]:
        """List what the user was sent."""
        async with self.http.get(f"{self._root}/messages?sender={self.sender}") as answer:
            return list(await answer.json())

    async def hears(self, words: str) -> None:
        """Wait until the user was sent the words, once."""

        async def look() -> bool:
            return any(words in text for text in await self.sent())

        await until(look)
        found = sum(words in text for text in await self.sent())
        assert found == 1, f"{words!r} was heard {found} times"

    @property
    def _root(self) -> str:
        return f"{self.rasa_url}/webhooks/flaky"

    async def _post(self, route: str, body: Any) -> None:
        async with self.http.post(f"{self._root}/{route}", json=body) as answer:
            assert answer.status == 200
