"""The administration API: against the simulator, and against Zendesk's OpenAPI file."""

from __future__ import annotations

import msgspec
import pytest
from aiohttp.test_utils import TestServer

from tests.support.openapi import PATTERN, OpenApiServer
from tests.support.shared import needs_shared
from tests.support.zendesk import account, connector
from zendesk_handoff.errors import ApiError, NotAuthorized
from zendesk_handoff.zendesk import RetryPolicy
from zendesk_handoff.zendesk.account import CUSTOM
from zendesk_handoff.zendesk.administration import Administration

TARGET = "https://bot.example.com/api/v1/connectors/support/webhook"
TRIGGERS = ("conversation:message", "user:remove")


@pytest.fixture
async def admin(sim):
    async with Administration(await account(sim)) as opened:
        yield opened


async def test_a_page_is_not_all(sim):
    made = await account(sim)
    names = [f"{number} – ü {'🙂' * (number % 3)}" for number in range(104)]
    for name in names:
        await sim.add_integration(made.app_id, {"name": name, "target": TARGET})
    async with Administration(made) as admin:
        custom = await admin.list_integrations(types=[CUSTOM])
        every = await admin.list_integrations()
    assert [each.display_name for each in custom][1:] == names
    assert {each.type for each in every} == {CUSTOM, "zd:answerBot", "zd:agentWorkspace"}
    assert len(custom[1].webhooks[0].secret) > 20


async def test_webhooks_and_keys(admin):
    made = await admin.create_integration("Support", target=TARGET, triggers=TRIGGERS)
    (hook,) = await admin.list_webhooks(made.id)
    assert (hook.target, hook.triggers) == (TARGET, list(TRIGGERS))
    changed = await admin.update_webhook(made.id, hook.id, triggers=["user:remove"])
    assert changed == msgspec.structs.replace(hook, triggers=["user:remove"])
    moved = await admin.update_webhook(made.id, hook.id, target=TARGET + "2")
    assert (moved.target, moved.triggers) == (TARGET + "2", ["user:remove"])
    second = await admin.create_webhook(made.id, target=TARGET, triggers=TRIGGERS)
    assert await admin.list_webhooks(made.id) == [moved, second]
    assert await admin.delete_webhook(made.id, second.id)
    assert not await admin.delete_webhook(made.id, second.id)
    key = await admin.create_key(made.id, "Run time")
    assert await admin.list_keys(made.id) == [key]
    assert key.id.startswith("int_")
    assert await admin.delete_key(made.id, key.id)
    renamed = await admin.update_integration(made.id, display_name="Hilfe")
    assert (await admin.get_integration(made.id)) == renamed
    assert await admin.delete_integration(made.id)
    assert not await admin.delete_integration(made.id)


async def test_the_switchboard(admin):
    made = await admin.create_integration("Support", target=TARGET, triggers=TRIGGERS)
    board = await admin.switchboard.get()
    before = {each.name: each for each in await admin.switchboard.list_integrations(board.id)}
    assert board.default_switchboard_integration_id == before["zd-answerBot"].id
    agents = before["zd-agentWorkspace"]
    ours = await admin.switchboard.create_integration(
        board.id, "rasa", integration_id=made.id, deliver_standby_events=False, next_id=agents.id
    )
    assert (ours.integration_id, ours.deliver_standby_events) == (made.id, False)
    assert ours.next_switchboard_integration_id == agents.id
    kept = await admin.switchboard.update_integration(board.id, ours.id, name="bot")
    assert kept == msgspec.structs.replace(ours, name="bot")
    freed = await admin.switchboard.update_integration(board.id, ours.id, next_id=None)
    assert freed.next_switchboard_integration_id is None
    led = await admin.switchboard.update(board.id, default_id=ours.id)
    assert led.enabled
    with pytest.raises(ApiError, match="default"):
        await admin.switchboard.delete_integration(board.id, ours.id)
    await admin.switchboard.update(board.id, default_id=agents.id)
    assert await admin.switchboard.delete_integration(board.id, ours.id)
    assert [*await admin.switchboard.list_integrations(board.id)] == [*before.values()]


