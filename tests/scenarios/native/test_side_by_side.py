"""Relays and native conversations in one account, whose default is the bot."""

from __future__ import annotations

import asyncio

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS
from tests.support.users import RestUser, conversation_of


async def test_a_relay_through_a_native_connector_is_not_read_to_the_bot(visitor, sim, stack, http):
    user = RestUser(stack.rasa_url, http, workspace="messaging")
    await user.says(ASK_HUMAN)
    relayed = await conversation_of(user.sender, sim, stack, connector="messaging")
    await user.says(ASK_HOURS)
    await sim.wait_for_message(relayed["id"], ASK_HOURS)
    await sim.agent_text(relayed["id"], "From nine to six", agent="Ana")
    await user.hears("From nine to six")
    await sim.end_session(relayed["id"])
    await user.hears(ENDED)
    await asyncio.sleep(0.5)
    assert not any(HOURS in str(one) for one in await sim.messages(relayed["id"]))
    query = "SELECT count(*) FROM native_conversations WHERE conversation_id = :conversation"
    assert stack.count(query, conversation=relayed["id"]) == 0
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)
