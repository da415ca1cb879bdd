"""Webhooks: envelope, key, retries, order, contents of events."""

from __future__ import annotations

import asyncio

import pytest

from simulator import Simulator

from .support.account import Account
from .support.bot import Bot


async def test_the_envelope(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.conversation(metadata={"owner": "me"})
    await account.say(conversation)
    await sim.wait_for_delivery(type="conversation:message")
    call = bot.calls[-1]
    assert call["app"] == {"id": account.app.id}
    assert call["webhook"] == {"id": account.app.integrations[0].webhook_id, "version": "v2"}
    (event,) = call["events"]
    assert set(event) == {"id", "type", "createdAt", "payload"}
    shown = event["payload"]["conversation"]
    assert shown["metadata"] == {"owner": "me"}
    assert shown["brandId"] == "360000000001"
    assert shown["activeSwitchboardIntegration"]["name"] == "zd-answerBot"
    assert bot.keys[-1] == account.app.webhook_secret


async def test_only_the_configured_triggers(sim: Simulator, bot: Bot) -> None:
    target = {"target": bot.url, "triggers": ["conversation:message"]}
    app = await sim.add_app(integrations=[target], switches={"brand_id": None})
    async with Account(sim, app) as account:
        await account.with_agents()
        await sim.wait_for_delivery(type="conversation:message")
        assert bot.types == ["conversation:message"]
        assert "brandId" not in bot.events[0]["payload"]["conversation"]


async def test_full_users(sim: Simulator, account: Account, bot: Bot) -> None:
    await sim.add_integration(account.app.id, {"target": bot.url, "include_full_user": True})
    user = await account.user(profile={"givenName": "Mia"})
    await account.conversation(user)
    await sim.wait_for_delivery(type="conversation:create", count=2)
    short, full = sorted((one["payload"]["user"] for one in bot.events), key=len)
    assert short == {"id": user["id"], "externalId": user["externalId"], "authenticated": True}
    assert full["profile"] == {"givenName": "Mia"}


async def test_five_attempts_within_a_quarter_of_an_hour(frozen: Simulator, bot: Bot) -> None:
    app = await frozen.add_app(integrations=[{"target": bot.url}])
    bot.answers = [500] * 5
    async with Account(frozen, app) as account:
        await account.conversation()
        delays = app.raw["switches"]["retry_delays"]
        assert sum(delays) <= 900
        for number, delay in enumerate(delays, 1):
            last = await frozen.wait_for_delivery(outcome="retrying", count=number)
            assert (last["status"], last["attempt"]) == (500, number)
            await frozen.advance(delay - 1)
            assert len(await frozen.deliveries()) == number
            await frozen.advance(1)
        assert (await frozen.wait_for_delivery(outcome="gave_up"))["attempt"] == 5
    assert len({event["id"] for event in bot.events}) == 1
    assert len(bot.calls) == 5


@pytest.mark.parametrize("status", [409, 413, 429, 302, 503])
async def test_retried_until_it_works(frozen: Simulator, bot: Bot, status: int) -> None:
    app = await frozen.add_app(integrations=[{"target": bot.url}])
    bot.answers = [status]
    async with Account(frozen, app) as account:
        await account.conversation()
        await frozen.wait_for_delivery(outcome="retrying")
        await frozen.advance(10)
        assert (await frozen.wait_for_delivery())["attempt"] == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406])
async def test_never_retried(frozen: Simulator, bot: Bot, status: int) -> None:
    app = await frozen.add_app(integrations=[{"target": bot.url}])
    bot.answers = [status]
    async with Account(frozen, app) as account:
        conversation = await account.conversation()
        await frozen.wait_for_delivery(outcome="refused")
        await frozen.advance(900)
        await account.say(conversation)
        await frozen.wait_for_delivery(type="conversation:message")
    assert bot.types == ["conversation:create", "conversation:message"]


async def test_twenty_seconds_are_the_limit(frozen: Simulator, bot: Bot) -> None:
    app = await frozen.add_app(integrations=[{"target": bot.url}])
    bot.answering.clear()
    async with Account(frozen, app) as account:
        await account.conversation()
        await bot.arrived.wait()
        await frozen.advance(19.9)
        assert await frozen.deliveries() == []
        await frozen.advance(0.1)
        last = await frozen.wait_for_delivery(outcome="retrying")
        assert (last["status"], last["error"]) == (None, "no answer within 20 s")


