"""Integrations, keys, webhooks, switchboards and the app itself."""

from __future__ import annotations

import pytest

from simulator import Simulator

from .support.account import Account
from .support.bot import Bot

HOOK = {"target": "https://bot.example/hook", "triggers": ["conversation:message"]}


async def test_a_custom_integration(sim: Simulator, account: Account) -> None:
    body = {"type": "custom", "displayName": "Mine", "webhooks": [HOOK]}
    status, answer = await account.call("POST", "/integrations", body)
    assert status == 201
    made = answer["integration"]
    (webhook,) = made["webhooks"]
    assert (made["type"], made["status"], webhook["version"]) == ("custom", "active", "v2")
    assert len(webhook["secret"]) >= 32
    path = f"/integrations/{made['id']}"
    assert await account.must("GET", path) == answer
    renamed = await account.must("PATCH", path, {"displayName": "Yours"})
    assert renamed["integration"]["displayName"] == "Yours"
    listed = await account.must("GET", "/integrations", **{"filter[types]": "custom"})
    assert made["id"] in [one["id"] for one in listed["integrations"]]
    assert (await account.call("PATCH", path, {"displayName": ""}))[0] == 400
    unnamed = await account.must("PATCH", path, {"displayName": None})
    assert unnamed["integration"]["displayName"] is None
    await account.must("DELETE", path)
    status, answer = await account.call("GET", path)
    assert (status, answer["errors"][0]["code"]) == (404, "integration_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "android"},
        {"type": "custom"},
        {"type": "custom", "webhooks": [HOOK, HOOK]},
        {"type": "custom", "webhooks": [{"target": "https://bot.example"}]},
        {"type": "custom", "webhooks": [HOOK | {"triggers": ["Conversation:Message"]}]},
        {"type": "custom", "webhooks": [HOOK | {"target": "no address"}]},
    ],
)
async def test_refused_integrations(account: Account, body: object) -> None:
    assert (await account.call("POST", "/integrations", body))[0] == 400


async def test_keys(account: Account) -> None:
    integration = account.app.integrations[0]
    path = f"/integrations/{integration.id}/keys"
    for body in ({}, {"displayName": ""}, {"displayName": "x" * 101}, {"displayName": 3}):
        assert (await account.call("POST", path, body))[0] == 400
    key = (await account.must("POST", path, {"displayName": "Run time"}))["key"]
    assert key["id"].startswith("int_")
    assert (await account.must("GET", f"{path}/{key['id']}"))["key"] == key
    assert (await account.must("GET", path))["keys"] == [key]
    await account.must("DELETE", f"{path}/{key['id']}")
    assert (await account.must("GET", path))["keys"] == []
    for _ in range(10):
        await account.must("POST", path, {"displayName": "x"})
    assert (await account.call("POST", path, {"displayName": "x"}))[0] == 400
    workspace = next(
        one["id"] for one in account.app.raw["integrations"] if one["type"] == "zd:agentWorkspace"
    )
    assert (await account.call("GET", f"/integrations/{workspace}/keys"))[0] == 400


async def test_webhooks(sim: Simulator, account: Account, bot: Bot) -> None:
    integration = account.app.integrations[0]
    path = f"/integrations/{integration.id}/webhooks"
    made = (await account.must("POST", path, HOOK))["webhook"]
    assert made["includeFullUser"] is False
    one = f"{path}/{made['id']}"
    body = {"target": bot.url, "includeFullUser": True, "secret": "mine"}
    changed = (await account.must("PATCH", one, body))["webhook"]
    assert changed == made | {"target": bot.url, "includeFullUser": True}
    assert (await account.must("GET", one))["webhook"] == changed
    assert len((await account.must("GET", path))["webhooks"]) == 2
    await account.must("DELETE", one)
    assert (await account.call("GET", one))[1]["errors"][0]["code"] == "not_found"
    for _ in range(9):
        await account.must("POST", path, HOOK)
    assert (await account.call("POST", path, HOOK))[0] == 400


async def test_secrets_that_are_shown_once(sim: Simulator, account: Account) -> None:
    await sim.set_switches(account.app.id, secrets_shown_again=False)
    body = {"type": "custom", "displayName": "Mine", "webhooks": [HOOK]}
    made = (await account.must("POST", "/integrations", body))["integration"]
    assert "secret" in made["webhooks"][0]
    path = f"/integrations/{made['id']}"
    key = (await account.must("POST", path + "/keys", {"displayName": "x"}))["key"]
    assert "secret" in key
    webhook = f"{path}/webhooks/{made['webhooks'][0]['id']}"
    answers = [
        await account.must("GET", "/integrations"),
        await account.must("GET", path),
        await account.must("GET", path + "/webhooks"),
        await account.must("GET", webhook),
        await account.must("PATCH", webhook, HOOK),
        await account.must("GET", path + "/keys"),
        await account.must("GET", f"{path}/keys/{key['id']}"),
    ]
    assert "secret" not in str(answers)


