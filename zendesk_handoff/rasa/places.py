"""The places of users' messages: recorded with the session, and where pending messages go.

A correction or a deletion says nothing of where its user is: the message that it concerns may be
an old one, which many people read. Neither does a message that is not proved to be from its place.
"""

from __future__ import annotations

import structlog
from rasa.core.channels.channel import OutputChannel, UserMessage

from zendesk_handoff.domain.session import Session
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.rasa.pending import PullOutput, deliver_pending
from zendesk_handoff.rasa.progress import SessionProgress
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)


async def note_place(
    store: Store, channels: Channels, message: UserMessage, session: Session, content: UserContent
) -> Session:
    """Record where a session's user is now, if that has changed.

    Args:
        store: The store.
        channels: The server's.
        message: The user's.
        session: Their open session.
        content: What the message holds.
    """
    if content.change is not None:
        return session
    place = channels.whereabouts(message)
    if not place.channel or place == (session.channel, session.address):
        return session
    if not channels.is_authentic(message):
        return session  # its user is still where they last were
    return await store.sessions.change_place(session.id, place.channel, address=place.address)


async def output_to(
    store: Store, channels: Channels, message: UserMessage, session: Session, content: UserContent
) -> OutputChannel:
    """Return the output channel for an answer to a message, in the place where its user is.

    Args:
        store: The store.
        channels: The server's.
        message: The user's.
        session: Their open session.
        content: What the message holds.
    """
    if content.change is None:
        return channels.output_of(message)
    return await channels.output(session) or PullOutput(store)


async def deliver_to_place(
    store: Store, channels: Channels, message: UserMessage, session: Session | None
) -> None:
    """Deliver pending messages to the place of a user's message, or to the one that is known.

    Args:
        store: The store.
        channels: The server's.
        message: The user's.
        session: Theirs, if it is known.
    """
    if channels.content_of(message).change is not None:
        return
    channel = channels.name_of(message)
    adapter = channels.adapter(channel)
    session = session or await store.sessions.newest(message.sender_id)
    progress = None if session is None else SessionProgress(store, session.id, channel)
    output: OutputChannel | None = channels.output_of(message, progress=progress)
    if not channels.is_authentic(message):
        is_known = session is not None and session.channel == channel and adapter.can_push
        output = None
        if is_known and session is not None and session.address is not None:
            output = await channels.output(session, progress=progress)
        if output is None:
            log.warning("handoff.pending.withheld")
            return
    await store.deliveries.reopen(message.sender_id)
    await deliver_pending(
        store,
        message.sender_id,
        output,
        channel=channel,
        collector=None if adapter.can_push else adapter,
    )
