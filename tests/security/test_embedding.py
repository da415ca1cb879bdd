"""The chat in frames of other sites: who may, and whose secret opens which conversation."""

from __future__ import annotations

import pytest

from tests.support.webchat import open_chat_page

HTTPS = {"X-Forwarded-Proto": "https"}
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


@pytest.fixture
async def own(page):
    """A page of this server, whose browser has its cookie."""
    await page.begins(status=201)
    return page


async def posts(page, headers=None, **body):
    url = f"{page.root}/conversations"
    async with page.http.post(url, json=body, headers=headers) as answer:
        return answer.status, await answer.json(), answer.headers.getall("Set-Cookie", [])


async def test_the_page_may_be_framed_by_the_named_sites_alone(page, stack):
    async with page.http.get(f"{page.root}/", headers={"Accept": "text/html"}) as answer:
        directives = answer.headers["Content-Security-Policy"].split("; ")
    assert f"frame-ancestors 'self' {stack.site_url}" in directives


async def test_a_frame_has_a_conversation_of_its_own(own):
    status, body, [cookie] = await posts(own, HTTPS, embedded="cookie")
    assert (status, "token" in body) == (201, False)
    assert body["conversation"] != own.sender
    assert cookie.endswith("; SameSite=None; Secure; Partitioned") and "HttpOnly" in cookie
    assert (await own.begins(status=200))["conversation"] == own.sender, "the page keeps its own"


async def test_a_token_opens_its_conversation_and_no_other(own, stack):
    status, body, cookies = await posts(own, embedded="token")
    assert (status, cookies) == (201, [])
    bearer = {"Authorization": f"Bearer {body['token']}"}
    assert body["token"] not in body["conversation"]
    again = await posts(own, bearer, embedded="token")
    assert again[:2] == (200, {"conversation": body["conversation"]}), "the secret is told once"
    shown = {**bearer, "X-Webchat-Conversation": own.sender}
    async with own.http.get(f"{own.root}/events", headers=shown) as answer:
        assert answer.status == 409, "the token is meant alone, whatever cookie comes with it"
    async with open_chat_page(stack.rasa_url) as stranger:
        headers = {"X-Webchat-Conversation": body["conversation"]}
        async with stranger.http.get(f"{own.root}/events", headers=headers) as answer:
            assert answer.status == 401
        for query in ("token", "access_token", "secret", "authorization"):
            url = f"{own.root}/events?{query}={body['token']}"
            async with stranger.http.get(url) as answer:
                assert answer.status == 401, "no address opens it"


async def test_without_https_a_frame_gets_a_token(own):
    status, body, cookies = await posts(own, embedded="cookie")
    assert (status, cookies, len(body["token"])) == (201, [], 43)


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("route", ["events", "files/" + "a" * 32])
async def test_another_site_reads_nothing_with_a_users_cookie(own, headers, route):
    async with own.http.get(f"{own.root}/{route}", headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("embedded", ["cookie", "token"])
async def test_another_site_begins_none_in_a_frames_name(own, headers, embedded):
    status, body, cookies = await posts(own, headers, embedded=embedded, new=True)
    assert (status, cookies, "token" in body) == (403, [], False)


async def test_the_launcher_is_loaded_from_any_site_and_says_nothing(page):
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    async with page.http.get(f"{page.root}/widget.js", headers=headers) as answer:
        script = await answer.text()
        assert answer.status == 200
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in answer.headers
        etag = answer.headers["ETag"]
    assert "localhost" not in script, "it does not tell which sites may embed"
    async with page.http.get(f"{page.root}/widget.js", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
