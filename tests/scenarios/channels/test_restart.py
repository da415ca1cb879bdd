"""After a kill of the server every conversation is where it was, on every channel."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.callback import CallbackUser
from tests.support.channel_table import proves
from tests.support.platforms.scenario import (
    hears,
    restart_killed,
    starts,
)
from tests.support.platforms.talks import new_place


@pytest.fixture
async def callback(stack, http):
    async with CallbackUser(stack, http) as found:
        yield found


@proves("callback", "to user", after_a_restart="yes")
@proves("slack", "to user", after_a_restart="yes")
@proves("slack", "to user", with_drop_in=True, after_a_restart="yes")
@proves("facebook", "to user", after_a_restart="yes")
@proves("facebook", "to user", with_drop_in=True, after_a_restart="yes")
@proves("mattermost", "to user", after_a_restart="yes")
@proves("rocketchat", "to user", after_a_restart="yes")
@proves("webexteams", "to user", after_a_restart="yes")
@proves("telegram", "to user", with_drop_in=True, after_a_restart="yes")
@proves("twilio: SMS", "to user", after_a_restart="yes")
@proves("twilio: SMS", "to user", with_drop_in=True, after_a_restart="yes")
@proves("twilio: WhatsApp", "to user", with_drop_in=True, after_a_restart="yes")
async def test_the_place_is_known_after_a_kill(new_talk, apis, sim, stack, callback):
    apis.telegram.api.topics.add("77")
    topic = new_talk("telegram", chat=-1_000_000_077, topic=77)
    thread = new_talk("ourslack", channel=new_place(), thread="1699999999.000002")
    names = ("slack", "facebook", "ourfacebook", "mattermost", "rocketchat", "webexteams")
    others = [new_talk(each) for each in (*names, "telegram", "sms", "stocksms", "twilio")]
    talks = [topic, thread, *others]
    # Of different users: their sessions open beside each other.
    opened = await asyncio.gather(*(starts(each, sim, stack) for each in talks))
    by_callback = await callback.is_handed_over(sim)
    order = await thread.user.says("order 12345")
    await restart_killed(stack)
    for talk, conversation in zip(talks, opened, strict=True):
        await sim.agent_text(conversation, f"I am back, {talk.sender}", agent="Ana")
    await sim.agent_text(by_callback, "I am back, too", agent="Ana")
    await hears(lambda: callback.heard, "Ana: I am back, too")
    for talk in talks:
        await hears(talk.texts, f"Ana: I am back, {talk.sender}")
    (post,) = (
        each for each in apis.telegram.api.sent[topic.place] if "I am back" in each.get("text", "")
    )
    assert post["message_thread_id"] == "77"
    (post,) = (
        each
        for each in apis.slack.posts
        if each["channel"] == thread.place and "I am back" in each["text"]
    )
    assert post["thread_ts"] == thread.user.thread
    await thread.user.reports(
        {
            "type": "message",
            "subtype": "message_changed",
            "message": {
                "user": thread.user.user,
                "ts": order,
                "thread_ts": thread.user.thread,
                "text": "order 12354",
                "edited": {"ts": "1700000003.1"},
            },
            "previous_message": {"user": thread.user.user, "ts": order, "text": "order 12345"},
        }
    )
    await sim.wait_for_message(opened[1], "Corrected: order 12354")
