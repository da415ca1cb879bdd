"""One set of servers for native conversations; relays run in them, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from simulator import SimulatorClient
from tests.support.servers import Stack
from tests.support.waiting import until

#: The connectors of the tests, each with settings of its own.
CONNECTORS: dict[str, dict[str, Any]] = {
    "messaging": {"bot": {"name": "Fern", "avatar_url": "https://shop.example/fern.png"}},
    "greeting": {
        "greet": True,
        "summary_to": {"field": 360007654321},
        "only": {"sources": ["web", "whatsapp"], "otherwise": "zd-answerBot"},
        "bot": {"loop_after": 3, "answer_within": 2.5},
        "history": 2,
    },
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The servers, with relays and native connectors side by side."""
    folder = tmp_path_factory.mktemp("native")
    with Stack(folder, native_connectors=CONNECTORS) as servers:
        yield servers


@dataclass
class Visitor:
    """A user on one of Zendesk's own channels."""

    sim: SimulatorClient
    conversation: str
    rasa_url: str
    connector: str

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

    async def hears(self, *parts: str, timeout: float = 20.0) -> list[dict[str, Any]]:
        """Wait until the bot has said all the words."""

        async def complete() -> bool:
            said = await self.words()
            return all(any(part in text for text in said) for part in parts)

        try:
            await until(complete, timeout=timeout)
        except AssertionError:
            raise AssertionError(f"{parts} is not in {await self.words()}") from None
        return await self.heard()

    async def view(self) -> dict[str, Any]:
        return await self.sim.conversation(self.conversation)

    async def is_with(self, party: str | None) -> None:
        """Wait until a party has control."""

        async def has_it() -> bool:
            return bool((await self.view())["control"]["active"] == party)

        await until(has_it)


@pytest.fixture
def new_visitor(stack: Stack, sim: SimulatorClient) -> Callable[..., Any]:
    async def make(connector: str = "messaging", **values: Any) -> Visitor:
        app = stack.connectors[connector]["app_id"]
        conversation = await sim.user_begin(app, **values)
        return Visitor(sim, conversation, stack.rasa_url, connector)

    return make


@pytest.fixture
async def visitor(new_visitor: Callable[..., Any]) -> AsyncIterator[Visitor]:
    yield await new_visitor(name="Mara O'Neil", email="mara@example.com", locale="en-GB")


@pytest.fixture
def tracker_of(http: Any) -> Callable[..., Any]:
    """Read the tracker of a visitor."""

    async def read(visitor: Visitor) -> dict[str, Any]:
        url = f"{visitor.rasa_url}/conversations/{visitor.sender}/tracker?include_events=ALL"
        async with http.get(url) as answer:
            return dict(await answer.json())

    return read
