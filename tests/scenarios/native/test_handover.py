"""The handover in a native conversation, and the way back to the bot."""

from __future__ import annotations

import asyncio

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.users import RestUser, conversation_of
from tests.support.waiting import until
from zendesk_handoff.domain import responses
from zendesk_handoff.domain.responses import default_response

AGENTS = "zd-agentWorkspace"
RATE, RATED = default_response(responses.RATE), default_response(responses.RATED)


async def hand_over(visitor):
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)
    await visitor.says(ASK_HUMAN)
    await visitor.is_with(AGENTS)
    await visitor.hears(STARTED)


async def ticket_of(visitor):
    return (await visitor.view())["ticket"]


async def test_control_passes_and_the_summary_is_for_agents_alone(visitor, sim, stack):
    await hand_over(visitor)
    user_id = (await visitor.view())["user"]["id"]

    async def has_note():
        return (await ticket_of(visitor))["notes"]

    await until(has_note)
    ticket = await ticket_of(visitor)
    [note] = ticket["notes"]
    assert "opening hours" in note
    messages = await visitor.messages()
    assert all("Summary" not in str(one["content"]) for one in messages)
    assert ticket["first_message_id"] == messages[0]["id"], "the agents see it from the beginning"
    assert "rasa_handoff" in ticket["fields"]["tags"]
    app = stack.connectors["messaging"]["app_id"]
    of_user = [one for one in await sim.conversations(app) if one["user"]["id"] == user_id]
    assert len(of_user) == 1
    assert STARTED in (await visitor.words())[-1]


async def test_no_second_conversation_no_echo_and_a_silent_bot(visitor, sim, tracker_of):
    await hand_over(visitor)
    said = len(await visitor.heard())
    await visitor.says("are you there?")
    await sim.agent_text(visitor.conversation, "Hello, this is Ana", agent="Ana")
    await visitor.says("my parcel is lost")
    await asyncio.sleep(1.5)
    messages = await visitor.messages()
    assert len(await visitor.heard()) == said
    texts = [one["content"].get("text") for one in messages]
    for text in ("are you there?", "Hello, this is Ana", "my parcel is lost"):
        assert texts.count(text) == 1
    tracker = await tracker_of(visitor)
    assert tracker["paused"]

    async def is_active():
        return (await tracker_of(visitor))["slots"]["handoff_status"] == "active"

    await until(is_active)


async def is_answered(visitor, *, times=1):
    before = sum(HOURS in text for text in await visitor.words())
    await visitor.says(ASK_HOURS)

    async def answered():
        return sum(HOURS in text for text in await visitor.words()) == before + times

    await until(answered)


async def test_after_a_release_the_bot_answers_in_a_new_session(visitor, sim, stack, tracker_of):
    await hand_over(visitor)
    await sim.agent_text(visitor.conversation, "Done, bye", agent="Ana")
    await sim.end_session(visitor.conversation)
    await is_answered(visitor)
    tracker = await tracker_of(visitor)
    assert not tracker["paused"]
    assert tracker["slots"]["handoff_end_reason"] in ("agent", None)
    events = tracker["events"]
    assert "Done, bye" in [each.get("text") for each in events if each["event"] == "bot"]
    assert ENDED not in " ".join(await visitor.words()), "nobody was there to hear it"
    await visitor.hears(RATE)
    said = await visitor.heard()
    assert HOURS in said[-2]["content"]["text"], "the answer comes first"
    await sim.user_press(visitor.conversation, said[-1]["id"], "4")
    await visitor.hears(RATED)
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND rating = 4"
    assert stack.count(query, sender=visitor.sender) == 1
    await is_answered(visitor)
    assert sum(RATE in text for text in await visitor.words()) == 1


async def test_who_goes_on_by_e_mail_is_told_before_the_bots_answer(visitor, sim):
    await hand_over(visitor)
    await sim.transfer_to_email(visitor.conversation)
    before = len(await visitor.heard())
    await is_answered(visitor)
    told = [one["content"].get("text", "") for one in await visitor.heard()][before:]
    assert "mara@example.com" in told[0] and HOURS in told[1]
    assert len(told) == 2, "no agent has answered: nobody is asked for a rating"


async def test_when_agents_pass_back_the_user_is_told(visitor, sim):
    await hand_over(visitor)
    await sim.agent_text(visitor.conversation, "%((switchboard:passControl:rasa))%")
    await visitor.is_with("rasa")
    await visitor.hears(ENDED)
    await is_answered(visitor)


async def test_control_that_is_offered_is_accepted(visitor, sim):
    await hand_over(visitor)
    await sim.offer_control(visitor.conversation, "rasa")
    await visitor.is_with("rasa")
    await visitor.hears(ENDED)
    await is_answered(visitor)


