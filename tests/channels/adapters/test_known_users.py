"""What the platforms' own messages tell of their users, and what they do not."""

from __future__ import annotations

import pytest

from tests.support.names import AGENTS
from zendesk_handoff.channels.adapters import slack_events, telegram_updates, twilio_messages

LONG = "n" * 500


def telegram(user, chat, **fields):
    message = {"from": user, "chat": {"id": chat}, "text": "hello"}
    return {"update_id": 1, "message": message, **fields}


def name_in(content):
    return content.user.name if content.user else None


@pytest.mark.parametrize("name", [*AGENTS[:-1], "  Jo\n Doe "])
def test_each_platforms_name_is_read(name):
    known = " ".join(name.split())
    update = telegram({"id": 7, "first_name": name}, 7)
    assert name_in(telegram_updates.content_of(update)) == known
    form = twilio_messages.Form(From=["whatsapp:+491700000001"], Body=["hi"], ProfileName=[name])
    assert name_in(twilio_messages.content_of(form)) == known
    event = {"type": "message", "user": "U1", "ts": "1.2", "channel": "D9", "text": "hi"}
    profile = {"real_name": name, "display_name": "other"}
    sent = slack_events.message_of({"event": {**event, "user_profile": profile}})
    content = slack_events.content_of(sent)
    assert name_in(content) == known
    assert content.user.subject == "", "no platform proves a subject of the site's"


def test_both_names_and_a_pressed_button_of_telegram():
    user = {"id": 7, "first_name": "Jo", "last_name": "Doe"}
    assert name_in(telegram_updates.content_of(telegram(user, 7))) == "Jo Doe"
    bot = {"id": 99, "first_name": "The bot"}
    query = {"from": user, "data": "/yes", "message": {"from": bot, "chat": {"id": 7}}}
    pressed = {"update_id": 2, "callback_query": query}
    assert name_in(telegram_updates.content_of(pressed)) == "Jo Doe"


@pytest.mark.parametrize("chat", [-100, 8, "7 ", None])
def test_in_a_group_nobodys_name_is_the_users(chat):
    update = telegram({"id": 7, "first_name": "Jo"}, chat)
    assert telegram_updates.content_of(update).user is None


@pytest.mark.parametrize("user", [None, [], "Jo", {}, {"id": 7}, {"id": 7, "first_name": ["Jo"]}])
def test_a_message_without_a_name_tells_nothing(user):
    assert telegram_updates.content_of(telegram(user, 7)).user is None
    assert twilio_messages.content_of(twilio_messages.Form(Body=["hi"])).user is None
    event = {"type": "message", "user": "U1", "ts": "1.2", "channel": "D9", "user_profile": user}
    assert slack_events.content_of(slack_events.message_of({"event": event})).user is None


def test_a_long_name_is_cut():
    form = twilio_messages.Form(Body=["hi"], ProfileName=[LONG])
    assert len(name_in(twilio_messages.content_of(form))) == 128