async def test_an_unreachable_target(sim: Simulator) -> None:
    app = await sim.add_app(
        integrations=[{"target": "http://127.0.0.1:1/"}], switches={"retry_delays": [0, 0]}
    )
    async with Account(sim, app) as account:
        await account.conversation()
        last = await sim.wait_for_delivery(outcome="gave_up")
        assert last["attempt"] == 3
        assert last["error"].startswith("ClientConnectorError")


async def test_a_rotated_secret(sim: Simulator, account: Account, bot: Bot) -> None:
    integration = account.app.integrations[0]
    await sim.set_webhook(account.app.id, integration.webhook_id, secret="new")
    await account.conversation()
    await sim.wait_for_delivery()
    assert bot.keys == ["new"]


async def test_a_conversations_events_keep_their_order(
    sim: Simulator, account: Account, bot: Bot
) -> None:
    conversation = await account.conversation()
    for number in range(20):
        await account.say(conversation, str(number))
    await sim.wait_for_delivery(type="conversation:message", count=20)
    texts = [one["payload"]["message"]["content"]["text"]
             for one in bot.of_type("conversation:message")]  # fmt: skip
    assert texts == [str(number) for number in range(20)]


@pytest.mark.parametrize("early", [True, False])
async def test_an_event_before_the_answer(
    sim: Simulator, account: Account, bot: Bot, early: bool
) -> None:
    await sim.set_switches(account.app.id, event_before_response=early)
    conversation = await account.conversation()
    await sim.wait_for_delivery(type="conversation:create")
    bot.arrived.clear()
    bot.answering.clear()
    path, body = f"/conversations/{conversation}/messages", {
        "author": {"type": "business"}, "content": {"type": "text", "text": "x"}
    }  # fmt: skip
    if early:
        call = asyncio.create_task(account.call("POST", path, body))
        await bot.arrived.wait()
        assert not call.done()
        bot.answering.set()
        assert (await call)[0] == 201
    else:
        assert (await account.call("POST", path, body))[0] == 201
        await bot.arrived.wait()
        bot.answering.set()


@pytest.mark.parametrize(("mode", "named"), [("on", "zd-agentWorkspace"),
                                             ("stale", "zd-answerBot")])  # fmt: skip
async def test_delivery_events(
    sim: Simulator, account: Account, bot: Bot, mode: str, named: str
) -> None:
    conversation = await account.with_agents()
    await sim.set_switches(account.app.id, delivery_events=mode)
    message = await sim.agent_text(conversation, "Hello")
    await sim.wait_for_delivery(type="conversation:message:delivery:user")
    payload = bot.events[-1]["payload"]
    assert payload["message"] == {"id": message}
    assert payload["conversation"]["activeSwitchboardIntegration"]["name"] == named


@pytest.mark.parametrize(("ordered", "at_once"), [(True, 1), (False, 2)])
async def test_order_of_first_attempts(
    sim: Simulator, account: Account, bot: Bot, ordered: bool, at_once: int
) -> None:
    await sim.set_switches(account.app.id, ordered_delivery=ordered)
    conversation = await account.conversation()
    await sim.wait_for_delivery(type="conversation:create")
    bot.answering.clear()
    await account.say(conversation, "one")
    await account.say(conversation, "two")
    other = await account.conversation()  # another conversation never waits
    while other not in str(bot.calls) or len(bot.of_type("conversation:message")) < at_once:
        bot.arrived.clear()
        await bot.arrived.wait()
    assert len(bot.of_type("conversation:message")) == at_once
    bot.answering.set()
    await sim.wait_for_delivery(type="conversation:message", count=2)


async def test_events_that_ignore_the_switchboard(
    sim: Simulator, inside: Account, bot: Bot
) -> None:
    await sim.set_switches(inside.app.id, always_delivered=["switchboard:*"])
    await inside.with_agents()
    await sim.wait_for_delivery(type="switchboard:passControl")
    assert "conversation:message" not in bot.types
