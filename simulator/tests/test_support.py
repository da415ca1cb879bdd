"""The Support API: who may use it, and what it shows and changes of a ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from simulator import Simulator

from .support.account import Account

AGENT, TOKEN = "ana@example.com", "a token of the Support API"


@pytest.fixture
async def account(sim: Simulator) -> AsyncIterator[Account]:
    app = await sim.add_app(support_email=AGENT, support_token=TOKEN)
    async with Account(sim, app) as made:
        yield made


async def call(
    sim: Simulator, method: str, path: str, json: Any = None, *, user: str = f"{AGENT}/token",
    token: str = TOKEN, **query: str,
) -> tuple[int, Any]:  # fmt: skip
    auth = aiohttp.BasicAuth(user, token)
    async with aiohttp.ClientSession(auth=auth) as http:
        url = f"{sim.url}/api/v2{path}"
        async with http.request(method, url, json=json, params=query) as answer:
            return answer.status, await answer.json()


async def handed_over(sim: Simulator, account: Account) -> tuple[str, dict[str, Any], str | None]:
    """Hand a conversation over; return its id, its ticket, and the Support API's id of the user."""
    user = await account.user()
    conversation = await account.conversation(user)
    await account.say(conversation, "Summary")
    await account.hand_over(conversation)
    shown = await sim.conversation(conversation)
    return conversation, shown["ticket"], shown["user"].get("zendeskId")


@pytest.mark.parametrize(
    ("user", "token"), [(AGENT, TOKEN), (f"{AGENT}/token", "x"), ("bo@example.com/token", TOKEN)]
)
async def test_only_the_token_opens(
    sim: Simulator, account: Account, user: str, token: str
) -> None:
    _, _, requester = await handed_over(sim, account)
    path = f"/users/{requester}/tickets/requested"
    status, answer = await call(sim, "GET", path, user=user, token=token)
    assert (status, "error" in answer) == (401, True)


async def test_a_users_tickets(sim: Simulator, account: Account) -> None:
    _, ticket, requester = await handed_over(sim, account)
    path = f"/users/{requester}/tickets/requested"
    status, answer = await call(sim, "GET", path, sort_order="desc", per_page="5")
    assert status == 200
    [shown] = answer["tickets"]
    assert (shown["id"], shown["status"], shown["tags"]) == (ticket["id"], "open", [])
    assert (await call(sim, "GET", "/users/1/tickets/requested"))[0] == 404
    logged = await sim.requests(account.app.id)
    assert [one["status"] for one in logged if one["path"].startswith("/api")] == [200, 404]


async def test_the_log_refers_to_the_messages(sim: Simulator, account: Account) -> None:
    conversation, ticket, _ = await handed_over(sim, account)
    ids = [one["id"] for one in await sim.messages(conversation)]
    ids += [(await account.say(conversation, str(number)))["id"] for number in range(3)]
    path, found, after = f"/tickets/{ticket['id']}/conversation_log", [], ""
    while True:
        query = {"page[size]": "2", **({"page[after]": after} if after else {})}
        _, answer = await call(sim, "GET", path, **query)
        found += [one["reference"].rpartition(":")[2] for one in answer["events"]]
        if not answer["meta"]["has_more"]:
            break
        after = answer["meta"]["after_cursor"]
    assert found == ids


async def test_a_ticket_is_changed(sim: Simulator, account: Account) -> None:
    conversation, ticket, _ = await handed_over(sim, account)
    path = f"/tickets/{ticket['id']}"
    changes = {"priority": "high", "group_id": 4711, "custom_fields": [{"id": 36, "value": "x"}]}
    status, answer = await call(sim, "PUT", path, {"ticket": {**changes, "subject": "Refund"}})
    assert status == 200
    assert answer["ticket"]["group_id"] == 4711
    for tags in (["a"], ["a", "b"]):
        await call(sim, "PUT", f"{path}/tags", {"tags": tags})
    shown = (await sim.conversation(conversation))["ticket"]
    assert shown["subject"] == "Refund"
    assert shown["fields"] == {
        "subject": "Refund",
        "priority": "high",
        "group_id": "4711",
        "custom": {"36": "x"},
        "tags": ["a", "b"],
    }
    status, answer = await call(sim, "PUT", path, {"ticket": {"priority": "hoch"}})
    assert (status, answer["error"]) == (422, "RecordInvalid")
    assert (await call(sim, "PUT", "/tickets/1", {"ticket": {}}))[0] == 404


@pytest.mark.parametrize("linked", [True, False])
async def test_users_may_have_no_record_there(
    sim: Simulator, account: Account, linked: bool
) -> None:
    await sim.set_switches(account.app.id, support_users=linked)
    _, _, requester = await handed_over(sim, account)
    assert (requester is not None) is linked


@pytest.mark.parametrize("read", [True, False])
async def test_a_conversations_own_fields(sim: Simulator, account: Account, read: bool) -> None:
    await sim.set_switches(account.app.id, conversation_fields=read)
    own = {"dataCapture.systemField.priority": "low", "dataCapture.ticketField.7": "x"}
    conversation = await account.conversation(metadata=own)
    await account.say(conversation)
    await account.hand_over(conversation, {"dataCapture.systemField.priority": "high"})
    fields = (await sim.conversation(conversation))["ticket"]["fields"]
    assert fields == ({"custom": {"7": "x"}} if read else {}) | {"priority": "high"}


async def test_records_are_shown(sim: Simulator) -> None:
    records = {"groups": {"4711": {}}, "ticket_fields": {"36": {"editable_in_portal": False}}}
    await sim.add_app(support_email=AGENT, support_token=TOKEN, support_records=records)
    assert (await call(sim, "GET", "/groups/4711"))[1] == {"group": {"id": 4711}}
    _, answer = await call(sim, "GET", "/ticket_fields/36")
    assert answer == {"ticket_field": {"id": 36, "editable_in_portal": False}}
    assert (await call(sim, "GET", "/users/me"))[1]["user"]["email"] == AGENT
    assert (await call(sim, "GET", "/brands/1"))[0] == 404
