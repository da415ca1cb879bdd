"""Ways past the proxy: what deploy/Caddyfile passes on, and what it stops.

Its matchers are read here as Caddy does (https://caddyserver.com/docs/caddyfile/matchers, "path"):
a path is decoded once, its double slashes and dot segments are resolved, and the case of its
letters does not count. Where there is a `caddy`, the same requests are sent through it.
"""

from __future__ import annotations

import asyncio
import os
import posixpath
import re
import shutil
from fnmatch import fnmatchcase
from urllib.parse import unquote, urlsplit

import aiohttp
import pytest

from tests.support.pages import ROOT
from tests.support.waiting import until
from tools.processes import free_port

CADDYFILE = (ROOT / "deploy/Caddyfile").read_text()
CADDY = shutil.which("caddy")
PASSED = (
    *("/webhooks/zendesk/support/webhook", "/api/v1/connectors/support/webhook"),
    *("/api/v1/connectors/support/ticket-events", "/webhooks/webchat/events", "/webhooks/webchat/"),
    *("/webhooks/rest/webhook", "/webhooks/zendesk/media/token/a%20b.png"),
    # Odd, and no other route's to the Rasa server, which decodes no path before it is routed.
    *("/webhooks/zendesk\\metrics", "/webhooks/%252e%252e/zendesk/metrics"),
    *("/webhooks/..%5cconversations", "/webhooks/", "/api/v1/connectors/"),
)
STOPPED = (
    *("/webhooks/zendesk/metrics", "/webhooks/zendesk/metrics/", "/webhooks/zendesk/metrics?x=1"),
    *("/webhooks/zendesk/%6detrics", "/webhooks/zendesk/METRICS", "/webhooks/zendesk//metrics"),
    *("/webhooks//zendesk/metrics", "//webhooks/zendesk/metrics", "/webhooks/zendesk/./metrics"),
    *("/webhooks/zendesk/x/../metrics", "/webhooks/zendesk/x/%2e%2e/metrics"),
    *(
        "/webhooks/zendesk%2fmetrics",
        "/webhooks/zendesk/%2fmetrics",
        "/webhooks%2fzendesk%2fmetrics",
    ),
    *(
        "/webhooks/zendesk/metrics%00",
        "/webhooks/zendesk/metrics%20",
        "/webhooks/zendesk/metrics;x",
    ),
    *("/webhooks/zendesk/metrics%3fx", "/webhooks/zendesk/metrics%2f"),
    *("/webhooks/webchat/../zendesk/metrics", "http://127.0.0.1/webhooks/zendesk/metrics"),
    *("/webhooks/../conversations/x/tracker", "/webhooks/%2e%2e/conversations/x/tracker"),
    *("/webhooks/..%2fconversations/x/tracker", "/webhooks/x/../../conversations/x/tracker"),
    *("/webhooks/zendesk/../../conversations", "/api/v1/connectors/../../../conversations/x"),
    *("/api/v1/connectors/%2e%2e/%2e%2e/%2e%2e/model", "/webhooks/../model?x=/webhooks/rest"),
    *("/api/v1/connectors/x/webhook/../../../../../model", "/conversations/x/tracker"),
    *(
        "//conversations/x/tracker",
        "/model",
        "/MODEL",
        "/model?/webhooks/x",
        "/model;/webhooks/rest",
    ),
    *(
        "/status",
        "/version",
        "/domain",
        "/",
        "/webhooks",
        "/api/v1/connectors",
        "/socket.io/?EIO=4",
    ),
    *("http://127.0.0.1/model", "*"),
)


def is_passed_on(target):
    """Tell whether Caddy's matchers let a request through."""
    path = unquote(urlsplit(re.sub("^//+", "/", target)).path)
    ends = "/" if path.endswith(("/", "/.", "/..")) else ""
    path = (re.sub("^/+", "/", posixpath.normpath(path)) + ends).replace("//", "/").lower()
    for pattern in re.findall(r"^\s*respond (/\S+) 404$", CADDYFILE, re.MULTILINE):
        if fnmatchcase(path, pattern):
            return False
    patterns = re.findall(r"^\s*(?:@\w+ path|handle) ((?:/\S+ ?)+)", CADDYFILE, re.MULTILINE)
    return any(fnmatchcase(path, each) for found in patterns for each in found.split())


@pytest.mark.parametrize("target", PASSED)
def test_what_users_and_platforms_need_is_passed_on(target):
    assert is_passed_on(target)
    # As the Rasa server reads it, it is no route that is not public.
    assert not re.match(r"/(webhooks/zendesk/metrics|conversations|model)", unquote(target))


@pytest.mark.parametrize("target", STOPPED)
def test_everything_else_is_stopped(target):
    assert not is_passed_on(target)


@pytest.fixture
async def caddy(tmp_path):
    """Caddy with this file, and the targets that have come through."""
    arrived, port = [], free_port()

    async def answer(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        arrived.append(head.split()[1].decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    upstream = "127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    (tmp_path / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{CADDYFILE}")
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME")
    env = {**os.environ, **dict.fromkeys(names, str(tmp_path)), "REPLICAS": upstream}
    command = [CADDY, "run", "--config", tmp_path / "Caddyfile", "--adapter", "caddyfile"]
    with (tmp_path / "log").open("w") as log:
        running = await asyncio.create_subprocess_exec(
            *command, env={**env, "BOT_HOST": f"http://:{port}"}, stdout=log, stderr=log
        )
    async with aiohttp.ClientSession() as http:

        async def is_up():
            try:
                async with http.get(f"http://127.0.0.1:{port}/webhooks/webchat/") as found:
                    return found.status == 200
            except aiohttp.ClientError:
                return False

        await until(is_up)
    yield port, arrived
    running.terminate()
    await running.wait()
    server.close()


if CADDY is not None:

    async def test_caddy_itself(caddy):
        port, arrived = caddy
        for target in (*PASSED, *STOPPED):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            arrived.clear()
            status = (await asyncio.wait_for(reader.readline(), 10)).split()[1]
            writer.close()
            came = [each for each in arrived if each != "/webhooks/zendesk/"]  # Caddy's own check
            assert bool(came) is (target in PASSED), target
            assert status == (b"200" if came else b"404"), target
