"""Error responses: status, code and message, and headers that no cache keeps."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from sanic.exceptions import PayloadTooLarge

from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.webchat.error_responses import (
    RequestError,
    json_response,
    with_error_responses,
)

#: A request whose body has been read.
REQUEST = SimpleNamespace(stream=None)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RequestError(409, "Not now.", code="later"), 409, "later"),
        (RequestError(400, "Not so."), 400, "invalid"),
        (PayloadTooLarge("private"), 413, "too_large"),
        (StoreUnavailable("private"), 503, "store_unavailable"),
    ],
)
async def test_an_error_becomes_a_response(error, status, code):
    async def handler(_request):
        raise error

    response = await with_error_responses(handler)(REQUEST)
    body = json.loads(response.body)
    assert (response.status, body["code"]) == (status, code)
    assert body["error"]
    assert "private" not in body["error"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_another_error_is_left_to_the_server():
    async def handler(_request):
        raise ValueError

    with pytest.raises(ValueError):
        await with_error_responses(handler)(REQUEST)


async def test_a_handlers_response_is_passed_on():
    async def handler(_request, number, *, name):
        return json_response({number: name}, status=202, headers={"X-A": "b"})

    response = await with_error_responses(handler)(REQUEST, "1", name="a")
    assert (response.status, json.loads(response.body)) == (202, {"1": "a"})
    assert response.headers["X-A"] == "b"
