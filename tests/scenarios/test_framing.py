"""A single request with ambiguous framing must not stop a real Rasa server."""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.support.framing import CHUNKS, REFUSED, exchange, post, statuses

PATHS = ["/webhooks/rest/webhook", "/api/v1/connectors/support/webhook", "/nowhere"]


@pytest.fixture
def address(stack):
    """The server's, which must still answer an ordinary request after the test."""
    parts = urlsplit(stack.rasa_url)
    yield parts.hostname, parts.port
    with urllib.request.urlopen(f"{stack.rasa_url}/webhooks/zendesk/", timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_framing_is_refused(address, name):
    lines, body = REFUSED[name]
    for path in PATHS:
        assert statuses(exchange(address, post(path, *lines, body=body))) == [400]


@pytest.mark.parametrize("name", REFUSED)
def test_also_behind_a_good_request(address, name):
    lines, body = REFUSED[name]
    good = b"GET /webhooks/zendesk/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = exchange(address, good + post(PATHS[0], *lines, body=body) + good)
    assert statuses(answer) == [200, 400]


@pytest.mark.parametrize("name", CHUNKS)
def test_nothing_behind_a_chunked_body_is_read_as_a_request(address, name):
    chunked = post(PATHS[0], "Transfer-Encoding: chunked", body=CHUNKS[name])
    assert len(statuses(exchange(address, chunked + post("/nowhere")))) == 1
