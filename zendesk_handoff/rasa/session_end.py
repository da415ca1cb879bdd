"""The end of a session: the user is told, and the bot gets the conversation back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_SESSION_START_NAME
from rasa.shared.core.events import BotUttered, ConversationResumed, Event, SlotSet, UserUttered

from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.responses import ENDED, FAILED, NOT_PASSED_ON
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.store import Store


async def notify_end(store: Store, bot: Bot, session: Session, output: OutputChannel) -> None:
    """Tell the user that the human part is over, and write it into the tracker.

    The caller holds the sender's lock. The tracker is resumed before the user is told: whoever
    reads the invitation is answered. What the user wrote to an agent who was never reached is the
    bot's to answer.

    Args:
        store: Where the session and its messages are.
        bot: The bot.
        session: Ended, or failed after the action had given it up.
        output: The user's channel.
    """
    sender_id, failed = session.sender_id, session.state is State.FAILED
    part = [] if failed else await _transcript(store, session)
    await bot.record(sender_id, [*part, *_return(session)], key=f"{session.id}:over")
    failpoint("end.recorded")
    response = FAILED if failed else ENDED
    locale = session.profile.get("locale")
    await bot.say(sender_id, response, output, key=f"{session.id}:{response}", locale=locale)
    failpoint("end.sent")
    if failed:
        await replay_to_bot(store, bot, session, output)
    await store.sessions.mark_end_notified(session.id)
    failpoint("end.notified")


async def restart_session(
    store: Store, session: Session, message: UserMessage, processor: MessageProcessor
) -> None:
    """Begin a new Rasa session for the first message after the human part.

    The caller holds the sender's lock.

    Args:
        store: Where the session is closed.
        session: Over, and the user knows it.
        message: The user's first message to the bot again.
        processor: Who will handle it.
    """
    tracker = await processor.get_tracker(message.sender_id)
    if tracker.is_paused():
        # The end was told while no model was loaded, so that nothing could be written.
        tracker.update_with_events(_return(session), processor.domain)
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
    failpoint("end.restarted")
    await store.sessions.finalize(session.id)


async def replay_to_bot(store: Store, bot: Bot, session: Session, output: OutputChannel) -> None:
    """Let the bot answer what was written while a handover was under way that failed.

    The caller holds the sender's lock.

    Args:
        store: Where it waits.
        bot: The bot.
        session: Failed.
        output: The user's channel.
    """
    for message in await store.outbox.waiting(session.id):
        if message.body["type"] == "closing_note":
            continue  # for the agents
        text = _user_words(message.body)
        newer = await store.sessions.current(session.sender_id)
        if newer is not None and newer.state.is_open:
            # The bot's answer to the one before has brought an agent: this one is theirs.
            await store.outbox.add(newer.id, [message.body], key=message.marker)
        elif text and message.body["type"] == "text":
            await bot.hear(
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


def _return(session: Session) -> list[Event]:
    return [
        SlotSet("handoff_status", session.state.value),
        SlotSet("handoff_end_reason", session.end_reason),
        SlotSet("handoff_reason", None),  # the next handover has a reason of its own
        ConversationResumed(),
    ]


async def _transcript(store: Store, session: Session) -> list[Event]:
    """Give the human part as tracker events, in the order in which it was said."""
    said: list[tuple[float, Event]] = []
    mark = {"handoff_session": session.id}
    for message in await store.outbox.all(session.id):
        text = _user_words(message.body)
        if text:
            event = UserUttered(
                text,
                timestamp=message.created_at,
                input_channel=session.channel,
                message_id=message.marker,
                metadata=dict(mark),
            )
            said.append((message.created_at, event))
    for received in await store.inbox.messages(session.id):
        answer = AgentMessage(**received.body)
        data = {"image" if answer.kind == "image" else "attachment": answer.media_url}
        said.append(
            (
                received.created_at,
                BotUttered(
                    answer.text,
                    data=data if answer.media_url else {},
                    metadata={**mark, "agent": answer.author, "is_agent": answer.is_agent},
                    timestamp=received.created_at,
                ),
            )
        )
    return [event for _, event in sorted(said, key=lambda pair: pair[0])]


def _user_words(body: Mapping[str, Any]) -> str:
    return str(body.get("text") or body.get("name") or body.get("media_url") or "")
