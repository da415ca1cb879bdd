"""Attacks by size: bodies are refused before they are read, and cost no memory."""

from __future__ import annotations

import asyncio
import io
import socket
import uuid
from pathlib import Path

import aiohttp
import pytest

from tests.support.framing import exchange, post, statuses
from tests.support.webchat import PNG
from tests.support.webhooks import agent_event, post_events

WEBHOOK = "/api/v1/connectors/support/webhook"
CHAT = "/webhooks/webchat"
MEBIBYTE = 1024 * 1024
#: Routes, and the bytes that each takes at most.
SMALL = {
    f"{CHAT}/conversations": 64 * 1024,
    f"{CHAT}/messages": 64 * 1024,
    f"{CHAT}/read": 64 * 1024,
    "/webhooks/zendesk/reports/slack": 64 * 1024,
}
GET_ROUTES = (f"{CHAT}/", f"{CHAT}/events", f"{CHAT}/files/x", "/webhooks/zendesk/metrics")


@pytest.fixture
def key(stack):
    return f"X-API-Key: {stack.connectors['support']['webhook_secret']}"


def announce(server, path, length, *lines, method="POST"):
    """Send a head alone, whose body never comes, and read the answer to its end."""
    head = post(path, f"Content-Length: {length}", "Content-Type: application/json", *lines)
    return exchange(server, head.replace(b"POST", method.encode(), 1))


def send_chunks(server, path, *lines, megabytes):
    """Send a chunked body as far as the server takes it; return the sent bytes and the answer."""
    head = post(path, "Transfer-Encoding: chunked", "Content-Type: application/json", *lines)
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    sent, answer = 0, b""
    with socket.create_connection(server, timeout=10) as connection:
        try:
            connection.sendall(head)
            for _ in range(megabytes * 16):
                connection.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
        try:
            while received := connection.recv(65_536):
                answer += received
        except OSError:
            pass
    return sent, answer


@pytest.mark.parametrize(("path", "limit"), SMALL.items())
def test_a_small_route_refuses_by_the_announced_length(server, path, limit):
    answer = announce(server, path, limit + 1)
    assert statuses(answer) == [413]
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("path", GET_ROUTES)
def test_a_route_without_a_body_refuses_a_large_one(server, path):
    assert statuses(announce(server, path, 65_537, method="GET")) == [413]


def test_the_webhook_checks_key_then_size_then_shape(server, key):
    too_large = 10 * MEBIBYTE + 1
    assert statuses(announce(server, WEBHOOK, too_large)) == [401]
    assert statuses(announce(server, "/api/v1/connectors/nobody/webhook", too_large)) == [404]
    answer = announce(server, WEBHOOK, too_large, key)
    assert statuses(answer) == [413]
    assert b"connection: close" in answer.lower()
    not_json = post(WEBHOOK, "Content-Length: 5", "Connection: close", key, body=b"hello")
    assert statuses(exchange(server, not_json)) == [400]


def test_a_ticket_event_that_is_too_large(server):
    """One without a signature is not read at all."""
    path = "/api/v1/connectors/support/ticket-events"
    signature = ("X-Zendesk-Webhook-Signature: AAAA=",)
    signature += ("X-Zendesk-Webhook-Signature-Timestamp: 2026-01-05T10:00:00Z",)
    assert statuses(announce(server, path, 65_537, *signature)) == [413]


def test_a_chunked_body_is_counted_while_it_arrives(server, key):
    sent, _ = send_chunks(server, WEBHOOK, key, megabytes=100)
    assert sent < 40 * MEBIBYTE  # what lies in the buffers of both sides is beyond the limit of 10
    sent, _ = send_chunks(server, WEBHOOK, megabytes=100)
    assert sent < 30 * MEBIBYTE
    sent, _ = send_chunks(server, f"{CHAT}/messages", megabytes=100)
    assert sent < 30 * MEBIBYTE


async def test_a_browser_reads_the_refusal_while_it_sends(stack, open_page, sim):
    page = await open_page()
    await page.is_handed_over(sim, stack)
    form = aiohttp.FormData()
    form.add_field("files", io.BytesIO(PNG + bytes(70 * MEBIBYTE)), filename="a.png")
    async with page.http.post(f"{page.root}/files", data=form) as answer:
        assert answer.status == 413
        assert (await answer.json())["code"] == "too_large"


async def test_one_file_that_is_too_large(stack, open_page, sim):
    page = await open_page()
    await page.is_handed_over(sim, stack)
    body = await page.uploads(PNG + bytes(20 * MEBIBYTE), status=413)
    assert body["code"] == "too_large"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
