"""Ratings: the question after the end, and the user's answer to it."""

from __future__ import annotations

import time

from rasa.core.channels.channel import OutputChannel, UserMessage

from zendesk_handoff.domain.ratings import MAX_RATING, rating_in, rating_of_payload
from zendesk_handoff.domain.responses import RATE, RATED
from zendesk_handoff.domain.session import Session
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.trackers import OpenTracker
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store

#: Seconds in which a button of the question still counts.
_COUNTS_FOR = 24 * 3600.0


def is_asked(settings: Settings, session: Session) -> bool:
    """Tell whether the user is asked for a rating: an agent has answered.

    Args:
        settings: The plugin's settings.
        session: A session that is over.
    """
    connector = settings.connectors.get(session.connector_id)
    return (
        connector is not None
        and connector.csat is not None
        and session.has_reached_agents
        and session.agent_spoke_at is not None
    )


async def ask_rating(
    bot: Bot, session: Session, output: OutputChannel, *, tracker: OpenTracker | None
) -> None:
    """Ask the user for a rating; the caller holds the sender's lock.

    Args:
        bot: The bot.
        session: A session that is over.
        output: The user's channel.
        tracker: The user's; ``None`` without a model.
    """
    await bot.say(
        session.sender_id,
        RATE,
        output,
        key=f"{session.id}:{RATE}",
        locale=session.profile.get("locale"),
        tracker=tracker,
    )


async def take_rating(
    store: Store, settings: Settings, bot: Bot, message: UserMessage, session: Session | None
) -> bool:
    """Record a rating, if a message is one; the caller holds the sender's lock.

    A number is one as the first message after the question, and a button also later: it may still
    stand in the chat.

    Args:
        store: The store.
        settings: The plugin's settings.
        bot: The bot, which thanks.
        message: A user's, while no session is open.
        session: The sender's session that is over and not finalized; ``None`` without one.

    Returns:
        Whether it is one, so that the bot must not handle it.
    """
    text = message.text or ""
    rating, in_words = rating_of_payload(text), rating_in(text)
    if in_words is not None and (session is None or session.rating_asked_at is None):
        # A button of an earlier session may still stand in the chat, also after a later one.
        since = time.time() - _COUNTS_FOR
        session = await store.ratings.last_asked(message.sender_id, since=since)
        if session is not None and bot.channels.is_foreign(message, session):
            return False
        if session is not None and await _has_no_buttons(store, settings, bot, message, session):
            rating = in_words
    elif session is not None and session.rating_asked_at is not None and session.rating is None:
        rating = in_words
    if session is None or session.rating_asked_at is None or rating is None:
        return False
    connector = settings.connectors.get(session.connector_id)
    sets_tag = connector is not None and connector.support_token is not None
    await store.ratings.rate(session.id, rating, sets_tag=sets_tag)
    await bot.say(
        message.sender_id,
        RATED,
        bot.channels.output_of(message),
        locale=session.profile.get("locale"),
    )
    return True


async def _has_no_buttons(
    store: Store, settings: Settings, bot: Bot, message: UserMessage, session: Session
) -> bool:
    """Tell whether a number can only be the answer to a question that was asked without buttons.

    After a release the question follows the bot's answer, and a new Rasa session has begun by then:
    only buttons count, which a user of WhatsApp is not shown, since it has fewer.

    Args:
        store: The store.
        settings: The plugin's settings.
        bot: The bot.
        message: The user's.
        session: The session that is to be rated.
    """
    asked_at = session.rating_asked_at
    if not session.is_native or session.rating is not None or settings.trigger_ended:
        return False
    if asked_at is None or await store.native.has_said(message.sender_id, since=asked_at):
        return False
    address = bot.channels.whereabouts(message).address or {}
    if bot.channels.adapter(session.channel).limits_at(address).buttons >= MAX_RATING:
        return False
    async with bot.open_tracker(message.sender_id) as opened:  # a form asks something, too
        return opened is None or opened.tracker.active_loop is None
