"""Ticket triggers: they fire on a status, fill their placeholders and sign their calls."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from simulator import AppInfo, Simulator, SimulatorError

from .support.account import Account

SECRET = "a signing secret"
BODY = """{"event": "solved", "id": "{{ticket.id}}", "tags": "{{ ticket.tags }}",
 "title": "{{ticket.title}}", "status": "{{ticket.status}}", "field": "{{ticket.ticket_field_36}}",
 "other": "{{ticket.ticket_field_37}}{{ticket.unknown}}",
 "updated_at": "{{ticket.updated_at_with_timestamp}}"}"""


class Target:
    """A webhook target that records its calls, and answers with the next of `answers`."""

    def __init__(self) -> None:
        self.calls: list[tuple[bytes, Any]] = []
        self.answers: list[int] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.calls.append((await request.read(), request.headers))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    found = Target()
    application = web.Application()
    application.router.add_post("/events", found.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    yield found
    await runner.cleanup()


async def app_with(sim: Simulator, target: Target, **trigger: str) -> AppInfo:
    described = {"target": target.url, "secret": SECRET, **trigger}
    return await sim.add_app(triggers=[described])


async def test_a_solved_ticket_fires_once_with_its_values(sim: Simulator, target: Target) -> None:
    async with Account(sim, await app_with(sim, target, body=BODY)) as account:
        metadata = {
            "dataCapture.systemField.tags": "vip,late",
            "dataCapture.systemField.subject": "A kettle",
            "dataCapture.ticketField.36": "10234",
        }
        conversation = await account.with_agents(**metadata)
        await sim.solve(conversation)
        await sim.solve(conversation)
        await sim.wait_for_delivery(account.app.id, type="ticket:solved")
        ticket = (await sim.conversation(conversation))["ticket"]
    [(body, headers)] = target.calls
    found = json.loads(body)
    updated_at = found.pop("updated_at")
    assert found == {
        "event": "solved",
        "id": str(ticket["id"]),
        "tags": "vip late",
        "title": "A kettle",
        "status": "Solved",
        "field": "10234",
        "other": "",
    }
    timestamp = headers["X-Zendesk-Webhook-Signature-Timestamp"]
    assert updated_at[:10] == timestamp[:10] and len(updated_at) == len("2013-12-12T05:35Z")
    digest = hmac.new(SECRET.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    assert headers["X-Zendesk-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert "X-API-Key" not in headers


async def test_only_the_status_of_the_trigger_fires(sim: Simulator, target: Target) -> None:
    async with Account(sim, await app_with(sim, target, status="closed")) as account:
        conversation = await account.with_agents()
        await sim.solve(conversation)
        await sim.close(conversation)
        await sim.wait_for_delivery(account.app.id, type="ticket:closed")
    assert [json.loads(body)["event"] for body, _ in target.calls] == ["closed"]


@pytest.mark.parametrize(("status", "outcome"), [(409, "retrying"), (500, "refused")])
async def test_repetitions(frozen: Simulator, target: Target, status: int, outcome: str) -> None:
    target.answers = [status]
    async with Account(frozen, await app_with(frozen, target)) as account:
        await frozen.solve(await account.with_agents())
        await frozen.wait_for_delivery(account.app.id, type="ticket:solved", outcome=outcome)
        await frozen.advance(60)
        if outcome == "retrying":
            await frozen.wait_for_delivery(account.app.id, type="ticket:solved")
    await asyncio.sleep(0)
    assert len(target.calls) == (2 if outcome == "retrying" else 1)


@pytest.mark.parametrize("wrong", [{}, {"target": "x", "status": "open"}, {"targets": "x"}])
async def test_a_trigger_that_is_none(sim: Simulator, wrong: dict[str, str]) -> None:
    with pytest.raises(SimulatorError, match="trigger"):
        await sim.add_app(triggers=[wrong])


async def test_agents_typing_may_be_nobodys_business(sim: Simulator, target: Target) -> None:
    app = await sim.add_app(integrations=[{"target": target.url}], switches={"agent_typing": False})
    async with Account(sim, app) as account:
        conversation = await account.with_agents()
        await sim.agent_typing(conversation)
        await sim.agent_text(conversation, "hello")
        await sim.wait_for_delivery(
            app.id,
            type="conversation:message",
            predicate=lambda one: "hello" in str(one["events"]),
        )
    assert not any(b"typing" in body for body, _ in target.calls)
