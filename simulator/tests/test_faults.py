"""Faults of API requests and of webhook deliveries."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from simulator import Simulator, SimulatorError

from .support.account import BUSINESS, TEXT, Account
from .support.bot import Bot

BODY = {"author": BUSINESS, "content": TEXT}


async def test_429_with_and_without_retry_after(sim: Simulator, account: Account) -> None:
    await sim.add_fault("status", status=429, retry_after=2, count=1)
    await sim.add_fault("status", status=429, count=1)
    status, answer, headers = await account.raw("GET", "/users/x")
    assert (status, headers["Retry-After"]) == (429, "2")
    assert answer["errors"][0]["code"] == "too_many_requests"
    status, _, headers = await account.raw("GET", "/users/x")
    assert (status, headers.get("Retry-After")) == (429, None)
    assert (await account.call("GET", "/users/x"))[0] == 404


async def test_5xx_promises_no_json(sim: Simulator, account: Account) -> None:
    await sim.add_fault("status", status=502, count=1)
    status, _, headers = await account.raw("GET", "/users/x")
    assert (status, headers["Content-Type"]) == (502, "text/html; charset=utf-8")


@pytest.mark.parametrize("kind", ["drop", "status", "silence"])
@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
async def test_before_and_after_the_commit(
    sim: Simulator, account: Account, bot: Bot, kind: str, when: str, stored: int
) -> None:
    conversation = await account.conversation()
    await sim.add_fault(kind, when=when, method="POST", path="*/messages", count=1)
    path = f"/conversations/{conversation}/messages"
    if kind == "status":
        assert (await account.call("POST", path, BODY))[0] == 503
    else:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await account.call("POST", path, BODY)
    listed = (await account.must("GET", path))["messages"]
    assert len(listed) == stored
    if stored:
        await sim.wait_for_delivery(type="conversation:message")
    (logged,) = await sim.requests(method="POST", path="/messages")
    assert logged["faults"] == [f"{kind} {when}"]
    assert logged["body"] == BODY
    assert logged["status"] == (503 if kind == "status" else None)


@pytest.mark.parametrize("kind", ["latency", "silence"])
async def test_delays_use_the_simulators_clock(frozen: Simulator, kind: str) -> None:
    app = await frozen.add_app()
    async with Account(frozen, app) as account:
        fault = await frozen.add_fault(kind, seconds=30, count=1)
        call = asyncio.create_task(account.call("GET", "/users/x"))
        await frozen.wait_for_fault(fault)
        await frozen.advance(29)
        assert not call.done()
        await frozen.advance(1)
        if kind == "latency":
            assert (await call)[0] == 404
        else:
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await call


async def test_conditions_of_a_fault(sim: Simulator, account: Account, bot: Bot) -> None:
    other = await sim.add_app()
    conversation = await account.conversation()
    await sim.add_fault(
        "status", app=account.app.id, method="POST", path="*/messages", skip=1, count=1
    )
    path = f"/conversations/{conversation}/messages"
    assert [(await account.call("POST", path, BODY))[0] for _ in range(3)] == [201, 503, 201]
    assert (await account.call("GET", path))[0] == 200
    async with Account(sim, other) as stranger:
        assert (await stranger.call("GET", "/users/x"))[0] == 404


async def test_faults_are_listed_and_removed(sim: Simulator, account: Account) -> None:
    first = await sim.add_fault("status", status=403)
    second = await sim.add_fault("status", status=500)
    assert [one["id"] for one in await sim.faults()] == [first, second]
    assert (await account.call("GET", "/users/x"))[1]["errors"][0]["code"] == "forbidden"
    await sim.clear_faults(first)
    assert (await account.call("GET", "/users/x"))[0] == 500
    await sim.clear_faults()
    assert await sim.faults() == []


@pytest.mark.parametrize(
    "rule", [{"kind": "gremlin"}, {"kind": "drop", "when": "later"}, {"kind": "drop", "pth": "x"}]
)
async def test_a_rule_that_could_never_apply_is_refused(
    sim: Simulator, rule: dict[str, str]
) -> None:
    with pytest.raises(SimulatorError) as refused:
        await sim.add_fault(**rule)
    assert refused.value.status == 400


async def test_one_event_twice(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.conversation()
    await sim.add_fault("duplicate", event="conversation:message", count=1)
    await account.say(conversation)
    await sim.wait_for_delivery(type="conversation:message", count=2)
    first, second = bot.of_type("conversation:message")
    assert first == second


async def test_one_message_under_two_event_ids(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.conversation()
    await sim.add_fault("same_message", event="conversation:message", count=1)
    await account.say(conversation)
    await sim.wait_for_delivery(type="conversation:message", count=2)
    first, second = bot.of_type("conversation:message")
    assert first["id"] != second["id"]
    assert first["payload"] == second["payload"]


async def test_delayed(frozen: Simulator, bot: Bot) -> None:
    app = await frozen.add_app(integrations=[{"target": bot.url}])
    async with Account(frozen, app) as account:
        await frozen.add_fault("delay", event="conversation:create", seconds=60)
        conversation = await account.conversation()
        await account.say(conversation)
        await frozen.wait_for_delivery(type="conversation:message")
        await frozen.advance(60)
        await frozen.wait_for_delivery(type="conversation:create")
    assert bot.types == ["conversation:message", "conversation:create"]


async def test_reordered(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.conversation()
    await sim.add_fault("reorder", event="conversation:message", size=3)
    for text in "abc":
        await account.say(conversation, text)
    await sim.wait_for_delivery(type="conversation:message", count=3)
    texts = [one["payload"]["message"]["content"]["text"]
             for one in bot.of_type("conversation:message")]  # fmt: skip
    assert texts == ["c", "b", "a"]


async def test_batched_across_conversations(sim: Simulator, account: Account, bot: Bot) -> None:
    conversations = [await account.conversation(), await account.conversation()]
    await sim.add_fault("batch", event="conversation:message", size=2)
    for conversation in conversations:
        await account.say(conversation)
    await sim.wait_for_delivery(type="conversation:message")
    events = bot.calls[-1]["events"]
    assert [one["payload"]["conversation"]["id"] for one in events] == conversations


@pytest.mark.parametrize("batch", [True, False])
async def test_held_until_released(sim: Simulator, account: Account, bot: Bot, batch: bool) -> None:
    conversation = await account.conversation()
    await sim.add_fault("hold", event="conversation:message")
    for text in "abc":
        await account.say(conversation, text)
    held = await sim.held(account.app.id)
    order = [held[number]["id"] for number in (1, 2, 0)]
    await sim.clear_faults()
    assert await sim.release(order, batch=batch) == 3
    await sim.wait_for_delivery(type="conversation:message", count=1 if batch else 3)
    texts = [one["payload"]["message"]["content"]["text"]
             for one in bot.of_type("conversation:message")]  # fmt: skip
    assert texts == ["b", "c", "a"]
    assert await sim.held() == []


async def test_lost(sim: Simulator, account: Account, bot: Bot) -> None:
    await sim.add_fault("lose", event="conversation:create")
    conversation = await account.conversation()
    await account.say(conversation)
    await sim.wait_for_delivery(type="conversation:message")
    assert bot.types == ["conversation:message"]
    await sim.wait_for_delivery(outcome="lost")