async def test_the_bot_notices_by_itself_that_it_is_active_again(visitor, sim):
    await hand_over(visitor)
    await sim.add_fault("lose", event="switchboard:releaseControl", count=1)
    await sim.end_session(visitor.conversation)
    await is_answered(visitor)


async def test_the_user_ends_the_conversation(visitor, sim, stack):
    await hand_over(visitor)
    await sim.set_switches(stack.connectors["messaging"]["app_id"], activity="everywhere")
    try:
        await sim.end_by_user(visitor.conversation)
        await is_answered(visitor)
    finally:
        await sim.set_switches(stack.connectors["messaging"]["app_id"], activity="api")
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND end_reason = 'user'"
    assert stack.count(query, sender=visitor.sender) == 1


async def test_a_second_handover_has_a_ticket_and_a_note_of_its_own(visitor, sim):
    await hand_over(visitor)
    await sim.end_session(visitor.conversation)
    await is_answered(visitor)
    first = len(await visitor.messages()) - 2
    await visitor.says(ASK_HUMAN)
    await visitor.is_with(AGENTS)

    async def has_note():
        return (await ticket_of(visitor))["notes"]

    await until(has_note)
    view = await visitor.view()
    assert [len(each["notes"]) for each in view["tickets"]] == [1, 1]
    messages = await visitor.messages()
    assert view["ticket"]["first_message_id"] == messages[first]["id"], "only what is new"


async def test_a_solved_ticket_brings_the_bot_back(visitor, sim):
    await hand_over(visitor)
    await sim.solve(visitor.conversation)
    await visitor.is_with("rasa")
    await is_answered(visitor)


async def test_the_operator_brings_the_bot_back(visitor, command, status_of):
    await hand_over(visitor)
    session = await status_of(visitor.conversation)
    await command("end", session["id"])
    await visitor.is_with("rasa")
    await is_answered(visitor)
    assert all("chat was ended" not in str(one["content"]) for one in await visitor.messages())


async def test_the_summary_goes_into_a_field_where_the_settings_say_so(new_visitor, sim):
    visitor = await new_visitor("greeting")
    for number in range(4):
        await visitor.says(f"My order {10234 + number} with the very long story has not arrived")
        await asyncio.sleep(0.2)
    await visitor.says(ASK_HUMAN)
    await visitor.is_with(AGENTS)
    ticket = await ticket_of(visitor)
    assert ticket["fields"]["custom"]["360007654321"]
    assert ticket["notes"] == []
    messages = await visitor.messages()
    assert all("Reason" not in str(one["content"]) for one in messages)


async def test_a_merged_conversation_goes_on(new_visitor, sim, tracker_of):
    gone = await new_visitor(name="Mara")
    kept = await new_visitor(external_id=f"customer-{gone.conversation}")
    await gone.says(ASK_HUMAN)
    await gone.is_with(AGENTS)
    await sim.merge_user(gone.conversation, f"customer-{gone.conversation}", conversations=True)
    await sim.pass_control(kept.conversation, AGENTS)
    await sim.agent_text(kept.conversation, "Hello Mara", agent="Ana", force=True)
    await sim.release_control(kept.conversation)
    await is_answered(kept)
    events = (await tracker_of(gone))["events"]
    assert ASK_HUMAN in [each.get("text") for each in events], "the tracker goes on"
    assert ASK_HOURS in [each.get("text") for each in events]


async def test_nothing_is_left_of_a_removed_conversation(visitor, sim, stack):
    await hand_over(visitor)
    await sim.delete_conversation(visitor.conversation)
    query = "SELECT count(*) FROM native_conversations WHERE sender_id = :sender"

    async def gone():
        return stack.count(query, sender=visitor.sender) == 0

    await until(gone)


async def test_both_ways_run_side_by_side(visitor, sim, stack, http):
    user = RestUser(stack.rasa_url, http)
    await user.says(ASK_HUMAN)
    relayed = await conversation_of(user.sender, sim, stack)
    await hand_over(visitor)
    await user.says("over the relay")
    await sim.wait_for_message(relayed["id"], "over the relay")
    await sim.agent_text(relayed["id"], "Hello over there", agent="Ana")
    await user.hears("Hello over there")
    await sim.end_session(relayed["id"])
    await user.hears(ENDED)
    assert (await visitor.view())["control"]["active"] == AGENTS


async def test_nobody_else_can_speak_for_a_native_conversation(visitor, stack, http, sim):
    await hand_over(visitor)
    other = RestUser(stack.rasa_url, http, sender=visitor.sender)
    answer = await other.gets("let me in")
    assert STARTED not in str(answer) and HOURS not in str(answer)
    await asyncio.sleep(0.5)
    assert "let me in" not in str(await visitor.messages())
