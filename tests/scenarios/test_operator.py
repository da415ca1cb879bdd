"""The operator's commands, against running servers."""

from __future__ import annotations

import json

from tests.support.bot_texts import ENDED
from tests.support.waiting import until


async def test_a_session_ended_by_an_operator(hand_over, sim, user, command, status_of):
    session = await hand_over(user)
    status = await status_of(session.conversation)
    assert status["state"] == "waiting"
    said = await command("end", status["id"][:12])
    assert status["id"][:12] in said
    await user.hears(ENDED)
    await sim.wait_for_message(
        session.conversation, lambda one: "ended by an operator" in one["content"].get("text", "")
    )
    assert await user.slot("handoff_end_reason") == "operator"
    assert (await status_of(session.conversation))["end_reason"] == "operator"


async def test_refused_messages_are_sent_again(hand_over, sim, user, command, status_of):
    session = await hand_over(user)
    await sim.add_fault("status", status=400, method="POST", path="*/messages", count=1)
    await user.says("refused at first")

    async def refused():
        return (await status_of(session.conversation))["refused"] == 1

    await until(refused)
    status = await status_of(session.conversation)
    assert "POST /conversations/{id}/messages: 400" in status["error"]
    assert "1 message to be sent again" in await command("retry", status["id"])
    await sim.wait_for_message(session.conversation, "refused at first")
    status = await status_of(session.conversation)
    assert (status["refused"], status["error"]) == (0, None)


async def test_the_report_has_a_handover_that_an_agent_has_answered(hand_over, sim, user, command):
    async def report():
        return json.loads(await command("report", "--json"))

    before = await report()
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "words of an agent")
    await user.hears("words of an agent")
    await sim.end_session(session.conversation)
    await user.hears(ENDED)
    after = await report()
    assert after["handovers"] == before["handovers"] + 1
    assert after["answered"] == before["answered"] + 1
    assert after["ends"]["agent"] == before["ends"].get("agent", 0) + 1
    assert after["wait_seconds"]["count"] == before["wait_seconds"]["count"] + 1
    [requests] = [each for each in after["by_reason"] if each["name"] == "request"]
    assert requests["handovers"] >= 1
    assert "words of an agent" not in json.dumps(after)
