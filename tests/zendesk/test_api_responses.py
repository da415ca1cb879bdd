"""Errors of the API: their text is enough to act on, and quotes nothing that was sent."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.zendesk import connector, single_attempt
from zendesk_handoff.errors import ApiError

CONVERSATION = "64b0c0ffee0000000000f001"
AUTHOR = {"type": "user", "userId": "64b0c0ffee0000000000e001"}


class Account:
    """An account that answers every call with 400 and a test's title or body."""

    def __init__(self, address):
        self.title = ""
        self.body = None
        self.address = address

    async def refuse(self, _request):
        if self.body is not None:
            return web.Response(status=400, body=self.body)
        return web.json_response(
            {"errors": [{"code": "bad_request", "title": self.title}]}, status=400
        )


@pytest.fixture
async def account():
    app = web.Application()
    server = TestServer(app)
    made = Account("")
    app.router.add_route("*", "/{path:.*}", made.refuse)
    await server.start_server()
    made.address = str(server.make_url("")).rstrip("/")
    yield made
    await server.close()


@pytest.fixture
async def client(account):
    async with single_attempt(connector(base_url=account.address)) as opened:
        yield opened


async def error_for(client, text):
    with pytest.raises(ApiError) as caught:
        content = {"type": "text", "text": text}
        await client.post_message(CONVERSATION, content, author=AUTHOR, marker="5e55" * 8)
    return str(caught.value)


@pytest.mark.parametrize(
    "title", ["content.text should be a string", "should have required property 'type'", ""]
)
async def test_zendesks_title_is_kept(account, client, title):
    account.title = title
    error = await error_for(client, "My card 4000 1234 has been swallowed")
    assert error == f"POST /conversations/{{id}}/messages: 400 bad_request {title}".rstrip()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("My card 4000 1234 has been swallowed", "invalid: My card 4000 1234 has been swallowed"),
        ("My card 4000 1234 has been swallowed", "invalid: …card 4000 1…"),
        ("4711", "the value 4711 is not allowed"),
        ("x" * 4096, "invalid: " + "x" * 300),
    ],
)
async def test_no_error_quotes_what_a_user_wrote(account, client, text, title):
    account.title = title
    error = await error_for(client, text)
    assert "bad_request" in error
    assert not any(part in error for part in (text, "4000", "4711", "xxxx"))


async def test_no_error_quotes_a_users_id_or_the_name_of_a_file(account, client):
    account.title = "jo@example.com has no tax return.pdf"
    with pytest.raises(ApiError) as caught:
        await client.create_or_find_user("jo@example.com")
    assert "jo@" not in str(caught.value)
    with pytest.raises(ApiError) as caught:
        await client.upload_attachment(
            CONVERSATION, b"1", name="tax return.pdf", media_type="application/pdf"
        )
    assert "tax" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b"<html>", b"[]", b'"x"'])
async def test_an_answer_of_another_shape_is_an_api_error(account, client, body):
    account.body = body
    assert "400" in await error_for(client, "hello")
