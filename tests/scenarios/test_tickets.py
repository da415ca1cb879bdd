"""Two routes: the right ticket for each user, with what the conversation has told."""

from __future__ import annotations

from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.users import conversation_of, is_of
from zendesk_handoff.zendesk.ticket_events import TAG_PREFIX


async def test_two_routes(stack, sim, new_user):
    parcel, angry = new_user(), new_user()
    await parcel.says("Where is order 10234?")
    assert any(STARTED in text for text in await parcel.says(ASK_HUMAN))
    await angry.says("this is ridiculous, your answers are useless!")
    assert any(STARTED in text for text in await angry.says("yes please"))
    ticket = (await conversation_of(parcel.sender, sim, stack))["ticket"]
    assert ticket["subject"] == "default: The user asked for a human."
    assert own_tags(ticket) == ["rasa_handoff", "parcels"]
    assert ticket["fields"]["group_id"] == "4711"
    assert ticket["fields"]["custom"] == {"360001234567": "10234"}
    ticket = (await conversation_of(angry.sender, sim, stack))["ticket"]
    assert "had enough" in ticket["subject"]
    assert ticket["fields"]["priority"] == "high"
    assert own_tags(ticket) == ["rasa_handoff"]
    assert "custom" not in ticket["fields"], "no order was named"


def own_tags(ticket):
    """The tags without the reference by which triggers name the session."""
    return [tag for tag in ticket["fields"]["tags"] if not tag.startswith(TAG_PREFIX)]


async def test_the_agent_reads_where_the_user_is(stack, sim, page):
    site = "https://shop.example/returns?session=s3cret#top"
    await page.start()
    await page.says(ASK_HUMAN, page=site)
    found = await sim.wait_for_conversation(
        stack.connectors["support"]["app_id"],
        lambda one: is_of(one, page.sender) and one["ticket"],
    )
    summary = found["messages"][0]["content"]["text"].splitlines()
    assert "Page: https://shop.example/returns" in summary
    assert any(line.startswith("Browser: Python/") for line in summary), "the tests' own client"
    assert "s3cret" not in str(found)
