"""Sessions that begin from outside, in conversations without a message."""

from __future__ import annotations

import uuid

from tests.support.bot_texts import STARTED
from tests.support.callback import CallbackUser
from tests.support.users import conversation_of
from tests.support.waiting import until


async def trigger(stack, http, sender, channel):
    url = f"{stack.rasa_url}/conversations/{sender}/trigger_intent?output_channel={channel}"
    async with http.post(url, json={"name": "human_handoff"}) as answer:
        assert answer.status == 200


async def test_an_agents_words_are_pushed_through_the_channel_that_was_named(stack, sim, http):
    async with CallbackUser(stack, http, sender="mara+test@example.com") as user:
        await trigger(stack, http, user.sender, "callback")
        await user.hears(STARTED)
        found = await conversation_of(user.sender, sim, stack)
        await sim.agent_text(found["id"], "hello from Ana")
        await user.hears("Ana: hello from Ana")
        await user.says("hello Ana")
        await sim.wait_for_message(found["id"], "hello Ana")


async def test_they_wait_where_the_place_is_not_known(stack, sim, http):
    sender = f"user-{uuid.uuid4().hex[:12]}"
    await trigger(stack, http, sender, "elsewhere")
    found = await conversation_of(sender, sim, stack)
    await sim.agent_text(found["id"], "hello from Ana")
    root = f"{stack.rasa_url}/webhooks/elsewhere"

    async def sent():
        async with http.get(f"{root}/") as answer:
            return await answer.json()

    async def waits():
        query = "SELECT count(*) FROM inbox WHERE kind = 'message' AND state = 'new'"
        return stack.count("SELECT count(*) FROM pending_messages") and not stack.count(query)

    await until(waits)
    assert all("Ana" not in str(texts) for texts in (await sent()).values())
    body = {"sender": sender, "message": "I am here", "room": "D9"}
    async with http.post(f"{root}/messages", json=body) as answer:
        assert answer.status == 200

    async def heard():
        return any("hello from Ana" in each for each in (await sent()).get("D9", []))

    await until(heard)
    assert sum("hello from Ana" in str(each) for each in (await sent()).values()) == 1