async def test_what_was_made_before_the_line_broke_is_not_made_twice(sim, admin):
    made = await admin.create_integration("Support", target=TARGET, triggers=TRIGGERS)
    board = await admin.switchboard.get()

    async def broken(path):
        await sim.add_fault("drop", when="after", method="POST", path=path)

    await broken("/integrations")
    other = await admin.create_integration("Sales", target=TARGET, triggers=TRIGGERS)
    await broken("/integrations/*/webhooks")
    hook = await admin.create_webhook(other.id, target=TARGET, triggers=TRIGGERS)
    await broken("/integrations/*/keys")
    key = await admin.create_key(other.id, "Run time")
    await broken("/switchboards/*/switchboardIntegrations")
    ours = await admin.switchboard.create_integration(
        board.id, "rasa", integration_id=other.id, deliver_standby_events=False
    )
    custom = await admin.list_integrations(types=[CUSTOM])
    assert [each.id for each in custom][1:] == [made.id, other.id]
    assert await admin.list_webhooks(other.id) == [*other.webhooks, hook]
    assert await admin.list_keys(other.id) == [key]
    assert (await admin.switchboard.list_integrations(board.id))[2:] == [ours]


async def test_a_new_switchboard_is_not_made_twice(sim):
    async with Administration(await account(sim, switchboard=False)) as admin:
        assert await admin.switchboard.get() is None
        await sim.add_fault("drop", when="after", method="POST", path="/switchboards")
        made = await admin.switchboard.create()
        assert made == await admin.switchboard.get()
        assert not made.enabled


async def test_an_error_quotes_what_was_sent(admin):
    with pytest.raises(ApiError, match="Invalid trigger: conversation:massage"):
        await admin.create_integration("Support", target=TARGET, triggers=["conversation:massage"])


async def test_secrets_are_not_shown(admin):
    made = await admin.create_integration("Support", target=TARGET, triggers=TRIGGERS)
    key = await admin.create_key(made.id, "Run time")
    shown = repr([made, key])
    assert made.webhooks[0].secret not in shown
    assert key.secret not in shown
    assert TARGET in shown


async def test_the_key_of_an_integration_is_not_enough(sim):
    made = await account(sim, inside=True)
    async with Administration(made, retry=RetryPolicy(max_elapsed=0)) as admin:
        with pytest.raises(NotAuthorized, match="403 forbidden"):
            await admin.get_app()
        assert len(await admin.list_webhooks("me")) == 1


@needs_shared(PATTERN)
async def test_requests_and_answers_are_as_documented():
    zendesk = OpenApiServer()
    custom = {
        "id": "5e4af71a81966cfff3ef6550",
        "type": "custom",
        "status": "active",
        "displayName": None,
        "webhooks": [{"id": "w", "version": "v2", "target": TARGET, "triggers": [*TRIGGERS]}],
    }
    zendesk.answers["CreateIntegration"] = {"integration": custom}
    async with TestServer(zendesk.app) as server:
        made = connector(base_url=str(server.make_url("/sc")))
        async with Administration(made) as admin:
            app = await admin.get_app()
            assert app.display_name == "My Test App"
            assert not app.has_multi_conversations
            (listed,) = await admin.list_integrations(types=[CUSTOM])
            assert (listed.id, listed.type, listed.status) == (custom["id"], "android", "active")
            integration = await admin.create_integration("ü", target=TARGET, triggers=TRIGGERS)
            assert integration.webhooks[0].triggers == [*TRIGGERS]
            assert integration.webhooks[0].secret is None
            await admin.get_integration("i")
            await admin.update_integration("i", display_name=None)
            (hook,) = await admin.list_webhooks("i")
            assert hook.target == "https://example.com/callback"
            assert hook.secret == "example-secret"
            assert hook == await admin.create_webhook("i", target=TARGET, triggers=TRIGGERS)
            assert hook == await admin.update_webhook("i", "w", target=TARGET, triggers=TRIGGERS)
            (key,) = await admin.list_keys("i")
            assert (key.display_name, key.secret) == ("My Test Key", "example-secret")
            assert key == await admin.create_key("i", "Run time")
            board = await admin.switchboard.get()
            assert (board.enabled, board.default_switchboard_integration_id) == (False, None)
            assert board == await admin.switchboard.create()
            assert board == await admin.switchboard.update("s", enabled=True, default_id="d")
            (agents,) = await admin.switchboard.list_integrations("s")
            assert agents.is_called("zd:agentWorkspace")
            assert agents.deliver_standby_events is False
            assert agents == await admin.switchboard.create_integration(
                "s", "rasa", integration_id="i", deliver_standby_events=False, next_id="n"
            )
            assert agents == await admin.switchboard.update_integration(
                "s", "i", name="x", deliver_standby_events=True, next_id=None
            )
            await admin.switchboard.delete_integration("s", "i")
            await admin.delete_webhook("i", "w")
            await admin.delete_key("i", "k")
            await admin.delete_integration("i")
    assert zendesk.errors == []
    assert len(set(zendesk.calls)) == 20
