"""Control of conversations: who receives events, and repeated calls."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Simulator

from .support.account import Account, Json
from .support.bot import Bot

AGENTS = {"switchboardIntegration": "zd-agentWorkspace"}
BOT = {"switchboardIntegration": "rasa"}
NEXT = {"switchboardIntegration": "next"}


async def control(account: Account, conversation: str) -> tuple[str | None, str | None]:
    """Return the names of the active and the pending integration, from a GET."""
    shown = (await account.must("GET", f"/conversations/{conversation}"))["conversation"]
    names = ("activeSwitchboardIntegration", "pendingSwitchboardIntegration")
    active, pending = (shown.get(name, {}).get("name") for name in names)
    return active, pending


async def settled(sim: Simulator, bot: Bot, conversation: str, type_: str) -> Json:
    """Wait for an event and return its payload; earlier events have arrived by then."""
    await sim.wait_for_delivery(
        predicate=lambda one: one["conversation"] == conversation, type=type_
    )
    return dict(bot.of_type(type_)[-1]["payload"])


async def test_the_default_takes_over_at_the_first_activity(account: Account) -> None:
    conversation = await account.conversation()
    assert await control(account, conversation) == (None, None)
    await account.say(conversation)
    assert await control(account, conversation) == ("zd-answerBot", None)


@pytest.mark.parametrize("kind", ["id", "name", "type"])
async def test_pass_by(sim: Simulator, inside: Account, bot: Bot, kind: str) -> None:
    conversation = await inside.conversation()
    targets = {
        "id": inside.app.switchboard_integration_id("zd-agentWorkspace"),
        "name": "zd-agentWorkspace",
        "type": "zd:agentWorkspace",
    }
    body = {"switchboardIntegration": targets[kind], "metadata": {"a": 1}}
    status, answer = await inside.call("POST", f"/conversations/{conversation}/passControl", body)
    assert (status, answer) == (200, {})
    assert await control(inside, conversation) == ("zd-agentWorkspace", None)


async def test_the_order_of_calls_inside_the_switchboard(
    sim: Simulator, inside: Account, bot: Bot
) -> None:
    """Pass to itself, post the summary, pass to the agents, offer to itself, receive events."""
    conversation = await inside.conversation()
    await inside.control(conversation, "passControl", BOT)
    await inside.say(conversation, "Summary")
    assert (await sim.conversation(conversation))["ticket"] is None
    await inside.control(
        conversation, "passControl", AGENTS | {"metadata": {"dataCapture.ticketField.77": "x"}}
    )
    assert (await sim.conversation(conversation))["ticket"]["fields"] == {"custom": {"77": "x"}}
    await inside.control(conversation, "offerControl", BOT)
    assert await control(inside, conversation) == ("zd-agentWorkspace", "rasa")
    await sim.agent_text(conversation, "Hello")
    payload = await settled(sim, bot, conversation, "switchboard:offerControl")
    assert payload["conversation"]["pendingSwitchboardIntegration"]["name"] == "rasa"
    await sim.end_session(conversation)
    await settled(sim, bot, conversation, "switchboard:releaseControl")
    assert bot.types[-4:] == [
        "switchboard:passControl",
        "switchboard:offerControl",
        "conversation:message",
        "switchboard:releaseControl",
    ]


async def test_no_events_without_the_offer(sim: Simulator, inside: Account, bot: Bot) -> None:
    conversation = await inside.with_agents()
    await sim.agent_text(conversation, "Hello")
    await sim.set_switches(inside.app.id, deliver_when_nobody_active=False)
    await sim.end_session(conversation)
    await inside.control(conversation, "passControl", BOT)
    await settled(sim, bot, conversation, "switchboard:passControl")
    texts = [one["payload"]["message"]["content"]["text"]
             for one in bot.of_type("conversation:message")]  # fmt: skip
    assert "Hello" not in texts
    assert "switchboard:releaseControl" not in bot.types


async def test_pending_may_receive_nothing(sim: Simulator, inside: Account, bot: Bot) -> None:
    await sim.set_switches(inside.app.id, deliver_to_pending=False)
    conversation = await inside.with_agents()
    await inside.control(conversation, "offerControl", BOT)
    await sim.agent_text(conversation, "Hello")
    await inside.control(conversation, "passControl", BOT)
    await settled(sim, bot, conversation, "switchboard:passControl")
    assert all("metadata" not in one["payload"]["message"]
               for one in bot.of_type("conversation:message"))  # fmt: skip


async def test_standby_receives_events_if_configured(sim: Simulator, bot: Bot) -> None:
    switchboard_integration = {
        "target": bot.url,
        "switchboard_name": "rasa",
        "deliver_standby_events": True,
    }
    app = await sim.add_app(integrations=[switchboard_integration])
    async with Account(sim, app) as account:
        conversation = await account.with_agents()
        await sim.agent_text(conversation, "Hello")
        await settled(sim, bot, conversation, "conversation:message")
        await sim.wait_for_delivery(type="conversation:message", count=2)


async def test_a_disabled_switchboard_delivers_to_all(
    sim: Simulator, inside: Account, bot: Bot
) -> None:
    (board,) = (await inside.must("GET", "/switchboards"))["switchboards"]
    await inside.must("PATCH", f"/switchboards/{board['id']}", {"enabled": False})
    conversation = await inside.conversation()
    await inside.say(conversation)
    await settled(sim, bot, conversation, "conversation:message")
    assert await control(inside, conversation) == (None, None)
    assert await inside.control(conversation, "passControl", AGENTS) == 400


async def test_a_repeat_by_name_is_silent(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.conversation()
    for metadata in ({"n": 1}, {"n": 2}):
        assert await account.control(conversation, "passControl", AGENTS | {"metadata": metadata}) \
            == 200  # fmt: skip
    await sim.set_switches(account.app.id, repeat_emits_event=True)
    await account.control(conversation, "passControl", AGENTS | {"metadata": {"n": 3}})
    await sim.wait_for_delivery(type="switchboard:passControl", count=2)
    seen = [one["payload"]["metadata"]["n"] for one in bot.of_type("switchboard:passControl")]
    assert seen == [1, 3]


async def make_ring(sim: Simulator, account: Account) -> str:
    """Chain answerBot -> agentWorkspace -> answerBot, and begin a conversation."""
    (board,) = (await account.must("GET", "/switchboards"))["switchboards"]
    path = f"/switchboards/{board['id']}/switchboardIntegrations"
    names = ["zd-answerBot", "zd-agentWorkspace"]
    for name, after in zip(names, reversed(names), strict=True):
        body = {"nextSwitchboardIntegrationId": account.app.switchboard_integration_id(after)}
        await account.must("PATCH", f"{path}/{account.app.switchboard_integration_id(name)}", body)
    conversation = await account.conversation()
    await account.say(conversation)
    return conversation


async def test_next(sim: Simulator, account: Account) -> None:
    """With an app key a repeated call is taken for a second step."""
    conversation = await make_ring(sim, account)
    await account.control(conversation, "passControl", NEXT)
    assert (await control(account, conversation))[0] == "zd-agentWorkspace"
    await account.control(conversation, "passControl", NEXT)
    assert (await control(account, conversation))[0] == "zd-answerBot"


async def test_next_from_an_integration_is_idempotent(sim: Simulator, inside: Account) -> None:
    caller = inside.as_integration()
    (board,) = (await inside.must("GET", "/switchboards"))["switchboards"]
    path = f"/switchboards/{board['id']}/switchboardIntegrations"
    for name, after in (("rasa", "zd-agentWorkspace"), ("zd-agentWorkspace", "zd-answerBot")):
        body = {"nextSwitchboardIntegrationId": inside.app.switchboard_integration_id(after)}
        await inside.must("PATCH", f"{path}/{inside.app.switchboard_integration_id(name)}", body)
    conversation = await inside.conversation()
    await caller.control(conversation, "passControl", BOT)
    for _ in range(2):
        assert await caller.control(conversation, "passControl", NEXT) == 200
        assert (await control(inside, conversation))[0] == "zd-agentWorkspace"
    await inside.control(conversation, "passControl", NEXT)
    assert (await control(inside, conversation))[0] == "zd-answerBot"


async def test_an_ambiguous_type(sim: Simulator, bot: Bot) -> None:
    switchboard_integrations = [
        {"target": bot.url, "switchboard_name": name} for name in ("one", "two")
    ]
    app = await sim.add_app(integrations=switchboard_integrations)
    async with Account(sim, app) as account:
        conversation = await account.conversation()
        body = {"switchboardIntegration": "custom"}
        assert await account.control(conversation, "passControl", body) == 400


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("passControl", {"switchboardIntegration": "nobody"}, "switchboard_invalid_target"),
        ("passControl", NEXT, "switchboard_invalid_target"),
        ("offerControl", {"switchboardIntegration": "nobody"}, "switchboard_invalid_target"),
        (
            "offerControl",
            {"switchboardIntegration": "zd-answerBot"},
            "switchboard_invalid_target",
        ),
        ("acceptControl", {}, "switchboard_invalid_action"),
    ],
)
@pytest.mark.parametrize("status", [400, 200])
async def test_failures_come_as_events(
    sim: Simulator, account: Account, bot: Bot, action: str, body: Any, code: str, status: int
) -> None:
    await sim.set_switches(account.app.id, refused_action_status=status)
    conversation = await account.conversation()
    await account.say(conversation)
    body = body | {"metadata": {"mine": "yes"}}
    assert await account.control(conversation, action, body) == status
    payload = await settled(sim, bot, conversation, f"switchboard:{action}:failure")
    assert payload["error"]["code"] == code
    assert payload["error"]["message"]
    assert payload["metadata"] == {"mine": "yes"}
    assert await control(account, conversation) == ("zd-answerBot", None)


async def test_offer_and_accept(sim: Simulator, inside: Account, bot: Bot) -> None:
    conversation = await inside.with_agents()
    caller = inside.as_integration()
    assert await caller.control(conversation, "acceptControl", {}) == 403
    await inside.control(conversation, "offerControl", {"switchboardIntegration": "zd-answerBot"})
    await inside.control(conversation, "offerControl", BOT)
    assert await control(inside, conversation) == ("zd-agentWorkspace", "rasa")
    assert await caller.control(conversation, "acceptControl", {}) == 200
    assert await control(inside, conversation) == ("rasa", None)
    payload = await settled(sim, bot, conversation, "switchboard:acceptControl")
    assert payload["conversation"]["activeSwitchboardIntegration"]["name"] == "rasa"


async def test_release(sim: Simulator, inside: Account, bot: Bot) -> None:
    conversation = await inside.with_agents()
    caller = inside.as_integration()
    assert await caller.control(conversation, "releaseControl") == 403
    await inside.control(conversation, "offerControl", BOT)
    await caller.control(conversation, "acceptControl", {})
    assert await caller.control(conversation, "releaseControl") == 200
    assert await control(inside, conversation) == (None, None)
    payload = await settled(sim, bot, conversation, "switchboard:releaseControl")
    assert "activeSwitchboardIntegration" not in payload["conversation"]
    assert "reason" not in payload
    await inside.say(conversation, "What now?")
    assert await control(inside, conversation) == ("zd-answerBot", None)


async def test_an_app_key_may_always_release(inside: Account) -> None:
    conversation = await inside.with_agents()
    assert await inside.control(conversation, "releaseControl") == 200
    assert await control(inside, conversation) == (None, None)


@pytest.mark.parametrize(("clears", "pending"), [(True, None), (False, "rasa")])
async def test_whether_pass_clears_the_offer(
    sim: Simulator, inside: Account, clears: bool, pending: str | None
) -> None:
    await sim.set_switches(inside.app.id, pass_clears_pending=clears)
    conversation = await inside.conversation()
    await inside.say(conversation)
    await inside.control(conversation, "offerControl", BOT)
    await inside.control(conversation, "passControl", AGENTS)
    assert await control(inside, conversation) == ("zd-agentWorkspace", pending)


@pytest.mark.parametrize("action", ["passControl", "offerControl", "acceptControl"])
async def test_unknown_conversation_and_missing_body(account: Account, action: str) -> None:
    assert await account.control("0" * 24, action, AGENTS) == 404
    conversation = await account.conversation()
    assert await account.control(conversation, action) == 400
