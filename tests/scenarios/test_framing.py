"""Requests with ambiguous framing against a real Rasa server, which must keep running."""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.support.framing import CHUNKS, REFUSED, exchange, post, statuses

PATHS = ["/webhooks/rest/webhook", "/api/v1/connectors/support/webhook", "/nowhere"]


@pytest.fixture
def address(stack):
    """Address of the server, which must still answer an ordinary request after the test."""
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
def test_ambiguous_framing_after_a_valid_request(address, name):
    lines, body = REFUSED[name]
    valid = b"GET /webhooks/zendesk/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = exchange(address, valid + post(PATHS[0], *lines, body=body) + valid)
    assert statuses(answer) == [200, 400]


@pytest.mark.parametrize("name", CHUNKS)
def test_bytes_after_a_chunked_body_are_no_request(address, name):
    chunked = post(PATHS[0], "Transfer-Encoding: chunked", body=CHUNKS[name])
    assert len(statuses(exchange(address, chunked + post("/nowhere")))) == 1
