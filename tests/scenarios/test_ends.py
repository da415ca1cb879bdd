"""Agents who take turns, and the ways in which they end: solved, by e-mail, rated, and begun again.

The simulator's clock must not be far ahead, which dates the triggers' signatures: a scenario that
moves it by an hour is in a file that comes later.
"""

from __future__ import annotations

import uuid

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.identity import identity
from tests.support.users import conversation_of
from tests.support.waiting import until
from zendesk_handoff.domain.responses import RATED, default_response
from zendesk_handoff.zendesk.ticket_events import TAG_PREFIX


async def has_ended(user, reason):
    async def ended():
        return await user.slot("handoff_end_reason") == reason

    await until(ended)


@pytest.mark.parametrize("connector", ["support", "wholesale"])
async def test_a_solved_ticket_brings_the_bot_back(hand_over, sim, new_user, connector):
    user = new_user(workspace="default" if connector == "support" else connector)
    session = await hand_over(user, connector=connector)
    await user.says("it is about a kettle")
    await sim.agent_text(session.conversation, "All done, bye!")
    await user.hears("All done, bye!")
    await sim.solve(session.conversation)
    await has_ended(user, "solved")  # what the user wrote before would open the ticket again
    heard = await user.hears(ENDED, asking=ASK_HOURS)
    assert any(HOURS in str(each) for each in heard), "the bot answers again"
    # Where our key may do so, control does not stay with agents who are done.
    await sim.wait_for_state(session.conversation, lambda one: one["control"]["active"] is None)


async def test_a_rating_after_the_end(hand_over, sim, new_user, stack):
    user = new_user(workspace="wholesale")
    session = await hand_over(user, connector="wholesale")
    await sim.agent_text(session.conversation, "All done, bye!")
    await user.hears("All done, bye!")
    await sim.end_session(session.conversation)
    await has_ended(user, "agent")
    asked = []

    async def is_asked():
        asked.extend(each for each in await user.gets(ASK_HOURS) if "buttons" in each)
        return asked

    await until(is_asked)  # the question is stored after the notice of the end
    [question] = asked
    payloads = [button["payload"] for button in question["buttons"]]
    assert await user.says(payloads[3]) == [default_response(RATED)]
    rated = "SELECT COUNT(*) FROM sessions WHERE sender_id = :sender AND rating = 4"
    assert stack.count(rated, sender=user.sender) == 1
    assert any(HOURS in text for text in await user.says(ASK_HOURS)), "the bot goes on"


async def test_another_agent_takes_over(hand_over, sim, user):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "Hello!", agent="Ana")
    await user.hears("Ana is here now", "Ana: Hello!")
    await sim.agent_text(session.conversation, "I know kettles.", agent="Bo")
    heard = await user.hears("Bo: I know kettles.")
    assert "Bo has taken over from Ana." in str(heard)
    assert "Bo is here now" not in str(heard)


async def test_the_user_hears_to_which_address_the_agents_will_write(page, sim, stack):
    subject = f"customer-{uuid.uuid4().hex[:8]}"
    await page.begins(identity=identity(subject, name="Mia", email="mia@example.com"))
    await page.says(ASK_HUMAN)
    found = await conversation_of(subject, sim, stack)
    await page.shows(STARTED)
    await sim.agent_text(found["id"], "I will write to you.")
    await page.shows("I will write to you.")
    await sim.transfer_to_email(found["id"])
    await page.shows("will write to you at mia")


async def test_a_second_handover_says_what_came_since(hand_over, sim, user, stack):
    """In an account in which the user has one conversation for all handovers."""
    await user.says("Where is my order 10234?")
    first = await hand_over(user)
    await sim.agent_text(first.conversation, "It comes tomorrow.")
    await user.hears("It comes tomorrow.")
    await sim.end_session(first.conversation)
    await has_ended(user, "agent")
    await user.says("Can I return order 55555?")
    await sim.add_fault("status", status=403, method="POST", path="/conversations")
    assert any(STARTED in text for text in await user.says(ASK_HUMAN))
    state = await sim.wait_for_state(
        first.conversation, lambda one: one["control"]["withAgents"] and len(one["tickets"]) == 2
    )
    [earlier, later] = [
        each["content"]["text"] for each in state["messages"] if each["kind"] == "business"
    ]
    assert "10234" in earlier and "55555" in later
    assert "10234" not in later
    assert state["ticket"]["first_message_id"] == state["messages"][-1]["id"]


async def test_a_ticket_that_the_user_has_opened_again_goes_on(hand_over, sim, user, stack):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "All done, bye!")
    await user.hears("All done, bye!")
    await sim.add_fault("hold", event="ticket:solved")
    await sim.solve(session.conversation)
    await sim.advance(90)  # the trigger's time has no seconds
    await user.says("no, it is not")
    await sim.wait_for_message(session.conversation, "no, it is not")
    state = await sim.conversation(session.conversation)
    assert state["state"] == "open"
    await sim.clear_faults()
    await sim.release()
    await until_logged(stack, "handoff.ticket.reopened")
    await sim.agent_text(session.conversation, "What is missing?")
    await user.hears("What is missing?")
    await sim.solve(session.conversation)
    await has_ended(user, "solved")
    await user.hears(ENDED)


async def until_logged(stack, event):
    log = stack.folder / "rasa.log"

    async def is_logged():
        return event in log.read_text(errors="replace")

    await until(is_logged)


async def test_a_ticket_of_an_earlier_session_ends_nothing(hand_over, sim, user):
    first = await hand_over(user)
    tags = (await sim.conversation(first.conversation))["ticket"]["fields"]["tags"]
    assert any(tag.startswith(TAG_PREFIX) for tag in tags)
    await sim.add_fault("hold", event="ticket:solved")
    await sim.solve(first.conversation)
    await sim.end_session(first.conversation)
    await user.hears(ENDED)
    assert any(STARTED in text for text in await user.says(ASK_HUMAN))
    await sim.clear_faults()
    await sim.release()
    app = (await sim.conversation(first.conversation))["app"]["id"]
    await sim.wait_for_delivery(app, type="ticket:solved")
    assert await user.slot("handoff_status") == "waiting"
    assert await user.says(ASK_HOURS) == [], "the bot is silent"
