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

from zendesk_handoff.domain.form_answers import MESSAGE, MESSAGE_FORM
from zendesk_handoff.domain.messages import read_agent_message
from zendesk_handoff.domain.outbox import OF_THE_PLUGIN
from zendesk_handoff.domain.payloads import as_words
from zendesk_handoff.domain.rendering import words_of
from zendesk_handoff.domain.responses import MESSAGE_FAILED, MESSAGE_SENT, NOT_PASSED_ON
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.rasa.after_end import is_triggered, say_end, trigger_ended
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.compat import is_paused
from zendesk_handoff.rasa.learning import keep_outcome, outcome_of, read_outcome
from zendesk_handoff.rasa.ratings import ask_rating, is_asked
from zendesk_handoff.rasa.trackers import OpenTracker
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.outbox import Outgoing

log = structlog.get_logger(__name__)


async def notify_end(
    store: Store,
    settings: Settings,
    bot: Bot,
    session: Session,
    output: OutputChannel,
    *,
    is_followed: bool = False,
    is_silent: bool = False,
) -> None:
    """Notify the user of the end, and record the human part in the tracker.

    The caller holds the sender's lock. The tracker is resumed before the user is notified, so that
    the bot answers a reply to the notification. Messages that no agent has seen, of a failed
    session or of one that an agent has ended meanwhile, are replayed to the bot.

    Args:
        store: The store.
        settings: The plugin's settings.
        bot: The bot.
        session: A session that has ended, or failed after the action had stopped waiting for it.
        output: The user's output channel.
        is_followed: Whether the bot gets a message of the user's at once, before any other.
        is_silent: Whether nothing is said: the bot does not have the conversation yet, or its
            answer to the user says enough.
    """
    sender_id, failed = session.sender_id, session.state is State.FAILED
    if session.message is not None:
        await _notify_left_message(store, bot, session, output)
        return
    unseen = await unseen_messages(store, session)
    # What the user wrote comes first: the bot's answer may ask something.
    is_followed = is_followed or bool(unseen)
    may_go_on = not is_followed and not is_silent
    triggers = may_go_on and is_triggered(settings, bot, session)
    asks_rating = may_go_on and is_asked(settings, session)
    goes_on = (bool(unseen) and not failed) or triggers
    restarted = f"{session.id}:restarted"
    async with bot.open_tracker(sender_id) as tracker:
        # A tracker is loaded from its last session start on: what was before is not found by key.
        if tracker is None or not (goes_on and await tracker.has(restarted)):
            if tracker is not None:
                transcript = [] if failed else await _transcript(store, session, without=unseen)
                learned = await outcome_of(settings, session, transcript, language=bot.language)
                events = [*transcript, *learned, *_resume_events(session, tracker)]
                await tracker.append(events, key=f"{session.id}:over")
            if not is_silent:
                await say_end(settings, bot, session, output, tracker=tracker)
            if asks_rating:
                await ask_rating(bot, session, output, tracker=tracker)
            if goes_on and tracker is not None:
                # As before the first message after the end; this is one.
                await _start_new_session(tracker, output, key=restarted)
    bot.forget(sender_id)
    if unseen:
        await replay_to_bot(store, bot, session, output)
    elif triggers:
        await trigger_ended(bot, session, output)
    await store.sessions.mark_end_notified(session.id, asks_rating=asks_rating)
    if goes_on and bot.processor is not None:
        await store.sessions.finalize(session.id)
    if not failed:
        log.info(
            "handoff.session.ended",
            session=session.id,
            connector=session.connector_id,
            reason=session.end_reason,
        )


async def _notify_left_message(
    store: Store, bot: Bot, session: Session, output: OutputChannel
) -> None:
    """Notify the user of what became of their message, whose action has died.

    The bot has never been paused. Where its server has died, too, the form still asks for the
    message: what the user says next would be sent as another one.
    """
    async with bot.open_tracker(session.sender_id) as tracker:
        if tracker is not None:
            await _leave_form(session, tracker)
    bot.forget(session.sender_id)
    is_left = session.end_reason == EndReason.MESSAGE_LEFT
    response = MESSAGE_SENT if is_left else MESSAGE_FAILED
    await bot.say(
        session.sender_id,
        response,
        output,
        key=f"{session.id}:{response}",
        locale=session.profile.get("locale"),
        email=session.profile.get("email", ""),
    )
    # What the user wrote meanwhile goes to the agents with the message, or else to the bot.
    await replay_to_bot(store, bot, session, output)
    await store.sessions.mark_end_notified(session.id)
    if tracker is not None:
        await store.sessions.finalize(session.id)


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
            # The user may have been notified while no model was loaded, so the tracker was not
            # changed.
            if session.message is not None:
                await _leave_form(session, tracker)
            elif is_paused(tracker.tracker):
                await tracker.append(_resume_events(session, tracker))
            has_expired = tracker.processor._has_session_expired
            was_paused = session.state is State.ENDED and session.message is None
            if was_paused and not await tracker.look(has_expired):
                await _start_new_session(tracker, message.output_channel)
    bot.forget(message.sender_id)
    await store.sessions.finalize(session.id)


async def _start_new_session(
    tracker: OpenTracker, output: OutputChannel, *, key: str | None = None
) -> None:
    """Start a new Rasa session, once for each key; what was learned is kept."""
    if key is not None and await tracker.has(key):
        return
    outcome = read_outcome(tracker)
    await tracker.start_session(output)
    kept = keep_outcome(tracker, outcome)
    if key is not None:
        await tracker.append([*kept, SlotSet("handoff_reason", None)], key=key)
    elif kept:
        await tracker.append(kept)


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
    return [each for each in waiting if each.body["type"] not in OF_THE_PLUGIN]


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


async def _leave_form(session: Session, tracker: OpenTracker) -> None:
    """Record what the action would have recorded, once, and leave a form that is still active."""
    status = session.end_reason or session.state.value
    values = {"handoff_status": status, "handoff_reason": None, MESSAGE: None}
    events: list[Event] = [SlotSet(name, value) for name, value in values.items()]
    if tracker.tracker.active_loop_name == MESSAGE_FORM:
        events += [ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)]
    await tracker.append(events, key=f"{session.id}:over")


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
