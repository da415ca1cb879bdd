"""HTTP sessions of the API clients."""

from __future__ import annotations

from aiohttp import web
from aiohttp.test_utils import TestServer

from zendesk_handoff.zendesk import open_http


async def test_cookies_are_not_kept():
    async def set_cookie(request):
        answer = web.json_response({"cookies": dict(request.cookies)})
        answer.set_cookie("who", "you")
        return answer

    app = web.Application()
    app.router.add_get("/", set_cookie)
    async with TestServer(app) as server:
        async with open_http() as http:
            for _ in range(2):
                async with http.get(server.make_url("/")) as answer:
                    assert (await answer.json())["cookies"] == {}
