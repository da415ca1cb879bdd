"""What an agent sends, shown in a browser: harmless, whole, and the same after a reload."""

from __future__ import annotations

from playwright.async_api import expect

from tests.support.browser import SHOTS, picture
from tests.support.names import AGENTS

ADDRESS = "https://help.example/returns?a=1&b=2"
BUTTONS = {
    "type": "text",
    "text": "A refund, or a new kettle?",
    "actions": [
        {"type": "reply", "text": "A refund", "payload": "REFUND"},
        {"type": "reply", "text": "<b>A new</b> *kettle*", "payload": "REPLACE"},
        {"type": "link", "text": "Our shop", "uri": "https://shop.example/"},
        {"type": "link", "text": "Run", "uri": "javascript:alert(1)"},
    ],
}


async def test_links_buttons_and_cards_of_an_agent(customer, open_page, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    name = AGENTS[0]
    html = f'<p>Read our <a href="{ADDRESS.replace("&", "&amp;")}">return policy</a>.</p>'
    await sim.agent_content(conversation, {"type": "text", "htmlText": html}, agent=name)
    link = customer.page.locator("deep-chat .said a")
    await expect(link).to_have_text(ADDRESS)
    assert await link.get_attribute("href") == ADDRESS
    assert await link.get_attribute("target") == "_blank"
    assert await link.get_attribute("rel") == "noopener noreferrer"

    await sim.agent_content(conversation, BUTTONS, agent=name)
    shop = customer.page.get_by_role("link", name="Our shop")
    await expect(shop).to_have_attribute("href", "https://shop.example/")
    await expect(customer.page.get_by_role("link", name="Run")).to_have_count(0)
    kettle = customer.page.get_by_role("button", name="<b>A new</b> *kettle*")
    await kettle.click()
    answered = await sim.wait_for_message(conversation, "<b>A new</b> *kettle*")
    assert answered["content"]["payload"] == "REPLACE"
    mine = customer.page.locator(".deep-chat-outer-container-role-user .message-bubble").last
    await expect(mine).to_have_text("<b>A new</b> *kettle*")
    refund = customer.page.get_by_role("button", name="A refund")
    for each in (kettle, refund):
        await expect(each).to_have_count(0)
    await expect(shop).to_have_count(1)

    await sim.agent_image(conversation, picture(), filename="blue.png", agent=name)
    *_, posted = await sim.messages(conversation)
    choose = {"type": "postback", "text": "Choose"}
    items = [
        {
            "title": f"{colour} kettle",
            "description": "1.7 l, enamel",
            "mediaUrl": posted["content"]["mediaUrl"],
            "actions": [
                {**choose, "payload": colour.upper()},
                {"type": "link", "text": "Details", "uri": f"https://shop.example/{colour}"},
            ],
        }
        for colour in ("Blue", "Red", "Green")
    ]
    items[2]["mediaUrl"] = "https://elsewhere.example/green.png"  # no host of the page's policy
    await sim.agent_content(conversation, {"type": "carousel", "items": items}, agent=name)
    cards = customer.page.locator("deep-chat .card")
    await expect(cards).to_have_count(3)
    pictures = customer.page.locator("deep-chat .card img")
    await expect(pictures).to_have_count(2)
    for each in await pictures.all():
        await expect(each).to_have_js_property("naturalWidth", 120)
    instead = cards.nth(2).get_by_role("link", name="Picture: Green kettle")
    await expect(instead).to_have_attribute("href", "https://elsewhere.example/green.png")
    await cards.nth(1).get_by_role("button", name="Choose").click()
    answered = await sim.wait_for_message(conversation, "Choose: Red kettle")
    assert answered["content"]["payload"] == "RED"
    await customer.sees("Choose: Red kettle")
    await expect(cards.nth(0).get_by_role("button", name="Choose")).to_be_disabled()

    await sim.agent_file(conversation, b"%PDF-1.4", filename="01H.pdf", alt_text="Invoice 10234")
    await customer.sees("Invoice 10234.pdf")
    place = {
        "type": "location",
        "coordinates": {"lat": 52.516275, "long": 13.377704},
        "location": {"name": "Our shop", "address": "Pariser Platz 1, Berlin"},
    }
    await sim.agent_content(conversation, place, agent=name)
    await customer.sees("Pariser Platz 1, Berlin")
    secret = await sim.agent_text(conversation, "The code is 4711.", agent=name)
    await customer.sees("The code is 4711.")
    await sim.delete_message(conversation, secret)
    await sim.agent_text(conversation, "Sorry, that was for another customer.", agent=name)
    await customer.sees("This message was deleted.")
    await customer.sees("The code is 4711.", times=0)
    await customer.nothing_sticks_out()
    await customer.page.set_viewport_size({"width": 860, "height": 1500})
    await customer.shot("chat-rich")
    await customer.page.set_viewport_size({"width": 390, "height": 1500})
    await customer.shot("chat-rich-phone")
    await customer.nothing_sticks_out()
    await customer.page.context.grant_permissions(["geolocation"])
    await customer.page.context.set_geolocation({"latitude": 52.51627512, "longitude": 13.377704})
    await customer.page.get_by_role("button", name="Share your location").click()
    shared = await sim.wait_for_message(
        conversation,
        lambda one: one["content"]["type"] == "location" and one["author"]["type"] == "user",
    )
    assert shared["content"]["coordinates"] == {"lat": 52.516275, "long": 13.377704}
    await customer.sees("My location: https://www.openstreetmap.org/?mlat=52.516275")
    await customer.says(f"*Bold* [words](javascript:x) and {ADDRESS}")
    await customer.sees("*Bold* [words](javascript:x)")
    before = await customer.messages()
    await customer.page.reload()
    await customer.sees("This message was deleted.")
    await customer.sees("The code is 4711.", times=0)
    await expect(kettle).to_have_count(0)
    assert await customer.messages() == before
    await customer.page.context.clear_permissions()
    await customer.page.get_by_role("button", name="Share your location").click()
    await customer.sees("Your location is not known to the browser, or you have not allowed it.")

    agent = await open_page(f"{stack.simulator_url}/#{conversation}", width=1040, height=820)
    await agent.locator("#more summary").click()
    await agent.get_by_role("button", name="Rich message…").click()
    await agent.screenshot(path=SHOTS / "agent-compose.png")
    await agent.get_by_role("button", name="Send", exact=True).last.click()
    await customer.sees("Would you like a refund or a new kettle?")
    await agent.screenshot(path=SHOTS / "agent-rich.png")


async def test_links_are_harmless_and_parts_have_names(customer, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    bad = "[click me](javascript:alert(1)) and <img src=x onerror=alert(1)> and [fine](https://example.com)"
    await sim.agent_text(conversation, bad)
    await customer.sees("click me")
    await customer.sees(bad)  # agents' words are no markup
    links = customer.page.locator("deep-chat #messages a")
    for link in await links.all():
        href = await link.get_attribute("href")
        assert href is None or href.startswith("https://")
        assert await link.get_attribute("rel") == "noopener noreferrer"
    assert await customer.page.locator("deep-chat .message-bubble img").count() == 0
    await expect(customer.page.get_by_role("log")).to_have_count(1)
    for name in ("Send", "Attach a file"):
        await expect(customer.page.get_by_role("button", name=name)).to_have_count(1)
