"""Who may call what."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from simulator import Simulator

from .helpers import Account, Bot

UNAUTHORIZED = {"errors": [{"code": "unauthorized", "title": "Authorization is required"}]}
FORBIDDEN = {"errors": [{"code": "forbidden", "title": "Forbidden"}]}


def encode(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def token(key_id: str, secret: str, *, alg: str = "HS256", **claims: Any) -> str:
    signed = f"{encode({'alg': alg, 'typ': 'JWT', 'kid': key_id})}.{encode(claims)}"
    if alg == "none":
        return signed + "."
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def get_with(account: Account, header: str | None) -> tuple[int, Any]:
    account.auth = None
    account.headers = {} if header is None else {"Authorization": header}
    return await account.call("GET", "/users/nobody")


async def test_a_signed_token_opens(account: Account) -> None:
    app = account.app
    for claims in ({}, {"exp": time.time() + 60}, {"iat": time.time()}):
        good = token(app.key_id, app.key_secret, scope="app", **claims)
        status, answer = await get_with(account, f"Bearer {good}")
        assert (status, answer["errors"][0]["code"]) == (404, "user_not_found")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda app: None,
        lambda app: "Basic " + base64.b64encode(f"{app.key_id}:wrong".encode()).decode(),
        lambda app: "Basic " + base64.b64encode(b"app_nobody:wrong").decode(),
        lambda app: "Basic not-base64",
        lambda app: "Bearer " + token(app.key_id, "wrong", scope="app"),
        lambda app: "Bearer " + token(app.key_id, app.key_secret, scope="integration"),
        lambda app: "Bearer " + token(app.key_id, app.key_secret),
        lambda app: "Bearer " + token(app.key_id, app.key_secret, scope="app", alg="none"),
        lambda app: "Bearer " + token("app_other", app.key_secret, scope="app"),
        lambda app: "Bearer " + token(app.key_id, app.key_secret, scope="app", exp=1),
        lambda app: "Bearer a.b",
        lambda app: "Bearer é.é.é",
    ],
    ids=[
        "nothing", "secret", "key", "base64", "signature", "scope of another", "no scope",
        "unsigned", "kid", "expired", "two parts", "not ascii",
    ],
)  # fmt: skip
async def test_anything_else_is_401(account: Account, spoil: Any) -> None:
    assert await get_with(account, spoil(account.app)) == (401, UNAUTHORIZED)


async def test_another_apps_key(sim: Simulator, account: Account, bot: Bot) -> None:
    other = await sim.add_app(integrations=[{"target": bot.url}])
    async with Account(sim, other) as stranger:
        stranger.app = account.app
        assert await stranger.call("GET", "/users/x") == (403, FORBIDDEN)


async def test_unknown_app(account: Account) -> None:
    url = f"{account.sim.base_url}/v2/apps/{'0' * 24}/conversations"
    async with account.session.get(url, auth=account.auth) as response:
        assert response.status == 404
        assert (await response.json())["errors"][0]["code"] == "app_not_found"


async def test_what_an_integration_key_may_not(seated: Account) -> None:
    caller = seated.as_integration()
    other = next(
        one["id"]
        for one in seated.app.raw["integrations"]
        if one["id"] != seated.app.integrations[0].id
    )
    for path in (
        "",
        "/integrations",
        f"/integrations/{seated.app.integrations[0].id}",
        "/switchboards",
        f"/integrations/{other}/webhooks",
    ):
        assert await caller.call("GET", path) == (403, FORBIDDEN), path


async def test_what_an_integration_key_may(seated: Account) -> None:
    caller = seated.as_integration()
    conversation = await caller.conversation()
    await caller.say(conversation)
    listed = await caller.must("GET", "/integrations/me/webhooks")
    assert [one["id"] for one in listed["webhooks"]] == [seated.app.integrations[0].webhook_id]


async def test_a_token_of_an_integration(seated: Account) -> None:
    integration = seated.app.integrations[0]
    key, secret = integration.key_id or "", integration.key_secret or ""
    good = token(key, secret, scope="integration")
    assert (await get_with(seated, f"Bearer {good}"))[0] == 404
    wrong = token(key, secret, scope="app")
    assert await get_with(seated, f"Bearer {wrong}") == (401, UNAUTHORIZED)


async def test_rotation(sim: Simulator, account: Account) -> None:
    await sim.rotate_key(account.app.id, account.app.key_id, "another")
    assert await account.call("GET", "/users/x") == (401, UNAUTHORIZED)


async def test_unknown_route(account: Account) -> None:
    status, answer = await account.call("GET", "/webhooks")
    assert (status, answer["errors"][0]["code"]) == (404, "route_not_found")
