"""Tickets and sessions: how they open, continue, end, merge and are deleted."""

from __future__ import annotations

import pytest

from simulator import Simulator, SimulatorError

from .support.account import Account
from .support.bot import Bot
from .support.events import last


async def test_solving_keeps_control_and_the_user_reopens(sim: Simulator, account: Account) -> None:
    user = await account.user()
    conversation = await account.conversation(user)
    await account.say(conversation)
    await account.hand_over(conversation)
    await sim.solve(conversation)
    shown = await sim.conversation(conversation)
    assert (shown["state"], shown["control"]["withAgents"]) == ("solved", True)
    await account.say(conversation, author={"type": "user", "userId": user["id"]})
    assert (await sim.conversation(conversation))["ticket"]["status"] == "open"


@pytest.mark.parametrize(("verb", "reason", "activity"), [
    ("close", "ticketClosed", "ticket:closed"),
    ("transfer_to_email", "transferToEmail", "ticket:transfer:email"),
])  # fmt: skip
@pytest.mark.parametrize(("policy", "event"), [
    ("release", "switchboard:releaseControl"), ("pass", "switchboard:passControl"),
])  # fmt: skip
async def test_the_end_of_a_ticket(
    sim: Simulator, inside: Account, bot: Bot,
    verb: str, reason: str, activity: str, policy: str, event: str,
) -> None:  # fmt: skip
    await sim.set_switches(inside.app.id, on_ticket_close=policy, activity="everywhere")
    (board,) = (await inside.must("GET", "/switchboards"))["switchboards"]
    path = f"/switchboards/{board['id']}/switchboardIntegrations"
    body = {"nextSwitchboardIntegrationId": inside.app.switchboard_integration_id("rasa")}
    await inside.must(
        "PATCH", f"{path}/{inside.app.switchboard_integration_id('zd-agentWorkspace')}", body
    )
    conversation = await inside.with_agents()
    await inside.control(conversation, "offerControl", {"switchboardIntegration": "rasa"})
    await getattr(sim, verb)(conversation)
    await sim.wait_for_delivery(
        predicate=lambda one: one["events"][0]["payload"].get("reason") == reason, type=event
    )
    active = (await sim.conversation(conversation))["control"]["active"]
    assert active == (None if policy == "release" else "rasa")
    assert len((await sim.conversation(conversation))["tickets"]) == 1
    notice = bot.of_type("conversation:message")[-1]["payload"]["message"]
    assert notice["activity"] == {"type": activity}
    assert notice["author"]["subtypes"] == ["activity"]


async def test_closing_without_effect_and_without_notice(
    sim: Simulator, account: Account, bot: Bot
) -> None:
    await sim.set_switches(account.app.id, on_ticket_close="nothing", activity="off")
    conversation = await account.with_agents()
    await sim.close(conversation)
    shown = await sim.conversation(conversation)
    assert (shown["state"], shown["control"]["active"]) == ("closed", "zd-agentWorkspace")
    assert [one["content"]["text"] for one in shown["messages"]] == ["Summary"]
    with pytest.raises(SimulatorError, match="409"):
        await sim.close(conversation)


@pytest.mark.parametrize("reason", [None, "ticketClosed"])
async def test_an_ended_session(
    sim: Simulator, account: Account, bot: Bot, reason: str | None
) -> None:
    await sim.set_switches(account.app.id, end_session_reason=reason)
    conversation = await account.with_agents()
    before = await sim.conversation(conversation)
    await sim.end_session(conversation)
    payload = await last(sim, bot, "switchboard:releaseControl")
    assert payload.get("reason") == reason
    shown = await sim.conversation(conversation)
    assert (shown["state"], shown["ticket"]["status"]) == ("ended", "open")
    with pytest.raises(SimulatorError, match="session has ended"):
        await sim.agent_text(conversation, "One more thing")
    await sim.agent_text(conversation, "One more thing", force=True)
    await account.hand_over(conversation)
    again = await sim.conversation(conversation)
    assert again["ticket"]["id"] != before["ticket"]["id"]


