"""Whatever keeps the bot from answering brings the user to the agents, with the reason."""

from __future__ import annotations

import asyncio

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, FAILED, HOURS
from tests.support.waiting import until

AGENTS = "zd-agentWorkspace"


async def reason_of(stack, visitor):
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND reason LIKE :reason"

    def has(reason):
        return stack.count(query, sender=visitor.sender, reason=f"%{reason}%") == 1

    return has


async def test_a_bot_without_a_model(visitor, stack, http):
    async with http.delete(f"{stack.rasa_url}/model") as answer:
        assert answer.status == 204
    try:
        await visitor.says(ASK_HOURS)
        await visitor.is_with(AGENTS)

        async def is_told():
            return await visitor.heard()

        await until(is_told)
        assert (await reason_of(stack, visitor))("no model")
        view = await visitor.view()
        assert "rasa_bot_failed" in view["ticket"]["fields"]["tags"]

        async def has_note():
            notes = (await visitor.view())["ticket"]["notes"]
            return notes and ASK_HOURS in notes[0]

        await until(has_note)
    finally:
        await load_model(stack, http)


async def load_model(stack, http):
    from tests.support.servers import MODEL

    async with http.put(f"{stack.rasa_url}/model", json={"model_file": str(MODEL)}) as answer:
        assert answer.status == 204


async def test_a_bot_that_takes_too_long(new_visitor, stack, sim):
    visitor = await new_visitor("greeting")
    process = stack.processes["actions"].running
    process.send_signal(19)  # SIGSTOP: it takes calls and does not answer
    try:
        await visitor.says("where is my order 10234?")
        await visitor.is_with(AGENTS)
    finally:
        process.send_signal(18)
    assert (await reason_of(stack, visitor))("too long")


async def test_a_bot_that_is_silent(visitor, stack, http, tracker_of):
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)
    url = f"{stack.rasa_url}/conversations/{visitor.sender}/tracker/events"
    async with http.post(url, json={"event": "pause"}) as answer:
        assert answer.status == 200
    await visitor.says("hello?")
    await visitor.is_with(AGENTS)
    assert (await reason_of(stack, visitor))("no answer")


async def test_an_action_server_that_is_down(visitor, stack):
    process = stack.processes["actions"]
    process.stop()
    try:
        await visitor.says(ASK_HUMAN)
        await visitor.is_with(AGENTS)
    finally:
        await asyncio.to_thread(process.start)


async def test_where_the_agents_cannot_be_reached_either_the_user_is_told(visitor, sim):
    await sim.add_fault("status", status=400, method="POST", path="*/passControl")
    await visitor.says(ASK_HUMAN)
    await visitor.hears(FAILED)
    await sim.clear_faults()
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)


async def test_another_integration_that_took_control_keeps_it(visitor, sim):
    await sim.add_fault("latency", seconds=1.5, method="GET", path="/conversations/*", count=1)
    await visitor.says(ASK_HUMAN)
    await asyncio.sleep(0.3)
    await sim.pass_control(visitor.conversation, "zd-answerBot")
    await asyncio.sleep(3)
    assert (await visitor.view())["control"]["active"] == "zd-answerBot"


async def test_what_is_not_served_goes_elsewhere(new_visitor):
    visitor = await new_visitor("greeting", source="instagram")
    await visitor.says(ASK_HOURS)
    await visitor.is_with("zd-answerBot")
    assert await visitor.heard() == []


async def test_machines_that_answer_each_other_are_cut(new_visitor, stack):
    visitor = await new_visitor("greeting", source="whatsapp")
    before = 0
    for _ in range(30):  # how many turns are fast, this machine decides
        await visitor.says(ASK_HOURS)

        async def answered(before=before):
            view = await visitor.view()
            return len(await visitor.heard()) > before or view["control"]["withAgents"]

        await until(answered)
        if (await visitor.view())["control"]["withAgents"]:
            break
        before = len(await visitor.heard())
    await visitor.is_with(AGENTS)
    assert (await reason_of(stack, visitor))("too fast")


async def test_the_bot_greets_who_comes(new_visitor):
    visitor = await new_visitor("greeting", reason="startConversation")
    await visitor.is_with("rasa")

    async def greeted():
        return await visitor.heard()

    await until(greeted)
    assert len(await visitor.messages()) == 1


async def test_the_outage_of_zendesk_delays_an_answer_and_loses_none(visitor, sim):
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)
    await sim.add_fault("status", status=503, method="POST", path="*/messages", count=4)
    await visitor.says("hello")

    async def both():
        return len(await visitor.heard()) == 2

    await until(both)


async def test_an_answer_whose_outcome_is_unknown_is_posted_once(visitor, sim):
    await sim.add_fault("drop", when="after", method="POST", path="*/messages", count=1)
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)
    await asyncio.sleep(2)
    assert len(await visitor.heard()) == 1
