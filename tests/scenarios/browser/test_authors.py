"""Names of agents and automations in a browser, whatever they are."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.support.browser import SHOTS
from tests.support.names import AGENTS, NAMELESS

#: A name that would be emphasis and a link if a text with it were rendered as Markdown.
MARKDOWN = "*Mo* [x](https://x.example)"
#: What the demo bot says of an agent who joins, and of one who takes over.
JOINED = re.compile(r"(?P<name>.+?) (is here now|has taken over from )", re.DOTALL)


async def test_every_author_is_shown_with_a_name(customer, open_page, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    expected = []
    names = (*AGENTS, MARKDOWN)
    for number, name in enumerate((*names, NAMELESS, "  "), 1):
        await sim.agent_text(conversation, f"These are words {number}.", agent=name)
        expected.append(("agent", name.strip() or "Our team", f"These are words {number}."))
    await sim.agent_text(conversation, "Once more, and", agent=AGENTS[0])
    await sim.agent_text(conversation, "once again.", agent=AGENTS[0])
    expected += [("agent", AGENTS[0], words) for words in ("Once more, and", "once again.")]
    await sim.automation(conversation, "A trigger has no name.", name=NAMELESS)
    expected.append(("automation", "Automatic message", "A trigger has no name."))
    await sim.automation(conversation, "A trigger has a name.", name="user")
    expected.append(("automation", "user", "A trigger has a name."))

    for reloads in range(2):
        if reloads:
            await customer.page.reload()
        await customer.sees("A trigger has a name.")
        messages = await customer.messages()
        team = [each for each in messages if each["role"] in ("agent", "automation")]
        assert [(each["role"], each["name"], each["words"]) for each in team] == expected
        assert all(each["title"] == each["name"] for each in team)
        others = [each for each in messages if each not in team]
        assert {each["role"] for each in others} == {"user", "ai"}
        assert {each["name"] for each in others} == {None}
        joined = [JOINED.match(each["words"]) for each in others]
        assert [found["name"] for found in joined if found] == [*names, AGENTS[0]]
        # Styled alike by role, and unlike the bot and the user.
        assert all(each["isLine"] for each in others if JOINED.match(each["words"]))
        colours = {(each["role"], each["colour"]) for each in messages if not each["isLine"]}
        assert len(colours) == len({colour for _, colour in colours}) == 4
        markup = customer.page.locator("deep-chat #messages :is(a, b, em, strong)")
        await expect(markup).to_have_count(0)
        pictures = customer.page.locator("deep-chat .author[data-role=agent] img")
        await expect(pictures).to_have_count(len(names) + 4)
        assert await pictures.evaluate_all("all => all.every((one) => one.naturalWidth > 0)")
    lines = customer.page.locator("deep-chat .author:not(.repeated)")
    await expect(lines).to_have_count(len(expected) - 2)  # two go on where the same name is
    long = lines.get_by_text(AGENTS[-1])
    widths = await long.evaluate("one => [one.clientWidth, one.scrollWidth]")
    assert widths[0] < widths[1], "a long name is cut"
    await customer.nothing_sticks_out()
    await customer.shot("chat-names-end")
    await customer.page.set_viewport_size({"width": 390, "height": 1500})
    await customer.shot("chat-names-phone")

    agent = await open_page(f"{stack.simulator_url}/#{conversation}", width=1040, height=820)
    metas = agent.locator("#log .message:not(.summary) .meta bdi")
    for name in names:
        await expect(metas.get_by_text(name, exact=True).first).to_be_attached()
    log = agent.locator("#log")
    assert await log.evaluate("log => log.scrollWidth <= log.clientWidth"), "nothing sticks out"
    await agent.screenshot(path=SHOTS / "agent-names.png")
    # A type that is also a property of every JavaScript object.
    await sim.agent_content(conversation, {"type": "constructor"}, agent=AGENTS[0])
    await expect(agent.locator("nav").get_by_text("You: constructor")).to_be_visible()


async def test_messages_that_deep_chat_cannot_show_become_plain_text(customer, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    await customer.page.locator("deep-chat").evaluate(
        """chat => {
            const add = chat.addMessage;
            chat.addMessage = (message) => {
                if (message.html?.includes("Now it **raises**.")) throw new Error("refused");
                if (message.html?.includes("Now it is ignored.")) return;
                add(message);
            };
        }"""
    )
    said = ["Now it **raises**.", "Now it is ignored.", "Now it works."]
    for words in said:
        await sim.agent_text(conversation, words, agent=AGENTS[-1])
    await customer.sees("Now it works.")
    team = [each for each in await customer.messages() if each["role"] == "agent"]
    assert [(each["name"], each["words"]) for each in team] == [(AGENTS[-1], one) for one in said]
    assert len({each["colour"] for each in team}) == 1

    await customer.page.set_viewport_size({"width": 390, "height": 760})
    name = customer.page.locator("#banner bdi")
    await expect(name).to_have_attribute("title", AGENTS[-1])
    box, button = await name.bounding_box(), await customer.page.locator("#end-chat").bounding_box()
    assert box["x"] + box["width"] <= button["x"], "a long name leaves the button free"

    await customer.shot("chat-long-name-phone")
