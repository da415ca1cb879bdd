"""Request framing on a bare Sanic server: refused and accepted requests."""

from __future__ import annotations

import subprocess
import sys
import uuid
from textwrap import dedent

import pytest
from sanic import Sanic, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.touchup import TouchUp

from tests.support.framing import CHUNKS, REFUSED, SERVED, exchange, post, statuses
from tests.support.servers import ROOT
from zendesk_handoff.channels import request_guard

#: Runs in a process of its own, so that a server that hangs does not block the test run.
SERVER = dedent(
    """
    import inspect
    import socket
    from sanic import Sanic, response
    from zendesk_handoff.channels import request_guard

    app = Sanic("bare", configure_logging=False)
    app.config.KEEP_ALIVE_TIMEOUT = 60

    @app.post("/echo")
    async def echo(request):
        return response.raw(request.body)

    @app.before_server_start
    async def guard(app, _loop):
        await request_guard.install(app)

    @app.after_server_start
    async def ready(app, _loop):
        print(listening.getsockname()[1], flush=True)

    listening = socket.create_server(("127.0.0.1", 0))
    options = {"sock": listening, "access_log": False}
    if "single_process" in inspect.signature(app.run).parameters:
        options["single_process"] = True  # as Rasa Pro runs its Sanic
    app.run(**options)
    """
)
LAST = post("/echo", "Content-Length: 4", "Connection: close", body=b"last")


@pytest.fixture(scope="module")
def server():
    command = [sys.executable, "-W", "ignore", "-c", SERVER]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            yield "127.0.0.1", int(process.stdout.readline())
        finally:
            process.kill()


@pytest.fixture(autouse=True)
def serves_afterwards(server):
    yield
    answer = exchange(server, LAST)
    assert statuses(answer) == [200]
    assert answer.endswith(b"last")


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_framing_is_refused_and_the_connection_closed(server, name):
    lines, body = REFUSED[name]
    answer = exchange(server, post("/echo", *lines, body=body))
    assert statuses(answer) == [400]
    assert b"\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_behind_a_valid_request_on_the_same_connection(server, name):
    lines, body = REFUSED[name]
    good = post("/echo", "Content-Length: 5", body=b"first")
    answer = exchange(server, good + post("/echo", *lines, body=body) + LAST)
    assert statuses(answer) == [200, 400]


@pytest.mark.parametrize("name", SERVED)
def test_clear_framing_is_served(server, name):
    lines, body = SERVED[name]
    answer = exchange(server, post("/echo", "Connection: close", *lines, body=body))
    assert statuses(answer) == [200]
    assert answer.endswith(b"\r\n\r\n" + (b"hello" if body else b""))


@pytest.mark.parametrize("path", ["/echo", "/unknown"])
@pytest.mark.parametrize("name", CHUNKS)
def test_no_request_is_read_behind_a_chunked_body(server, name, path):
    chunked = post(path, "Transfer-Encoding: chunked", body=CHUNKS[name])
    assert len(statuses(exchange(server, chunked + LAST))) == 1


def test_a_connection_without_chunked_requests_is_kept(server):
    good = post("/echo", "Content-Length: 5", body=b"hello")
    assert statuses(exchange(server, good * 3 + LAST)) == [200] * 4


def test_a_malformed_target_is_refused(server):
    assert statuses(exchange(server, post("http://", "Content-Length: 0"))) == [400]


def test_a_refusal_repeats_nothing_of_the_request():
    with pytest.raises(InvalidUsage) as refusal:
        request_guard.check_head(b"POST /secret HTTP/1.1\r\nContent-Length: -12345")
    assert "secret" not in str(refusal.value)
    assert "12345" not in str(refusal.value)


@pytest.fixture
async def app(monkeypatch):
    # Sanic 21.12 rewrites its own methods when an app starts, and cannot do so twice.
    for target, name in TouchUp._registry:
        monkeypatch.setattr(target, name, getattr(target, name))
    app = Sanic(f"bare_{uuid.uuid4().hex}", configure_logging=False)
    app.add_route(lambda _request: response.empty(), "/")
    await app._startup()
    return app


async def test_an_apps_own_request_class_is_kept(app):
    class Own(Request):
        pass

    app.request_class = Own
    await request_guard.install(app)
    guarded = app.request_class
    assert issubclass(guarded, Own)
    assert issubclass(guarded, request_guard.StrictRequest)
    await request_guard.install(app)
    assert app.request_class is guarded
    found = [getattr(each, "func", each) for each in app.request_middleware]
    assert found == [request_guard.close_after_chunks]


async def test_another_middleware_does_not_affect_the_probe(app):
    app.register_middleware(lambda _request: response.empty(status=403), "request")
    await request_guard.install(app)


@pytest.mark.parametrize("case", ["the head is not passed on", "the reader has changed"])
async def test_a_server_whose_sanic_bypasses_the_guard_does_not_start(app, monkeypatch, case):
    if case == "the head is not passed on":
        monkeypatch.setattr(request_guard, "check_head", lambda head: None)
    else:
        monkeypatch.delattr(request_guard.Http, "init_for_request")
    with pytest.raises(request_guard.UnguardedServer, match="Install the Sanic that Rasa"):
        await request_guard.install(app)


@pytest.mark.parametrize("value", ["*", "text", "%00", ",", ";q=1", "/", "a/b;q=x", "text/html"])
def test_an_odd_accept_header_is_no_error_of_the_server(server, value):
    missing = f"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: {value}"
    assert statuses(exchange(server, missing.encode() + b"\r\n\r\n")) == [404]