async def test_large_bodies_do_not_grow_the_memory(server, stack):
    memory = Path(f"/proc/{stack.processes['rasa'].running.pid}/status")

    def resident():
        line = next(each for each in memory.read_text().splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) * 1024

    before = resident()
    await asyncio.gather(
        *(asyncio.to_thread(send_chunks, server, WEBHOOK, megabytes=100) for _ in range(20))
    )
    assert resident() - before < 50 * MEBIBYTE


async def test_an_upload_does_not_stall_the_others(stack, open_page, sim, http):
    """While a large form is received and stored, the event loop answers others all the time."""
    page = await open_page()
    await page.is_handed_over(sim, stack)
    form = aiohttp.FormData()
    for number in range(3):
        form.add_field("files", io.BytesIO(PNG + bytes(9 * MEBIBYTE)), filename=f"{number}.png")
    query = {"id": str(uuid.uuid4())}
    upload = asyncio.create_task(page.http.post(f"{page.root}/files", data=form, params=query))
    answered = 0
    while not upload.done():
        async with http.get(f"{stack.rasa_url}/webhooks/zendesk/") as answer:
            answered += answer.status == 200
    assert (await upload).status == 202
    assert answered > 5
    stored = "SELECT count(*) FROM uploads WHERE sender_id = :sender"
    assert stack.count(stored, sender=page.sender) == 3


def test_expect_continue_is_not_answered_for_a_refused_body(server):
    answer = announce(server, f"{CHAT}/messages", 100_000, "Expect: 100-continue")
    assert statuses(answer) == [413]


BROKEN_FORMS = [
    ("multipart/form-data", b"--x\r\n"),
    ("multipart/form-data; boundary=" + "x" * 80, b""),
    ("multipart/form-data; boundary=x", b""),
    ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\n" + b"a" * 100_000),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n\x89PNG',
    ),
    ("multipart/form-data; boundary=x", b"--x--\r\n"),
    ("text/plain", b"hello"),
    ("", b""),
]


async def test_a_broken_form_is_an_error_of_the_client(stack, open_page, sim):
    page = await open_page()
    await page.is_handed_over(sim, stack)
    for content_type, body in BROKEN_FORMS:
        headers = {"Content-Type": content_type}
        async with page.http.post(f"{page.root}/files", data=body, headers=headers) as answer:
            assert (answer.status, content_type, body[:80]) == (400, content_type, body[:80])
            assert (await answer.json())["error"]


async def test_a_form_is_read_whatever_pieces_it_comes_in(stack, open_page, sim):
    page = await open_page()
    await page.is_handed_over(sim, stack)
    for size, step in ((0, 1), (7, 2), (100_000, 333)):
        content = PNG + b"\r\n--x" * 3 + bytes(size)
        body = (
            b'--xyz\r\nContent-Disposition: form-data; name="id"\r\n\r\n'
            + str(uuid.uuid4()).encode()
            + b'\r\n--xyz\r\nContent-Disposition: form-data; name="f"; filename="'
            + "王; a.png".encode()
            + b'"\r\nContent-Type: image/png\r\n\r\n'
            + content
            + b"\r\n--xyz--\r\n"
        )

        async def pieces(body=body, step=step):
            for start in range(0, len(body), step):
                yield body[start : start + step]

        headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
        async with page.http.post(f"{page.root}/files", data=pieces(), headers=headers) as answer:
            assert answer.status == 202
        stored = "SELECT count(*) FROM uploads WHERE sender_id = :sender AND data = :data"
        named = f"{stored} AND name = :name"
        assert stack.count(named, sender=page.sender, data=content, name="王; a.png") == 1


@pytest.mark.parametrize(
    "origin", ["http://[", "null", "", "http://", "file://", "://x", "http://x:y"]
)
async def test_an_odd_origin_is_another_site(stack, http, origin):
    for headers in (
        {"Origin": origin},
        {"Origin": origin, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": origin or "SAME-ORIGIN"},
        {"Origin": origin, "X-Forwarded-Host": ""},
    ):
        url = f"{stack.rasa_url}{CHAT}/conversations"
        async with http.post(url, json={}, headers=headers) as answer:
            assert answer.status == 403
            assert (await answer.json())["code"] == "other_site"


@pytest.mark.parametrize("cookie", ["a@b=1", "[=]", "=; ;;", "webchat_conversation", "é=ü"])
async def test_an_odd_cookie_is_no_error_of_the_server(stack, http, cookie):
    for method, path in (("GET", "/events"), ("GET", "/files/x"), ("POST", "/files")):
        async with http.request(
            method, f"{stack.rasa_url}{CHAT}{path}", headers={"Cookie": cookie}
        ) as answer:
            assert answer.status == 401


async def test_zendesks_own_calls_still_pass(stack, http):
    assert await post_events(http, stack, agent_event("e" * 24, "hello")) == 200
