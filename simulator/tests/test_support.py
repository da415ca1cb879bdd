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


WEBHOOK = {
    "name": "Solved",
    "endpoint": "https://bot.example.com/events",
    "http_method": "POST",
    "request_format": "json",
    "status": "active",
    "subscriptions": ["conditional_ticket_events"],
}


@pytest.fixture
async def admin(sim: Simulator) -> AsyncIterator[Account]:
    app = await sim.add_app(support_email=AGENT, support_token=TOKEN, support_role="admin")
    async with Account(sim, app) as made:
        yield made


def trigger_of(webhook: str, **values: Any) -> dict[str, Any]:
    return {
        "title": "Tell the bot",
        "conditions": {
            "all": [
                {"field": "status", "operator": "value", "value": "solved"},
                {"field": "current_tags", "operator": "includes", "value": "vip late"},
            ]
        },
        "actions": [{"field": "notification_webhook", "value": [webhook, '{"event": "solved"}']}],
        **values,
    }


async def make(sim: Simulator, **values: Any) -> tuple[str, int]:
    """Make a webhook and a trigger; return their ids."""
    status, answer = await call(sim, "POST", "/webhooks", {"webhook": WEBHOOK | values})
    assert status == 201
    webhook = answer["webhook"]["id"]
    status, answer = await call(sim, "POST", "/triggers", {"trigger": trigger_of(webhook)})
    assert status == 201
    return webhook, answer["trigger"]["id"]


async def test_a_trigger_that_was_made_notifies_its_webhook(sim: Simulator, admin: Account) -> None:
    nobody = {"endpoint": "http://127.0.0.1:9/events"}
    webhook, number = await make(sim, **nobody)
    _, listed = await call(sim, "GET", "/webhooks")
    assert listed["webhooks"] == [{"id": webhook, **WEBHOOK, **nobody}]
    _, shown = await call(sim, "GET", f"/webhooks/{webhook}/signing_secret")
    assert shown["signing_secret"]["algorithm"] == "SHA256" and shown["signing_secret"]["secret"]
    tagged = await admin.with_agents(**{"dataCapture.systemField.tags": "late"})
    other = await admin.with_agents()
    for conversation in (other, tagged):
        await sim.solve(conversation)
    delivery = await sim.wait_for_delivery(admin.app.id, type="ticket:solved", outcome="retrying")
    assert delivery["conversation"] == tagged, "the other ticket has none of the tags"
    _, listed = await call(sim, "GET", "/triggers")
    assert [(one["id"], one["active"]) for one in listed["triggers"]] == [(number, True)]


async def test_what_is_given_of_webhook_and_trigger_is_changed(
    sim: Simulator, admin: Account
) -> None:
    webhook, number = await make(sim)
    async with aiohttp.ClientSession(auth=aiohttp.BasicAuth(f"{AGENT}/token", TOKEN)) as http:
        url = f"{sim.url}/api/v2/webhooks/{webhook}"
        async with http.patch(url, json={"webhook": {"status": "inactive"}}) as answer:
            assert (answer.status, await answer.read()) == (204, b"")
    _, listed = await call(sim, "GET", "/webhooks")
    assert listed["webhooks"] == [{"id": webhook, **WEBHOOK, "status": "inactive"}]
    changed = {"trigger": {"active": False}}
    status, answer = await call(sim, "PUT", f"/triggers/{number}", changed)
    assert (status, answer["trigger"]["active"]) == (200, False)
    assert answer["trigger"]["actions"] == trigger_of(webhook)["actions"]


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/x/signing_secret"])
async def test_webhooks_are_for_admins(sim: Simulator, account: Account, path: str) -> None:
    status, answer = await call(sim, "GET", path)
    assert (status, answer["error"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"conditions": {"all": []}},
        {"conditions": {"all": [{"field": "brand_id", "operator": "is", "value": "1"}]}},
        {"actions": []},
        {"actions": [{"field": "notification_webhook", "value": ["no webhook", "{}"]}]},
    ],
)
async def test_a_trigger_that_is_refused(sim: Simulator, admin: Account, wrong: Any) -> None:
    webhook, _ = await make(sim)
    refused = {"trigger": trigger_of(webhook, **wrong)}
    status, answer = await call(sim, "POST", "/triggers", refused)
    assert (status, answer["error"]) == (422, "RecordInvalid")
    assert "description" in next(iter(answer["details"].values()))[0]


async def test_a_webhook_of_events_is_not_for_triggers(sim: Simulator, admin: Account) -> None:
    of_events = WEBHOOK | {"subscriptions": ["zen:event-type:ticket.created"]}
    _, answer = await call(sim, "POST", "/webhooks", {"webhook": of_events})
    trigger = {"trigger": trigger_of(answer["webhook"]["id"])}
    status, _ = await call(sim, "POST", "/triggers", trigger)
    assert status == 422


async def test_a_webhook_that_is_refused(sim: Simulator, admin: Account) -> None:
    for wrong in ({"endpoint": "ftp://x"}, {"name": ""}, {"http_method": "TRACE"}):
        status, answer = await call(sim, "POST", "/webhooks", {"webhook": WEBHOOK | wrong})
        assert (status, answer["errors"][0]["code"]) == (400, "InvalidWebhook")
