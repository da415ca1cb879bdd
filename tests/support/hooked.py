"""Messages to a bot behind the router, and what becomes of them."""

from __future__ import annotations

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from tests.support.store import request_session


async def open_session(store, sender_id="user"):
    session = await request_session(store, sender_id)
    return await store.sessions.connect(session.id)


def message(text, sender_id="user", **values):
    return UserMessage(text, CollectingOutputChannel(), sender_id, input_channel="rest", **values)


def texts(collected):
    return [each["text"] for each in collected or ()]


async def forwarded(store, session):
    return [each.body["text"] for each in await store.outbox.waiting(session.id)]
