"""Authentication, and the permissions of app keys and integration keys."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest

from simulator import Simulator

from .support.account import Account
from .support.bot import Bot
from .support.tokens import token

UNAUTHORIZED = {"errors": [{"code": "unauthorized", "title": "Authorization is required"}]}
FORBIDDEN = {"errors": [{"code": "forbidden", "title": "Forbidden"}]}


async def get_with(account: Account, header: str | None) -> tuple[int, Any]:
    account.auth = None
    account.headers = {} if header is None else {"Authorization": header}
    return await account.call("GET", "/users/nobody")


async def test_a_signed_token_is_accepted(account: Account) -> None:
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


async def test_an_integration_key_is_forbidden_elsewhere(inside: Account) -> None:
    caller = inside.as_integration()
    other = next(
        one["id"]
        for one in inside.app.raw["integrations"]
        if one["id"] != inside.app.integrations[0].id
    )
    for path in (
        "",
        "/integrations",
        f"/integrations/{inside.app.integrations[0].id}",
        "/switchboards",
        f"/integrations/{other}/webhooks",
    ):
        assert await caller.call("GET", path) == (403, FORBIDDEN), path


async def test_an_integration_key_reads_its_own_integration(inside: Account) -> None:
    caller = inside.as_integration()
    conversation = await caller.conversation()
    await caller.say(conversation)
    listed = await caller.must("GET", "/integrations/me/webhooks")
    assert [one["id"] for one in listed["webhooks"]] == [inside.app.integrations[0].webhook_id]


async def test_a_token_of_an_integration(inside: Account) -> None:
    integration = inside.app.integrations[0]
    key, secret = integration.key_id or "", integration.key_secret or ""
    good = token(key, secret, scope="integration")
    assert (await get_with(inside, f"Bearer {good}"))[0] == 404
    wrong = token(key, secret, scope="app")
    assert await get_with(inside, f"Bearer {wrong}") == (401, UNAUTHORIZED)


async def test_rotation(sim: Simulator, account: Account) -> None:
    await sim.rotate_key(account.app.id, account.app.key_id, "another")
    assert await account.call("GET", "/users/x") == (401, UNAUTHORIZED)


async def test_unknown_route(account: Account) -> None:
    status, answer = await account.call("GET", "/webhooks")
    assert (status, answer["errors"][0]["code"]) == (404, "route_not_found")
