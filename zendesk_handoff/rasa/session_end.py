"""The end of a session: notification, return of unsent messages to the bot, new Rasa session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_SESSION_START_NAME
from rasa.shared.core.events import BotUttered, ConversationResumed, Event, SlotSet, UserUttered

from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.responses import ENDED, FAILED, NOT_PASSED_ON
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)


async def notify_end(store: Store, bot: Bot, session: Session, output: OutputChannel) -> None:
    """Notify the user of the end, and record the human part in the tracker.

    The caller holds the sender's lock. The tracker is resumed before the user is notified, so that
    the bot answers a reply to the notification. Messages of a failed session are replayed to the
    bot.

    Args:
        store: The store.
        bot: The bot.
        session: A session that has ended, or failed after the action had stopped waiting for it.
        output: The user's output channel.
    """
    sender_id, failed = session.sender_id, session.state is State.FAILED
    transcript = [] if failed else await _transcript(store, session)
    events = [*transcript, *_resume_events(session)]
    await bot.record(sender_id, events, key=f"{session.id}:over")
    response = FAILED if failed else ENDED
    locale = session.profile.get("locale")
    await bot.say(sender_id, response, output, key=f"{session.id}:{response}", locale=locale)
    if failed:
        await replay_to_bot(store, bot, session, output)
    await store.sessions.mark_end_notified(session.id)
    if not failed:
        log.info(
            "handoff.session.ended",
            session=session.id,
            connector=session.connector_id,
            reason=session.end_reason,
        )


async def restart_session(
    store: Store, session: Session, message: UserMessage, processor: MessageProcessor
) -> None:
    """Start a new Rasa session before the first message after the end, and finalize ours.

    The caller holds the sender's lock.

    Args:
        store: The store.
        session: A session that has ended or failed; the user was notified.
        message: The user's first message after that.
        processor: The bot that will handle it.
    """
    tracker = await processor.get_tracker(message.sender_id)
    if tracker.is_paused():
        # The user was notified while no model was loaded, so the tracker could not be changed.
        tracker.update_with_events(_resume_events(session), processor.domain)
        await processor.save_tracker(tracker)
    if session.state is State.ENDED and not processor._has_session_expired(tracker):
        prediction = PolicyPrediction.for_action_name(processor.domain, ACTION_SESSION_START_NAME)
        await processor.execute_action(
            message.sender_id,
            ACTION_SESSION_START_NAME,
            message.output_channel,
            processor.nlg,
            prediction,
        )
    await store.sessions.finalize(session.id)


async def replay_to_bot(store: Store, bot: Bot, session: Session, output: OutputChannel) -> None:
    """Let the bot handle the messages that were written while a handover failed.

    The caller holds the sender's lock.

    Args:
        store: The store.
        bot: The bot.
        session: A session that has failed.
        output: The user's output channel.
    """
    for message in await store.outbox.waiting(session.id):
        if message.body["type"] == "closing_note":
            continue  # written for agents
        text = _displayed_text(message.body)
        newer = await store.sessions.current(session.sender_id)
        if newer is not None and newer.state.is_open:
            # The bot's handling of an earlier message has started another handover.
            await store.outbox.add(newer.id, [message.body], key=message.marker)
        elif text and message.body["type"] == "text":
            await bot.handle(
                UserMessage(
                    text,
                    output,
                    session.sender_id,
                    input_channel=session.channel,
                    message_id=message.marker,
                )
            )
        elif message.body["type"] != "text":  # a file, which the bot cannot read
            await bot.say(
                session.sender_id, NOT_PASSED_ON, output, key=f"{message.marker}:not_read"
            )
        await store.outbox.finish(message)


def _resume_events(session: Session) -> list[Event]:
    return [
        SlotSet("handoff_status", session.state.value),
        SlotSet("handoff_end_reason", session.end_reason),
        SlotSet("handoff_reason", None),  # the next handover has a reason of its own
        ConversationResumed(),
    ]


async def _transcript(store: Store, session: Session) -> list[Event]:
    """Return the human part as tracker events, in order of time."""
    events: list[tuple[float, Event]] = []
    metadata = {"handoff_session": session.id}
    for message in await store.outbox.all(session.id):
        text = _displayed_text(message.body)
        if text:
            event = UserUttered(
                text,
                timestamp=message.created_at,
                input_channel=session.channel,
                message_id=message.marker,
                metadata=dict(metadata),
            )
            events.append((message.created_at, event))
    for received in await store.inbox.messages(session.id):
        posted = AgentMessage(**received.body)
        data = {"image" if posted.kind == "image" else "attachment": posted.media_url}
        events.append(
            (
                received.created_at,
                BotUttered(
                    posted.text,
                    data=data if posted.media_url else {},
                    metadata={**metadata, "agent": posted.author, "is_agent": posted.is_agent},
                    timestamp=received.created_at,
                ),
            )
        )
    return [event for _, event in sorted(events, key=lambda pair: pair[0])]


def _displayed_text(body: Mapping[str, Any]) -> str:
    return str(body.get("text") or body.get("name") or body.get("media_url") or "")
