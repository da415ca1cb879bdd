"""One set of servers with low limits. The tests come from addresses of their own, by a proxy."""

from __future__ import annotations

import itertools
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.servers import Stack
from tests.support.webchat import ChatPage

LIMITS = {
    "trusted_proxies": ["127.0.0.1"],
    "conversations_per_address": 4,
    "conversations": "off",
    "messages_per_conversation": 70,
    "messages_per_conversation_and_hour": "off",
    "messages_per_address": 150,
    "handovers_per_address": 2,
    "handovers_per_connector": 16,
    "handovers": 0,
    "wrong_keys_per_address": 3,
    "streams": 2,
    "waiting_messages": 5,
    "upload_files": 3,
    "upload_megabytes": 30,
    "uploads_at_once": 3,
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    channels = {"zendesk_handoff.channels.SocketIOInput": {"session_persistence": True}}
    with Stack(folder, settings={"limits": LIMITS}, channels=channels) as servers:
        yield servers


@pytest.fixture(scope="session")
def addresses():
    """Addresses of clients, each of another network."""
    return (f"198.51.{number // 250}.{number % 250 + 1}" for number in itertools.count())


@pytest.fixture
def address(addresses):
    """An address that no other test has."""
    return next(addresses)


@pytest.fixture
async def open_page(stack, addresses):
    """Open pages, by default from an address of their own."""
    async with AsyncExitStack() as opened:

        async def make(address=None):
            headers = {"X-Forwarded-For": address or next(addresses)}
            jar = aiohttp.CookieJar(unsafe=True)
            session = aiohttp.ClientSession(headers=headers, cookie_jar=jar)
            return ChatPage(stack.rasa_url, await opened.enter_async_context(session))

        yield make


@pytest.fixture
def server(stack):
    """Host and port of the server, for requests that no HTTP library sends."""
    parts = urlsplit(stack.rasa_url)
    return parts.hostname, parts.port


@pytest.fixture
def limited(stack, http):
    """Read how often a limit has refused something."""

    async def read(limit):
        async with http.get(f"{stack.rasa_url}/webhooks/zendesk/metrics") as answer:
            body = await answer.text()
        return sum(
            sample.value
            for family in text_string_to_metric_families(body)
            for sample in family.samples
            if (sample.name, sample.labels.get("limit")) == ("zendesk_handoff_limited_total", limit)
        )

    return read
