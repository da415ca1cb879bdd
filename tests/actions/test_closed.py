"""A request for a person at an hour at which nobody is there."""

from __future__ import annotations

import pytest

from tests.support.actions import run, run_whole, tracker
from tests.support.hours import BACK, closed_until, on_holiday_until
from zendesk_handoff.actions import ActionHumanHandoff
from zendesk_handoff.actions.resources import open_resources
from zendesk_handoff.domain.identity import USER_KEY
from zendesk_handoff.domain.responses import (
    CLOSED,
    CLOSED_FOR_LONG,
    LEAVE_MESSAGE,
    STARTED,
    UNIDENTIFIED,
    default_response,
)


async def test_nobody_is_promised_and_the_bot_goes_on(sim, connector, turn, change):
    change(hours=closed_until(BACK))
    messages, slots, paused = await run(ActionHumanHandoff(), tracker(handoff_reason="angry"))
    when = f"on {BACK:%A} at 9 am"
    assert [each["text"] for each in messages] == [default_response(CLOSED, opens=when)]
    assert slots["handoff_status"] == "closed"
    assert slots["handoff_opens"] == f"{BACK}T09:00:00+00:00"
    assert slots["handoff_reason"] is None
    assert not paused
    assert await sim.conversations(connector.app_id) == []
    assert await (await open_resources()).store.sessions.recent() == []


async def test_in_the_users_language_and_in_the_designers_words(connector, turn, change):
    change(hours=closed_until(BACK))
    messages, *_ = await run(ActionHumanHandoff(), tracker(locale="de-AT"))
    assert "um 9 Uhr wieder da" in messages[0]["text"]
    domain = {"responses": {CLOSED: [{"text": "Back {opens}"}]}}
    messages, *_ = await run(ActionHumanHandoff(), tracker(), domain)
    [told] = messages
    assert told["response"] == CLOSED
    assert told["opens"] == f"on {BACK:%A} at 9 am"


async def test_a_holiday_of_the_companys_own(connector, turn, change):
    change(hours=on_holiday_until(BACK))
    _, slots, _ = await run(ActionHumanHandoff(), tracker())
    assert slots["handoff_opens"] == f"{BACK}T00:00:00+00:00"


async def test_until_further_notice(connector, turn, change):
    change(hours={"time_zone": "UTC", "week": {"mon-sun": "closed"}})
    messages, slots, _ = await run(ActionHumanHandoff(), tracker())
    assert [each["text"] for each in messages] == [default_response(CLOSED_FOR_LONG)]
    assert (slots["handoff_status"], slots["handoff_opens"]) == ("closed", None)


@pytest.mark.parametrize(
    ("hours", "closed"),
    [
        ({"time_zone": "UTC", "week": {"mon-sun": "0:00-24:00"}}, "bot"),
        ({"time_zone": "UTC", "week": {"mon-sun": "closed"}}, "hand_over"),
        ({}, "message"),
    ],
)
async def test_a_person_where_one_is_there(sim, connector, turn, change, hours, closed):
    change(hours=hours, closed=closed)
    messages, slots, paused = await run(ActionHumanHandoff(), tracker(handoff_opens="then"))
    assert messages[0]["text"] == default_response(STARTED)
    assert paused
    assert slots["handoff_opens"] is None
    assert len(await sim.conversations(connector.app_id)) == 1


async def test_a_message_is_taken_if_the_bot_has_the_form(connector, turn, change):
    change(hours=closed_until(BACK), closed="message")
    messages, events = await run_whole(ActionHumanHandoff(), tracker())
    assert messages[1]["text"] == default_response(LEAVE_MESSAGE)
    assert events[-1] == {
        "event": "followup",
        "timestamp": None,
        "name": "handoff_message_form",
    }
    found = tracker()
    del found.slots["handoff_message"]
    messages, events = await run_whole(ActionHumanHandoff(), found)
    assert len(messages) == 1, "a model from before the form"
    assert not [each for each in events if each["event"] == "followup"]


async def test_an_address_that_the_site_vouches_for_is_not_asked_for(connector, turn, change):
    change(hours=closed_until(BACK), closed="message")
    found = tracker(email="told@example.com")
    _, slots, _ = await run(ActionHumanHandoff(), found)
    assert slots["handoff_email"] is None, "anybody may have told it"
    found.latest_message["metadata"] = {USER_KEY: {"subject": "1", "email": "o'neil@example.com"}}
    _, slots, _ = await run(ActionHumanHandoff(), found)
    assert slots["handoff_email"] == "o'neil@example.com"


async def test_a_shared_sender_leaves_no_message(connector, turn, change):
    change(hours=closed_until(BACK), closed="message")
    found = tracker()
    found.sender_id = "default"
    messages, slots, _ = await run(ActionHumanHandoff(), found)
    assert [each["text"] for each in messages] == [default_response(UNIDENTIFIED)]
    assert slots["handoff_status"] == "failed"
