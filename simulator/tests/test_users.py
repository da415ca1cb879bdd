"""Users."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from simulator import Simulator

from .support.account import Account
from .support.bot import Bot

ODD = "mia+1@example.com/a b?ü"


async def test_create_and_get_by_either_id(account: Account) -> None:
    profile = {"givenName": "Mia", "email": "mia@example.com", "locale": "de"}
    user = await account.user(externalId=ODD, profile=profile, metadata={"n": 1, "b": True})
    assert user["externalId"] == ODD
    assert user["profile"] == profile
    assert len(user["id"]) == 24
    for segment in (user["id"], quote(ODD, safe="")):
        status, answer, _ = await account.raw("GET", "/users/" + segment)
        assert (status, answer["user"]) == (200, user), segment


async def test_taken_external_id(account: Account) -> None:
    await account.user(externalId="s-1")
    status, answer = await account.call("POST", "/users", {"externalId": "s-1"})
    assert status == 409
    assert answer == {"errors": [{"code": "conflict", "title": "User already exists"}]}


async def test_unknown_user(account: Account) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        status, answer = await account.call(method, "/users/nobody", {})
        assert status == 404
        assert answer == {"errors": [{"code": "user_not_found", "title": "User not found"}]}


@pytest.mark.parametrize(
    ("policy", "metadata", "profile"),
    [
        ("merge", {"a": 1, "b": 2}, {"givenName": "Mia", "surname": "M"}),
        ("replace", {"b": 2}, {"surname": "M"}),
    ],
)
async def test_patch(
    sim: Simulator, account: Account, policy: str, metadata: object, profile: object
) -> None:
    await sim.set_switches(account.app.id, metadata_patch=policy)
    user = await account.user(metadata={"a": 1}, profile={"givenName": "Mia"})
    body = {"metadata": {"b": 2}, "profile": {"surname": "M"}, "externalId": "ignored"}
    changed = (await account.must("PATCH", f"/users/{user['id']}", body))["user"]
    assert changed["metadata"] == metadata
    assert changed["profile"] == profile
    assert changed["externalId"] == user["externalId"]


@pytest.mark.parametrize(
    "body",
    [
        {"externalId": ""},
        {"externalId": 7},
        {"externalId": "x" * 1025},
        {"profile": {"givenName": "x" * 129}},
        {"profile": {"email": "no address"}},
        {"profile": {"avatarUrl": "not an address"}},
        {"metadata": {"nested": {}}},
        {"metadata": {"list": [1]}},
        {"metadata": {"big": "x" * 4090}},
        [],
        "text",
    ],
)
async def test_refused_bodies(account: Account, body: object) -> None:
    status, answer = await account.call("POST", "/users", body)
    assert (status, answer["errors"][0]["code"]) == (400, "bad_request")


async def test_delete_removes_the_history(sim: Simulator, account: Account, bot: Bot) -> None:
    user = await account.user()
    conversation = await account.conversation(user)
    await account.must("DELETE", f"/users/{user['id']}")
    assert (await account.call("GET", f"/conversations/{conversation}"))[0] == 404
    assert (await account.call("GET", f"/users/{user['externalId']}"))[0] == 404
    await sim.wait_for_delivery(type="user:remove")
    assert bot.of_type("user:remove")[0]["payload"]["user"]["id"] == user["id"]
    await account.user(externalId=user["externalId"])


async def test_list_by_email_looks_at_identities(sim: Simulator, account: Account) -> None:
    user = await account.user(profile={"email": "mia@example.com"})
    query = {"filter[identities.email]": "mia@example.com"}
    assert (await account.must("GET", "/users", **query))["users"] == []
    await sim.add_identity(account.app.id, user["id"], type="email", value="mia@example.com")
    found = (await account.must("GET", "/users", **query))["users"]
    assert [one["id"] for one in found] == [user["id"]]
    assert found[0]["identities"][0]["value"] == "mia@example.com"


async def test_personal_information_is_removed(account: Account) -> None:
    user = await account.user(profile={"givenName": "Mia", "locale": "de"}, metadata={"a": 1})
    answer = await account.must("DELETE", f"/users/{user['id']}/personalinformation")
    assert answer["user"]["profile"] == {"locale": "de"}
    assert answer["user"]["metadata"] == {}
