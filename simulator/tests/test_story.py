"""One handover from start to end, as a plugin makes it."""

from __future__ import annotations

from simulator import Simulator

from .support.account import Account
from .support.bot import Bot


async def test_a_handover(sim: Simulator, account: Account, bot: Bot) -> None:
    user = await account.user(profile={"givenName": "Mia", "surname": "Muster"})
    conversation = await account.conversation(user, metadata={"rasa_sender_id": "s-1"})
    await account.say(conversation, "The user wants a refund", metadata={"mark": "1"})
    await account.hand_over(conversation, {"dataCapture.systemField.tags": "refund, vip"})

    ticket = await sim.wait_for_ticket(account.app.id)
    assert ticket["id"] == conversation
    assert ticket["ticket"]["fields"] == {"tags": ["refund", "vip"]}
    assert ticket["userName"] == "Mia Muster"
    assert ticket["state"] == "waiting"

    await sim.agent_text(conversation, "Hello, I am Ana")
    message = await sim.wait_for_message(conversation, "Hello, I am Ana")
    assert message["author"]["displayName"] == "Ana"
    assert message["metadata"]["__zendesk_msg.agent.id"] == "900000000001"

    author = {"type": "user", "userId": user["id"]}
    body = {"author": author, "content": {"type": "text", "text": "Thanks"}}
    await account.must("POST", f"/conversations/{conversation}/messages", body)
    await sim.end_session(conversation)
    await sim.wait_for_delivery(type="switchboard:releaseControl")

    assert bot.types == [
        "conversation:create",
        "conversation:message",
        "switchboard:passControl",
        "conversation:message",
        "conversation:message",
        "switchboard:releaseControl",
    ]
    released = bot.events[-1]["payload"]["conversation"]
    assert "activeSwitchboardIntegration" not in released
    assert released["metadata"] == {"rasa_sender_id": "s-1"}
    assert set(bot.keys) == {account.app.webhook_secret}
    assert (await sim.conversation(conversation))["state"] == "ended"
