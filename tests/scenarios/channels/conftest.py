"""One set of servers for the scenarios of channels: Rasa's own channels, and the plugin's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest

from tests.support.platforms.scenario import running
from tests.support.platforms.talks import Apis, Talk, serving
from tests.support.servers import Stack


@pytest.fixture(scope="session")
def apis() -> Iterator[Apis]:
    """The platforms' APIs."""
    with serving() as found:
        yield found


@pytest.fixture(scope="session")
def stack(apis: Apis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The servers; a module that needs other settings has servers of its own."""
    with running(tmp_path_factory.mktemp("channels"), apis.channels()) as servers:
        yield servers


@pytest.fixture
def new_talk(stack: Stack, http: aiohttp.ClientSession, apis: Apis) -> Callable[..., Talk]:
    """Make a new user of a channel, by its name."""

    def make(channel: str, /, **values: Any) -> Talk:
        return apis.talk(channel, stack.rasa_url, http, **values)

    return make
