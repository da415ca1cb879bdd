"""A handover in Firefox: what is written, shown, loaded and kept over a reload."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HUMAN, ENDED
from tests.support.browser import picture
from tests.support.firefox import FIREFOX, open_firefox
from tests.support.names import TEXTS
from tests.support.webchat import PNG_SIGNATURE

ROOT = "document.querySelector('deep-chat').shadowRoot"
#: Pictures of messages and of agents.
LOADED = f"[...{ROOT}.querySelectorAll('#messages img')].filter((one) => one.naturalWidth).length"


@pytest.mark.skipif(FIREFOX is None, reason="Firefox is not installed")
async def test_a_handover_in_firefox(sim, stack, tmp_path):
    app = stack.connectors["support"]["app_id"]
    known = {one["id"] for one in await sim.conversations(app)}
    async with open_firefox(tmp_path) as firefox:
        await firefox.open(f"{stack.rasa_url}/webhooks/webchat/")
        await focus(firefox)
        await firefox.types(ASK_HUMAN)
        await firefox.sees("Sent")
        found = await sim.wait_for_conversation(
            app, lambda one: one["id"] not in known and one["ticket"]
        )
        conversation = found["id"]
        await sim.agent_typing(conversation)
        await firefox.until(f"{ROOT}.querySelector('.deep-chat-loading-message-bubble') !== null")
        await sim.agent_text(conversation, TEXTS[0], agent="Ana Smith")
        await firefox.sees(TEXTS[0])
        await sim.agent_image(conversation, picture(), filename="lid.png", agent="Ana Smith")
        for reloads in range(2):
            if reloads:
                await firefox.reload()
            await firefox.until(f"{LOADED} === 3")  # the picture, and the agent's own twice
            await firefox.sees("Ana Smith is here now")
        await focus(firefox)
        await firefox.types("It is rather urgent")
        await sim.wait_for_message(conversation, "It is rather urgent")
        assert (await firefox.shot()).startswith(PNG_SIGNATURE)
        await firefox.evaluate("document.querySelector('#end-chat').click()")
        await firefox.sees(ENDED)


async def focus(firefox):
    """Put the cursor into the input, once it is there."""
    chat = "document.querySelector('deep-chat')?.shadowRoot"
    await firefox.until(f"!!{chat}?.querySelector('#text-input')")
    await firefox.click(f"{ROOT}.querySelector('#text-input')")
