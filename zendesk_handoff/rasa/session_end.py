"""The end of a session: notification, return of unsent messages to the bot, new Rasa session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.events import (
    ActiveLoop,
    BotUttered,
    ConversationResumed,
    Event,
    SlotSet,
    UserUttered,
)

from zendesk_handoff.domain.messages import read_agent_message
from zendesk_handoff.domain.payloads import as_words
from zendesk_handoff.domain.rendering import words_of
from zendesk_handoff.domain.responses import ENDED, FAILED, NOT_PASSED_ON
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.handover.forward import FOR_AGENTS
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.compat import is_paused
from zendesk_handoff.rasa.trackers import OpenTracker
from zendesk_handoff.store import Store
from zendesk_handoff.store.outbox import Outgoing

log = structlog.get_logger(__name__)


async def notify_end(store: Store, bot: Bot, session: Session, output: OutputChannel) -> None:
    """Notify the user of the end, and record the human part in the tracker.

    The caller holds the sender's lock. The tracker is resumed before the user is notified, so that
    the bot answers a reply to the notification. Messages that no agent has seen, of a failed
    session or of one that an agent has ended meanwhile, are replayed to the bot.

    Args:
        store: The store.
        bot: The bot.
        session: A session that has ended, or failed after the action had stopped waiting for it.
        output: The user's output channel.
    """
    sender_id, failed = session.sender_id, session.state is State.FAILED
    unseen = await unseen_messages(store, session)
    async with bot.open_tracker(sender_id) as tracker:
        if tracker is not None:
            transcript = [] if failed else await _transcript(store, session, without=unseen)
            events = [*transcript, *_resume_events(session, tracker)]
            await tracker.append(events, key=f"{session.id}:over")
        was_reached = not failed and session.end_reason != EndReason.NOT_PASSED
        response = ENDED if was_reached else FAILED
        await bot.say(
            sender_id,
            response,
            output,
            key=f"{session.id}:{response}",
            locale=session.profile.get("locale"),
            tracker=tracker,
        )
        if unseen and not failed and tracker is not None:
            # As before the first message after the end; this is one.
            await _start_new_session(tracker, output, key=f"{session.id}:restarted")
    bot.forget(sender_id)
    if unseen:
        await replay_to_bot(store, bot, session, output)
    await store.sessions.mark_end_notified(session.id)
    if unseen and not failed and bot.processor is not None:
        await store.sessions.finalize(session.id)
    if not failed:
        log.info(
            "handoff.session.ended",
            session=session.id,
            connector=session.connector_id,
            reason=session.end_reason,
        )


async def restart_session(store: Store, bot: Bot, session: Session, message: UserMessage) -> None:
    """Start a new Rasa session before the first message after the end, and finalize ours.

    The caller holds the sender's lock.

    Args:
        store: The store.
        bot: The bot that will handle the message; it has a model.
        session: A session that has ended or failed; the user was notified.
        message: The user's first message after that.
    """
    async with bot.open_tracker(message.sender_id) as tracker:
        if tracker is not None:
            if is_paused(tracker.tracker):
                # The user was notified while no model was loaded, so the tracker was not changed.
                await tracker.append(_resume_events(session, tracker))
            has_expired = tracker.processor._has_session_expired
            if session.state is State.ENDED and not await tracker.look(has_expired):
                await _start_new_session(tracker, message.output_channel)
    bot.forget(message.sender_id)
    await store.sessions.finalize(session.id)


async def _start_new_session(
    tracker: OpenTracker, output: OutputChannel, *, key: str | None = None
) -> None:
    """Start a new Rasa session, once for each key."""
    if key is not None:
        if await tracker.has(key):
            return
        await tracker.start_session(output)
        await tracker.append([SlotSet("handoff_reason", None)], key=key)
    else:
        await tracker.start_session(output)


async def unseen_messages(store: Store, session: Session) -> list[Outgoing]:
    """List the user's messages of a session that is over, which no agent has seen.

    Args:
        store: The store.
        session: A session that has ended or failed. Of one that the plugin has ended, the agents
            get all messages before the closing note.
    """
    if not session.leaves_messages_to_bot:
        return []
    waiting = await store.outbox.waiting(session.id)
    return [each for each in waiting if each.body["type"] not in FOR_AGENTS]


async def replay_to_bot(store: Store, bot: Bot, session: Session, output: OutputChannel) -> None:
    """Let the bot handle the messages that no agent has seen.

    The caller holds the sender's lock.

    Args:
        store: The store.
        bot: The bot.
        session: A session that is over.
        output: The user's output channel.
    """
    for message in await unseen_messages(store, session):
        # What was no payload before is none now, nor is a part of a long text.
        text = str(message.body.get("payload_of_bot") or as_words(_displayed_text(message.body)))
        newer = await store.sessions.current(session.sender_id)
        if newer is not None and newer.state.is_open:
            # The bot's handling of an earlier message has started another handover.
            await store.outbox.add(newer.id, [message.body], key=message.marker)
        elif text and message.body["type"] == "text" and bot.processor is not None:
            await bot.handle(
                UserMessage(
                    text,
                    output,
                    session.sender_id,
                    input_channel=session.channel,
                    message_id=message.marker,
                )
            )
        elif text or message.body["type"] != "text":
            # A file, which the bot cannot read, or no model is loaded.
            await bot.say(
                session.sender_id, NOT_PASSED_ON, output, key=f"{message.marker}:not_read"
            )
        await store.outbox.settle(message)


def _resume_events(session: Session, tracker: OpenTracker) -> list[Event]:
    """Return what brings the tracker back to the bot.

    A form that was active at the handover is left: what the user says next is no answer to a
    question from before. After a failed handover the bot goes on where it was, form included.
    """
    events: list[Event] = [
        SlotSet("handoff_status", session.state.value),
        SlotSet("handoff_end_reason", session.end_reason),
        SlotSet("handoff_reason", None),  # the next handover has a reason of its own
        ConversationResumed(),
    ]
    if session.state is not State.FAILED:
        if tracker.tracker.active_loop is not None:
            events.append(ActiveLoop(None))
        if tracker.tracker.get_slot(REQUESTED_SLOT) is not None:
            events.append(SlotSet(REQUESTED_SLOT, None))
    return events


async def _transcript(
    store: Store, session: Session, *, without: Sequence[Outgoing]
) -> list[Event]:
    """Return the human part as tracker events, in order of time."""
    events: list[tuple[float, Event]] = []
    metadata = {"handoff_session": session.id}
    left_out = {each.id for each in without}
    for message in await store.outbox.all(session.id):
        text = _displayed_text(message.body)
        if text and message.id not in left_out:
            event = UserUttered(
                text,
                timestamp=message.created_at,
                input_channel=session.channel,
                message_id=message.marker,
                metadata=dict(metadata),
            )
            events.append((message.created_at, event))
    for received in await store.inbox.messages(session.id):
        posted = read_agent_message(received.body)
        if posted.is_deleted:
            continue
        data = {"image" if posted.kind == "image" else "attachment": posted.media_url}
        events.append(
            (
                received.created_at,
                BotUttered(
                    words_of(posted),
                    data=data if posted.media_url else {},
                    metadata={**metadata, "agent": posted.author, "is_agent": posted.is_agent},
                    timestamp=received.created_at,
                ),
            )
        )
    return [event for _, event in sorted(events, key=lambda pair: pair[0])]


def _displayed_text(body: Mapping[str, Any]) -> str:
    return str(body.get("text") or body.get("name") or body.get("media_url") or "")