async def test_a_switchboard_integration_is_changed(account: Account) -> None:
    (board,) = (await account.must("GET", "/switchboards"))["switchboards"]
    path = f"/switchboards/{board['id']}/switchboardIntegrations"
    body = {"name": "rasa", "integrationId": account.app.integrations[0].id}
    ours = (await account.must("POST", path, body))["switchboardIntegration"]
    one = f"{path}/{ours['id']}"
    assert (await account.call("PATCH", one, {"name": "zd-answerBot"}))[0] == 400
    assert (await account.call("PATCH", one, body | {"integrationType": "zd:x"}))[0] == 400
    assert (await account.must("PATCH", one, body))["switchboardIntegration"] == ours
    hook = {"type": "custom", "webhooks": [HOOK]}
    other = (await account.must("POST", "/integrations", hook))["integration"]["id"]
    moved = await account.must("PATCH", one, {"integrationId": other})
    assert moved["switchboardIntegration"] == ours | {"integrationId": other}


async def test_a_new_switchboard(sim: Simulator, bot: Bot) -> None:
    app = await sim.add_app(switchboard=False, integrations=[{"target": bot.url}])
    async with Account(sim, app) as account:
        board = (await account.must("POST", "/switchboards"))["switchboard"]
        assert board["enabled"] is False
        status, answer = await account.call("POST", "/switchboards")
        assert status == 400
        assert answer["errors"][0]["title"] == "Only one switchboard can be created per app"
        path = f"/switchboards/{board['id']}"
        assert (await account.call("PATCH", path, {"enabled": True}))[0] == 400

        switchboard_integrations = path + "/switchboardIntegrations"
        custom = {"name": "rasa", "integrationId": app.integrations[0].id}
        rasa = (await account.must("POST", switchboard_integrations, custom))[
            "switchboardIntegration"
        ]
        assert rasa["deliverStandbyEvents"] is True
        zendesk = {
            "name": "zd-agentWorkspace",
            "integrationType": "zd:agentWorkspace",
            "deliverStandbyEvents": False,
            "nextSwitchboardIntegrationId": rasa["id"],
            "messageHistoryCount": 5,
        }
        workspace = (await account.must("POST", switchboard_integrations, zendesk))[
            "switchboardIntegration"
        ]
        assert zendesk.items() <= workspace.items()
        assert (await account.must("GET", switchboard_integrations))["switchboardIntegrations"] == [
            rasa,
            workspace,
        ]

        body = {"enabled": True, "defaultSwitchboardIntegrationId": workspace["id"]}
        assert (await account.must("PATCH", path, body))["switchboard"]["enabled"] is True
        for switchboard_integration in (rasa, workspace):
            assert (
                await account.call(
                    "DELETE", f"{switchboard_integrations}/{switchboard_integration['id']}"
                )
            )[0] == 400
        freed = {"nextSwitchboardIntegrationId": None}
        await account.must("PATCH", f"{switchboard_integrations}/{workspace['id']}", freed)
        await account.must("DELETE", f"{switchboard_integrations}/{rasa['id']}")
        await account.must("DELETE", path)
        assert (await account.must("GET", "/switchboards"))["switchboards"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "no spaces please", "integrationType": "zd:x"},
        {"name": "x"},
        {"name": "x", "integrationType": "custom"},
        {"name": "x", "integrationType": "zd:x", "messageHistoryCount": 11},
        {"name": "zd-answerBot", "integrationType": "zd:x"},
    ],
)
async def test_refused_switchboard_integrations(account: Account, body: object) -> None:
    (board,) = (await account.must("GET", "/switchboards"))["switchboards"]
    path = f"/switchboards/{board['id']}/switchboardIntegrations"
    assert (await account.call("POST", path, body))[0] == 400


async def test_at_most_ten_switchboard_integrations(account: Account) -> None:
    (board,) = (await account.must("GET", "/switchboards"))["switchboards"]
    path = f"/switchboards/{board['id']}/switchboardIntegrations"
    for number in range(8):
        body = {"name": f"n{number}", "integrationType": f"zd:{number}"}
        await account.must("POST", path, body)
    status, answer = await account.call("POST", path, {"name": "n", "integrationType": "zd:n"})
    assert (status, answer["errors"][0]["code"]) == (400, "too_many_switchboard_integrations")


async def test_the_app(sim: Simulator, bot: Bot) -> None:
    app = await sim.add_app(label="acme", multi_conversations=False)
    async with Account(sim, app) as account:
        shown = (await account.must("GET", ""))["app"]
        assert (shown["id"], shown["subdomain"]) == (app.id, "acme")
        assert shown["settings"]["multiConvoEnabled"] is False
        on = {"settings": {"multiConvoEnabled": True}, "metadata": {"a": 1}}
        assert (await account.must("PATCH", "", on))["app"]["metadata"] == {"a": 1}
        off = {"settings": {"multiConvoEnabled": False}}
        assert (await account.call("PATCH", "", off))[0] == 400
        status, answer = await account.call("PATCH", "", {"metadata": {"a": "x" * 4096}})
        assert status == 400
        assert answer["errors"][0]["title"] == "App metadata is limited to 4096 bytes in size."