async def test_ended_by_the_user(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.with_agents()
    await sim.end_by_user(conversation)
    await last(sim, bot, "switchboard:releaseControl")
    message = (await sim.messages(conversation))[-1]
    assert message["activity"] == {"type": "conversation:endedByUser"}


async def test_a_ticket_continues_after_a_release(sim: Simulator, account: Account) -> None:
    conversation = await account.with_agents()
    ticket = (await sim.conversation(conversation))["ticket"]["id"]
    await account.control(conversation, "releaseControl")
    assert (await sim.conversation(conversation))["state"] == "released"
    with pytest.raises(SimulatorError, match="Control is not with the agents"):
        await sim.agent_text(conversation, "Hello?")
    await account.hand_over(conversation)
    assert (await sim.conversation(conversation))["ticket"]["id"] == ticket


async def test_ticket_fields_from_pass_control(sim: Simulator, account: Account) -> None:
    conversation = await account.conversation()
    ids = [(await account.say(conversation, str(number)))["id"] for number in range(12)]
    await account.hand_over(conversation, {
        "dataCapture.ticketField.123": "broken",
        "dataCapture.systemField.tags": "bot, vip",
        "dataCapture.systemField.priority": "high",
        "dataCapture.systemField.requester.name": "Mia",
        "dataCapture.systemField.subject": "Refund",
        "origin_source_type": "Rasa",
        "own_key": "kept in the event only",
    })  # fmt: skip
    shown = await sim.conversation(conversation)
    assert shown["ticket"]["fields"] == {
        "custom": {"123": "broken"},
        "tags": ["bot", "vip"],
        "priority": "high",
        "requester.name": "Mia",
        "subject": "Refund",
        "channel": "Rasa",
    }
    assert (shown["ticket"]["subject"], shown["userName"]) == ("Refund", "Mia")
    assert [one["id"] for one in shown["messages"] if one["inTicket"]] == ids[-10:]


async def test_first_message_of_a_ticket(sim: Simulator, account: Account) -> None:
    conversation = await account.conversation()
    ids = [(await account.say(conversation, str(number)))["id"] for number in range(12)]
    await account.hand_over(conversation, {"first_message_id": ids[0]})
    assert all(one["inTicket"] for one in await sim.messages(conversation))


@pytest.mark.parametrize(("needed", "at_once"), [(True, False), (False, True)])
async def test_a_ticket_may_need_a_message(
    sim: Simulator, account: Account, needed: bool, at_once: bool
) -> None:
    await sim.set_switches(account.app.id, ticket_needs_message=needed)
    conversation = await account.conversation()
    await account.hand_over(conversation, {"dataCapture.systemField.priority": "high"})
    assert ((await sim.conversation(conversation))["ticket"] is not None) is at_once
    await account.say(conversation)
    ticket = (await sim.conversation(conversation))["ticket"]
    assert ticket["fields"] == {"priority": "high"}


async def test_a_default_workspace_opens_tickets_too_early(sim: Simulator) -> None:
    app = await sim.add_app(default_integration="zd-agentWorkspace")
    async with Account(sim, app) as account:
        conversation = await account.conversation()
        await account.say(conversation, "Summary")
        await account.hand_over(conversation, {"dataCapture.systemField.priority": "high"})
        assert (await sim.conversation(conversation))["ticket"]["fields"] == {}


async def test_the_command_passes_control(sim: Simulator, inside: Account, bot: Bot) -> None:
    conversation = await inside.with_agents()
    assert await sim.agent_text(conversation, "%((switchboard:passControl:rasa))%") is None
    await last(sim, bot, "switchboard:passControl")
    shown = await sim.conversation(conversation)
    assert shown["control"]["active"] == "rasa"
    assert shown["messageCount"] == 1


async def test_a_command_with_an_unknown_target(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.with_agents()
    await sim.agent_text(conversation, "%((switchboard:passControl:nobody))%")
    payload = await last(sim, bot, "switchboard:passControl:failure")
    assert payload["error"]["code"] == "switchboard_invalid_target"
    assert (await sim.conversation(conversation))["control"]["withAgents"]


async def test_merged_users(sim: Simulator, account: Account, bot: Bot) -> None:
    gone, stays = await account.user(metadata={"a": 1}), await account.user()
    conversation = await account.conversation(gone)
    await sim.merge_user(conversation, stays["externalId"])
    payload = await last(sim, bot, "user:merge")
    assert payload["mergedUsers"]["surviving"]["id"] == stays["id"]
    assert payload["mergedUsers"]["discarded"]["id"] == gone["id"]
    assert payload["discardedMetadata"] == {"a": 1}
    assert (await account.call("GET", f"/users/{gone['id']}"))[0] == 404
    listed = await account.must("GET", "/conversations", **{"filter[userId]": stays["id"]})
    assert [one["id"] for one in listed["conversations"]] == [conversation]


async def test_merged_conversations(sim: Simulator, account: Account, bot: Bot) -> None:
    gone, stays = await account.user(), await account.user()
    first, second = await account.conversation(stays), await account.conversation(gone)
    await account.say(second, "carried over")
    await sim.merge_user(second, stays["id"], conversations=True)
    merged = (await last(sim, bot, "user:merge"))["mergedConversations"]
    assert (merged["surviving"]["id"], merged["discarded"]["id"]) == (first, second)
    assert [one["content"]["text"] for one in await sim.messages(first)] == ["carried over"]
    assert (await account.call("GET", f"/conversations/{second}"))[0] == 404


async def test_deletion(sim: Simulator, account: Account, bot: Bot) -> None:
    first, second = await account.with_agents(), await account.with_agents()
    await sim.delete_conversation(first)
    await sim.remove_user(second)
    await last(sim, bot, "user:remove")
    await last(sim, bot, "conversation:remove", count=2)
    removed = [one["payload"]["conversation"]["id"] for one in bot.of_type("conversation:remove")]
    assert sorted(removed) == sorted([first, second])
