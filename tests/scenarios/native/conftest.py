"""One set of servers for native conversations; relays run in them, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from simulator import SimulatorClient
from tests.support.servers import Stack
from tests.support.visitors import Visitor

#: The connectors of the tests, each with settings of its own.
CONNECTORS: dict[str, dict[str, Any]] = {
    "messaging": {
        "bot": {"name": "Fern", "avatar_url": "https://shop.example/fern.png"},
        "csat": "ask",
    },
    "greeting": {
        "greet": True,
        "summary_to": {"field": 360007654321},
        "only": {"sources": ["web", "whatsapp"], "otherwise": "zd-answerBot"},
        "bot": {"loop_after": 3, "answer_within": 2.5},
        "history": 2,
    },
    "market": {
        "only": {"sources": ["web", "api:conversations"], "otherwise": "next"},
        "bot": {"loop_after": 3, "ai": True},
    },
    "branded": {"only": {"brands": [360000000001], "otherwise": "zd-answerBot"}},
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The servers, with relays and native connectors side by side."""
    folder = tmp_path_factory.mktemp("native")
    with Stack(folder, native_connectors=CONNECTORS) as servers:
        yield servers


@pytest.fixture
def new_visitor(stack: Stack, sim: SimulatorClient) -> Callable[..., Any]:
    async def make(connector: str = "messaging", **values: Any) -> Visitor:
        return await Visitor.begin(sim, stack, connector, **values)

    return make


@pytest.fixture
async def visitor(new_visitor: Callable[..., Any]) -> AsyncIterator[Visitor]:
    yield await new_visitor(name="Mara O'Neil", email="mara@example.com", locale="en-GB")


@pytest.fixture
def tracker_of(http: Any) -> Callable[..., Any]:
    """Read the tracker of a visitor."""

    async def read(visitor: Visitor) -> dict[str, Any]:
        return await visitor.tracker(http)

    return read
