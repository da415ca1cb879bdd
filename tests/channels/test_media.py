"""The media route: slow readers and large files, of whom none blocks others."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
import uuid
from types import SimpleNamespace

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from sanic import Sanic
from sanic.touchup import TouchUp

from tests.support.servers import free_port
from tests.support.waiting import until
from zendesk_handoff.channels.media_route import MediaLimits, add_media_route
from zendesk_handoff.domain.inbox import InboxEntry
from zendesk_handoff.domain.media import AGENT_MEDIA_PATH
from zendesk_handoff.errors import ConnectionFailed
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import read_settings
from zendesk_handoff.store import open_store
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy
from zendesk_handoff.zendesk import clients as clients_module
from zendesk_handoff.zendesk import transport as transport_module

CONVERSATION = "64b0c0ffee0000000000f001"
CHUNK, FILE = b"x" * 65_536, b"y" * 500_000
TOKEN, NAME = "a-token-that-opens-the-file", "tax-return.pdf"


class Zendesk:
    """An account with one file and one conversation."""

    def __init__(self):
        self.chunks = 0  # of the file, after which nothing is sent until ``end`` is set
        self.drops = False
        self.end = asyncio.Event()
        self.disconnected = asyncio.Event()
        self.uploaded = b""
        self.delay = 0.0
        self.address = ""

    async def file(self, request):
        answer = web.StreamResponse(headers={"Content-Type": "application/pdf"})
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        try:
            for _ in range(self.chunks):
                await answer.write(CHUNK)
            if self.drops:
                request.transport.abort()
                return answer
            await self.end.wait()
        except (ConnectionError, asyncio.CancelledError):
            self.disconnected.set()
            raise
        return answer

    async def attachment(self, request):
        self.uploaded = await request.read()
        await asyncio.sleep(self.delay)
        found = {"attachment": {"mediaUrl": f"{self.address}/file"}}
        return web.json_response(found, status=201)

    async def conversation(self, _request):
        await asyncio.sleep(self.delay)
        return web.json_response({"conversation": {"id": CONVERSATION}})


@pytest.fixture
async def zendesk():
    account = Zendesk()
    app = web.Application(client_max_size=2**30, handler_args={"handler_cancellation": True})
    app.router.add_get("/attachments/v2/{id}/{name}", account.file)
    app.router.add_post("/v2/apps/{app}/attachments", account.attachment)
    app.router.add_get("/v2/apps/{app}/conversations/{id}", account.conversation)
    async with TestServer(app) as server:
        account.address = str(server.make_url("")).rstrip("/")
        yield account
        account.end.set()


@pytest.fixture
def settings(zendesk):
    return read_settings(
        {
            "public_url": "http://127.0.0.1:5005",
            "store_url": "sqlite:///unused.db",
            "connectors": {
                "support": {
                    "integration_type": "zendesk",
                    "subdomain": "example",
                    "app_id": "64b0c0ffee0000000000a001",
                    "key_id": "app_64b0c0ffee0000000000b001",
                    "key_secret": "a-key-secret-that-is-long-enough-for-this",
                    "webhook_secret": "a-webhook-secret-that-is-long-enough",
                    "base_url": zendesk.address,
                }
            },
        }
    )


@pytest.fixture
def limits():
    """The media route's limits, unless a test has its own."""
    return MediaLimits(per_token=200, per_session=200)


@pytest.fixture
async def server(zendesk, settings, limits, tmp_path, monkeypatch):
    """A server with the media route, and a message with the account's one file in its store."""
    # Sanic 21.12 rewrites its own methods when an app starts, and cannot do so with what it wrote:
    # put them back for the next app in this process.
    for target, name in TouchUp._registry:
        monkeypatch.setattr(target, name, getattr(target, name))
    app = Sanic(f"media_{uuid.uuid4().hex}", configure_logging=False)
    app.ctx.agent, app.ctx.input_channels = None, []
    port = free_port()
    add_media_route(app, settings, limits=limits)

    async with await open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        await keep_file(store, f"{zendesk.address}/attachments/v2/01HZ/{NAME}")
        runtime = Runtime(store, settings, Bot(app, InHand(store.signals)))
        app.ctx.zendesk_handoff = runtime
        running = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
        await running.startup()
        yield SimpleNamespace(
            port=port,
            url=f"http://127.0.0.1:{port}{AGENT_MEDIA_PATH}/{TOKEN}/{NAME}",
            clients=runtime.clients,
            store=store,
        )
        await running.close()
        zendesk.end.set()
        await runtime.stop()


async def keep_file(store, url, *, token=TOKEN, sender="user", number=1):
    session = await store.sessions.request(
        sender,
        "support",
        workspace="default",
        channel="rest",
        reason="asked",
        summary="",
        profile={},
    )
    message = {
        "id": f"m{number}",
        "author": "Ana",
        "agent_id": "a1",
        "kind": "file",
        "text": "",
        "media_url": url,
        "media_name": NAME,
    }
    entry = InboxEntry(
        *("support", f"e{number}", "message", message),
        message_id=f"m{number}",
        media_token=token,
        session_id=session.id,
    )
    await store.inbox.add([entry])


@contextlib.asynccontextmanager
async def readers(server, count):
    """Several users' browsers, each of which has read the beginning of the file."""
    async with contextlib.AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0)
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        answers = await asyncio.gather(*(http.get(server.url) for _ in range(count)))
        for answer in answers:
            stack.callback(answer.close)
        assert {answer.status for answer in answers} == {200}
        await asyncio.gather(*(answer.content.readany() for answer in answers))
        yield answers


