"""Attacks on the webhook with wrong keys: limited by address, counted, and quiet in the log."""

from __future__ import annotations

import asyncio

import pytest

from tests.security.limits.conftest import LIMITS
from tests.support.webhooks import ROUTES, webhook_url

ALLOWED = LIMITS["wrong_keys_per_address"]


@pytest.fixture
def call(http, stack):
    async def send(address, key, route=ROUTES[0]):
        headers = {"X-API-Key": key, "X-Forwarded-For": address}
        body = {"app": {"id": "a"}, "webhook": {"id": "b", "version": "v2"}, "events": []}
        url = webhook_url(stack, "support", route)
        async with http.post(url, json=body, headers=headers) as answer:
            return answer.status, answer.headers.get("Retry-After")

    return send


@pytest.mark.parametrize("route", ROUTES)
async def test_wrong_keys_are_limited_and_the_right_one_passes(
    call, stack, addresses, limited, route
):
    address, secret = next(addresses), stack.connectors["support"]["webhook_secret"]
    before = await limited("wrong_keys_per_address")
    wrong = [await call(address, f"guess {n}", route) for n in range(ALLOWED + 5)]
    assert [status for status, _ in wrong] == [401] * ALLOWED + [429] * 5
    assert all(0 < int(wait) <= 60 for status, wait in wrong if status == 429)
    assert await limited("wrong_keys_per_address") == before + 5
    # Zendesk shares no allowance with a stranger, not even behind the same proxy.
    assert await call(address, secret, route) == (200, None)
    assert (await call(next(addresses), "guess", route))[0] == 401


async def test_an_attack_does_not_fill_the_log(call, stack, addresses):
    log = stack.folder / "rasa.log"
    before = log.read_text(errors="replace").count("handoff.webhook.invalid_key")
    await asyncio.gather(*(call(next(addresses), f"guess {n}") for n in range(300)))
    after = log.read_text(errors="replace")
    # Thirty a minute, and the few that come back while the attack lasts.
    assert 0 < after.count("handoff.webhook.invalid_key") - before + 1 <= 60
    assert "guess" not in after


async def test_key_and_header_of_strange_shapes(call, addresses, http, stack):
    for key in ("", " ", "ä", "x" * 4_000, "'; DROP TABLE sessions; --"):
        assert (await call(next(addresses), key))[0] == 401
    for forwarded in (
        "",
        "unknown",
        "1.2.3.4:99",
        "[2001:db8::1]:443",
        ",,,",
        "256.1.1.1",
        "a" * 4_000,
    ):
        assert (await call(forwarded, "guess"))[0] in {401, 429}
    assert await call(next(addresses), stack.connectors["support"]["webhook_secret"]) == (200, None)


async def test_events_come_through_an_attack(call, http, stack, address):
    async def attack():
        return [await call(address, "guess") for _ in range(100)]

    attacks = asyncio.gather(*(attack() for _ in range(5)))
    secret = stack.connectors["support"]["webhook_secret"]
    while not attacks.done():
        assert (await call(address, secret))[0] == 200
    await attacks
