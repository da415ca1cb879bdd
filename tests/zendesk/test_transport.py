"""What an error of the API's says: enough to act on, and nothing that was sent."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from zendesk_handoff.errors import ApiError
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy, open_http

CONVERSATION = "64b0c0ffee0000000000f001"
AUTHOR = {"type": "user", "userId": "64b0c0ffee0000000000e001"}


class Account:
    """Refuses every call with words of a test's choice."""

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
    found = Account("")
    app.router.add_route("*", "/{path:.*}", found.refuse)
    await server.start_server()
    found.address = str(server.make_url("")).rstrip("/")
    yield found
    await server.close()


@pytest.fixture
async def client(account):
    connector = Connector(
        id="support",
        name="Support",
        subdomain="x",
        app_id="64b0c0ffee0000000000a001",
        key_id="app_1",
        key_secret="a secret that is long enough for anyone",
        webhook_secrets=("w",),
        workspaces=("default",),
        base_url=account.address,
    )
    async with ConversationsClient(connector, retry=RetryPolicy(max_elapsed=0)) as opened:
        yield opened


async def words_for(client, text):
    with pytest.raises(ApiError) as refused:
        content = {"type": "text", "text": text}
        await client.post_message(CONVERSATION, content, author=AUTHOR, marker="5e55" * 8)
    return str(refused.value)


@pytest.mark.parametrize(
    "title", ["content.text should be a string", "should have required property 'type'", ""]
)
async def test_zendesks_own_words_are_kept(account, client, title):
    account.title = title
    words = await words_for(client, "My card 4000 1234 has been swallowed")
    assert words == f"POST /conversations/{{id}}/messages: 400 bad_request {title}".rstrip()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("My card 4000 1234 has been swallowed", "invalid: My card 4000 1234 has been swallowed"),
        ("My card 4000 1234 has been swallowed", "invalid: …card 4000 1…"),
        ("4711", "the value 4711 is not allowed"),
        ("x" * 4096, "invalid: " + "x" * 300),
    ],
)
async def test_what_a_user_wrote_comes_back_in_no_error(account, client, text, title):
    account.title = title
    words = await words_for(client, text)
    assert "bad_request" in words
    assert not any(part in words for part in (text, "4000", "4711", "xxxx"))


async def test_neither_do_a_users_name_and_the_name_of_a_file(account, client):
    account.title = "jo@example.com has no tax return.pdf"
    with pytest.raises(ApiError) as refused:
        await client.create_or_find_user("jo@example.com")
    assert "jo@" not in str(refused.value)
    with pytest.raises(ApiError) as refused:
        await client.upload_attachment(
            CONVERSATION, b"1", name="tax return.pdf", media_type="application/pdf"
        )
    assert "tax" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b"<html>", b"[]", b'"x"'])
async def test_an_answer_that_is_not_the_apis_is_an_error_like_any_other(account, client, body):
    account.body = body
    assert "400" in await words_for(client, "hello")


async def test_cookies_of_the_account_are_not_kept():
    async def bake(request):
        answer = web.json_response({"cookies": dict(request.cookies)})
        answer.set_cookie("who", "you")
        return answer

    app = web.Application()
    app.router.add_get("/", bake)
    async with TestServer(app) as server:
        async with open_http() as http:
            for _ in range(2):
                async with http.get(server.make_url("/")) as answer:
                    assert (await answer.json())["cookies"] == {}
