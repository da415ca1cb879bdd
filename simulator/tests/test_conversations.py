"""Conversations and participants."""

from __future__ import annotations

import re

import pytest

from simulator import Simulator

from .support.account import Account, Json
from .support.bot import Bot

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_create_and_get(sim: Simulator, account: Account, bot: Bot) -> None:
    user = await account.user()
    body = {
        "type": "personal",
        "participants": [{"userExternalId": user["externalId"]}],
        "displayName": "Refund",
        "metadata": {"rasa_sender_id": "s-1"},
    }
    status, answer = await account.call("POST", "/conversations", body)
    assert status == 201
    made = answer["conversation"]
    assert made["isDefault"] is True
    assert made["metadata"] == {"rasa_sender_id": "s-1"}
    assert STAMP.fullmatch(made["createdAt"])
    assert "activeSwitchboardIntegration" not in made
    assert await account.must("GET", f"/conversations/{made['id']}") == answer
    await sim.wait_for_delivery(type="conversation:create")
    payload = bot.events[0]["payload"]
    assert payload["creationReason"] == "none"
    assert payload["user"]["id"] == user["id"]
    assert payload["conversation"]["metadata"] == {"rasa_sender_id": "s-1"}


@pytest.mark.parametrize(
    ("participants", "status"),
    [
        (None, 400),
        ([], 400),
        ([{}], 400),
        ([{"userId": "a", "userExternalId": "b"}], 400),
        ([{"userId": "a"}, {"userId": "b"}], 400),
        ([{"userId": "0" * 24}], 404),
        ([{"userExternalId": "nobody"}], 404),
    ],
)
async def test_personal_has_one_known_participant(
    account: Account, participants: object, status: int
) -> None:
    body = {"type": "personal", "participants": participants}
    assert (await account.call("POST", "/conversations", body))[0] == status


async def test_type_is_needed(account: Account) -> None:
    status, answer = await account.call("POST", "/conversations", {"participants": []})
    assert status == 400
    assert answer["errors"][0]["title"] == "should have required property 'type'"


async def test_second_conversation(sim: Simulator, account: Account, bot: Bot) -> None:
    user = await account.user()
    first, second = await account.conversation(user), await account.conversation(user)
    shown = [await account.must("GET", f"/conversations/{one}") for one in (first, second)]
    assert [one["conversation"]["isDefault"] for one in shown] == [True, False]
    assert (await account.call("DELETE", f"/conversations/{first}"))[0] == 400
    await account.must("DELETE", f"/conversations/{second}")
    assert (await account.call("GET", f"/conversations/{second}"))[0] == 404
    await sim.wait_for_delivery(type="conversation:remove")
    assert bot.of_type("conversation:remove")[0]["payload"]["conversation"]["id"] == second


@pytest.mark.parametrize("switches", [{}, {"second_conversation_status": 400,
                                           "second_conversation_code": "bad_request"}])  # fmt: skip
async def test_without_multi_conversations(sim: Simulator, bot: Bot, switches: Json) -> None:
    app = await sim.add_app(multi_conversations=False, switches=switches)
    async with Account(sim, app) as account:
        user = await account.user()
        await account.conversation(user)
        body = {"type": "personal", "participants": [{"userId": user["id"]}]}
        status, answer = await account.call("POST", "/conversations", body)
        expected = switches or {
            "second_conversation_status": 403,
            "second_conversation_code": "forbidden",
        }
        assert status == expected["second_conversation_status"]
        assert answer["errors"][0]["code"] == expected["second_conversation_code"]


async def test_list_of_a_user(account: Account) -> None:
    user = await account.user()
    made = [await account.conversation(user) for _ in range(5)]
    await account.conversation()
    by_external = {"filter[userExternalId]": user["externalId"]}
    listed = await account.must("GET", "/conversations", **by_external)
    assert [one["id"] for one in listed["conversations"]] == made
    assert listed["meta"] == {"hasMore": False}

    query = {"filter[userId]": user["id"], "page[size]": "2"}
    first = await account.must("GET", "/conversations", **query)
    assert [one["id"] for one in first["conversations"]] == made[:2]
    assert first["meta"] == {"hasMore": True, "afterCursor": made[1]}
    async with account.session.get(first["links"]["next"], auth=account.auth) as response:
        second = await response.json()
    assert [one["id"] for one in second["conversations"]] == made[2:4]
    query["page[after]"] = made[3]
    last = await account.must("GET", "/conversations", **query)
    assert [one["id"] for one in last["conversations"]] == made[4:]
    assert last["meta"] == {"hasMore": False, "beforeCursor": made[4]}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"filter[userId]": "a", "filter[userExternalId]": "b"},
        {"filter[userExternalId]": "s", "page[size]": "101"},
        {"filter[userExternalId]": "s", "page[after]": "short"},
        {"filter[userExternalId]": "s", "page[after]": "a" * 24, "page[before]": "a" * 24},
    ],
)
async def test_refused_lists(account: Account, query: dict[str, str]) -> None:
    await account.user(externalId="s")
    status, answer = await account.call("GET", "/conversations", **query)
    assert (status, answer["errors"][0]["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("policy", "expected"), [("merge", {"a": 1, "b": 2}), ("replace", {"b": 2})]
)
async def test_patch(sim: Simulator, account: Account, policy: str, expected: Json) -> None:
    await sim.set_switches(account.app.id, metadata_patch=policy)
    conversation = await account.conversation(metadata={"a": 1})
    body = {"displayName": "New", "metadata": {"b": 2}}
    changed = (await account.must("PATCH", f"/conversations/{conversation}", body))["conversation"]
    assert (changed["displayName"], changed["metadata"]) == ("New", expected)


async def test_groups(sim: Simulator, account: Account, bot: Bot) -> None:
    mia, tom = await account.user(), await account.user()
    body = {"type": "sdkGroup", "participants": [{"userId": mia["id"]}]}
    conversation = (await account.must("POST", "/conversations", body))["conversation"]["id"]
    await account.must("POST", f"/conversations/{conversation}/join", {"userId": tom["id"]})
    listed = await account.must("GET", f"/conversations/{conversation}/participants")
    assert [one["userId"] for one in listed["participants"]] == [mia["id"], tom["id"]]
    await account.must("POST", f"/conversations/{conversation}/leave", {"userId": mia["id"]})
    await sim.wait_for_delivery(type="conversation:leave")
    assert bot.types == ["conversation:create", "conversation:join", "conversation:leave"]