async def test_a_hundred_slow_readers_block_no_api_call(zendesk, server):
    zendesk.chunks = 1
    async with readers(server, 100):
        for client in (server.clients.interactive("support"), server.clients.background("support")):
            call = client.get_conversation(CONVERSATION)
            assert (await asyncio.wait_for(call, 2)).id == CONVERSATION


async def test_a_reader_without_a_connection_slot_gets_502_and_can_try_again(
    zendesk, server, monkeypatch
):
    monkeypatch.setattr(server.clients.media("support"), "connect_timeout", 0.2)
    monkeypatch.setattr(server.clients.media_http.connector, "_limit", 2)
    zendesk.chunks = 1
    async with readers(server, 2), aiohttp.ClientSession() as http:
        async with http.get(server.url, timeout=aiohttp.ClientTimeout(total=3)) as answer:
            assert answer.status == 502
            assert NAME not in await answer.text()
    async with readers(server, 2):
        pass


def test_there_is_a_limit_for_files_and_another_one_for_calls(server):
    assert server.clients.media_http.connector is not server.clients.http.connector
    assert server.clients.media_http.connector.limit == clients_module.MEDIA_CONNECTIONS


@pytest.mark.parametrize(
    "limits", [MediaLimits(read_timeout=0.5), MediaLimits(stall_timeout=0.5)], ids=["slow", "still"]
)
async def test_a_stalled_download_is_aborted(zendesk, server, caplog):
    zendesk.chunks = 2**20
    with socket.socket() as browser:
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        browser.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(browser, ("127.0.0.1", server.port))
        path = f"{AGENT_MEDIA_PATH}/{TOKEN}/{NAME}"
        await loop.sock_sendall(browser, f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        assert (await loop.sock_recv(browser, 15)).startswith(b"HTTP/1.1 200")
        await asyncio.wait_for(zendesk.disconnected.wait(), 5)
    assert not server.clients.media_http.connector._acquired, "the slot is free"
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


@pytest.mark.parametrize("limits", [MediaLimits(read_timeout=0.5, max_bytes=3 * len(CHUNK))])
@pytest.mark.parametrize("case", ["the connection drops", "it never ends", "it is too large"])
async def test_a_part_of_a_file_does_not_look_like_the_whole(zendesk, server, caplog, case):
    zendesk.chunks = 4 if case == "it is too large" else 2
    zendesk.drops = case == "the connection drops"
    with structlog.testing.capture_logs() as logs:
        async with aiohttp.ClientSession() as http, http.get(server.url) as answer:
            assert answer.status == 200
            with pytest.raises(aiohttp.ClientError):
                await asyncio.wait_for(answer.read(), 5)
    logged = str(logs) + caplog.text
    assert not any(each in logged for each in (TOKEN, NAME, "secret"))
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


async def test_a_file_is_served_whole(zendesk, server):
    zendesk.chunks = 5
    zendesk.end.set()
    async with aiohttp.ClientSession() as http, http.get(server.url) as answer:
        assert await answer.read() == CHUNK * 5
        assert answer.content_type == "application/pdf"


@pytest.fixture
async def hasty(settings):
    """A client with a fifth of a second for a call, and no second attempt."""
    connector, policy = settings.connectors["support"], RetryPolicy(max_elapsed=0)
    async with ConversationsClient(connector, timeout=0.2, retry=policy) as opened:
        yield opened


async def upload(client):
    return await client.upload_attachment(
        CONVERSATION, FILE, name=NAME, media_type="application/pdf"
    )


async def test_a_large_file_has_more_time_than_a_call(zendesk, hasty):
    zendesk.delay = 0.6
    assert await upload(hasty) == f"{zendesk.address}/file"
    assert FILE in zendesk.uploaded
    with pytest.raises(ConnectionFailed):
        await hasty.get_conversation(CONVERSATION)


async def test_but_not_for_ever(zendesk, hasty, monkeypatch):
    monkeypatch.setattr(transport_module, "_SLOWEST_UPLOAD", 5_000_000)
    zendesk.delay, began = 60, time.monotonic()
    with pytest.raises(ConnectionFailed) as error:
        await upload(hasty)
    assert 0.3 <= time.monotonic() - began < 3
    assert NAME not in str(error.value)


async def test_agents_read_a_files_name_as_its_user_wrote_it(zendesk, hasty):
    await hasty.upload_attachment(
        CONVERSATION, FILE, name='Rechnung "März" 5%.pdf', media_type="application/pdf"
    )
    head = zendesk.uploaded.partition(FILE[:20])[0].decode()
    assert 'filename="Rechnung \\"März\\" 5%.pdf"' in head


@pytest.mark.parametrize("limits", [MediaLimits(per_token=3)])
async def test_one_token_takes_its_own_share_alone(zendesk, server):
    zendesk.chunks = 1
    other = f"{zendesk.address}/attachments/v2/01HZ/other.pdf"
    await keep_file(server.store, other, token="another-token", sender="another", number=2)
    async with readers(server, 3), aiohttp.ClientSession() as http:
        async with http.get(server.url) as answer:
            assert answer.status == 429
            assert "Wait a moment" in await answer.text()
        async with http.get(server.url.replace(TOKEN, "another-token")) as answer:
            assert answer.status == 200
            assert await answer.content.readany()

    async def is_free():
        async with aiohttp.ClientSession() as http, http.get(server.url) as answer:
            return answer.status == 200

    await until(is_free)
