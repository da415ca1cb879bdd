"""All that an agent sends, on every platform; and what was sent to a Slack user from outside."""

from __future__ import annotations

import pytest

from tests.support.channel_table import proves
from tests.support.platforms import slack
from tests.support.platforms.scenario import hears, sends_all_kinds, shows_all_kinds, starts
from tests.support.users import conversation_of
from tests.support.waiting import until

#: The kinds that are said in words, by channel.
IN_WORDS = {
    "slack": {"place"},
    "ourslack": {"place"},
    "facebook": {"place"},
    "ourfacebook": {"place"},
    "mattermost": {"place", "links"},
    "rocketchat": {"place", "links"},
    "webexteams": {"place", "links", "buttons"},
    "telegram": {"place", "links"},
    "twilio": {"place", "links", "buttons"},
    "sms": {"place", "links", "buttons", "picture", "file"},
    "stocksms": {"place", "links", "buttons", "picture", "file"},
}
YES = dict.fromkeys(("text", "long_text", "picture", "file", "buttons", "push"), "yes")
CARDS, WORDS = {"links_and_cards": "yes"}, {"links_and_cards": "in words"}
PHONE = {**YES, **WORDS, "buttons": "in words"}
SMS = {**PHONE, "picture": "in words", "file": "in words"}


@pytest.mark.parametrize("channel", IN_WORDS)
@proves("slack", "to user", place="in words")
@proves("slack", "to user", with_drop_in=True, place="in words", **YES, **CARDS)
@proves("facebook", "to user", place="in words")
@proves("facebook", "to user", with_drop_in=True, place="in words", **YES, **CARDS)
@proves("mattermost", "to user", place="in words")
@proves("rocketchat", "to user", place="in words")
@proves("webexteams", "to user", place="in words")
@proves("telegram", "to user", with_drop_in=True, place="in words")
@proves("twilio: WhatsApp", "to user", with_drop_in=True, place="in words", **PHONE)
@proves("twilio: SMS", "to user", place="in words", **SMS)
@proves("twilio: SMS", "to user", with_drop_in=True, place="in words", **SMS)
async def test_what_an_agent_sends(channel, new_talk, sim, stack):
    talk = new_talk(channel)
    conversation = await starts(talk, sim, stack)
    await sends_all_kinds(sim, conversation)
    await shows_all_kinds(talk.texts, talk.seen, in_words=IN_WORDS[channel])


async def trigger(stack, http, sender, channel):
    url = f"{stack.rasa_url}/conversations/{sender}/trigger_intent?output_channel={channel}"
    async with http.post(url, json={"name": "human_handoff"}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("is_known", [False, True])
async def test_a_slack_user_who_is_addressed_from_outside(
    is_known, new_talk, apis, sim, stack, http
):
    talk = new_talk("slack")
    sender = talk.place if is_known else talk.sender
    await trigger(stack, http, sender, "slack")
    conversation = (await conversation_of(sender, sim, stack))["id"]
    await sim.agent_text(conversation, f"for {sender} alone")
    if not is_known:

        async def waits():
            query = "SELECT count(*) FROM pending_messages WHERE sender_id = :sender"
            return stack.count(query, sender=sender)

        await until(waits)
        assert talk.texts() == []
        await talk.user.says("I am here")
    await hears(talk.texts, f"for {sender} alone")
    assert f"for {sender} alone" not in str(apis.slack.texts(slack.PUBLIC))
