"""The words at the end of a session, by its reason, and the intent for rules of the bot's own."""

from __future__ import annotations

from typing import Any

import structlog
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.domain.identity import requester_profile
from zendesk_handoff.domain.responses import ENDED_EMAIL, FAILED, ended_responses
from zendesk_handoff.domain.session import Session
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.outputs import channel_name
from zendesk_handoff.rasa.trackers import OpenTracker
from zendesk_handoff.settings import Settings

log = structlog.get_logger(__name__)

#: Triggered after the end where the settings say so, with the reason as an entity.
ENDED_INTENT = "handoff_ended"
_REASON = "handoff_end_reason"


async def say_end(
    settings: Settings,
    bot: Bot,
    session: Session,
    output: OutputChannel,
    *,
    tracker: OpenTracker | None,
) -> None:
    """Tell the user why the session has ended, or that the handover has failed.

    The caller holds the sender's lock.

    Args:
        settings: The plugin's settings.
        bot: The bot.
        session: A session that is over.
        output: The user's channel.
        tracker: The user's; ``None`` without a model.
    """
    # Told addresses are not passed to Zendesk, unless the settings say so: see `domain.identity`.
    origins = settings.requester_origins
    email = requester_profile(session.profile, session.origins, allowed=origins).get("email", "")
    reason = str(session.end_reason)
    responses: tuple[str, ...] = (FAILED,)
    if session.has_reached_agents:
        responses = ended_responses(reason, email=email)
    slots = None if tracker is None else tracker.tracker.current_slot_values()
    response = bot.choose(responses, channel=channel_name(output), slots=slots)
    await bot.say(
        session.sender_id,
        response,
        output,
        key=f"{session.id}:{responses[-1]}",  # the same if another model chooses another one
        locale=session.profile.get("locale"),
        tracker=tracker,
        **({"email": email} if response == ENDED_EMAIL else {}),
    )


def is_triggered(settings: Settings, bot: Bot, session: Session) -> bool:
    """Tell whether the intent follows the end; a bot that lacks it is reported.

    Args:
        settings: The plugin's settings.
        bot: The bot.
        session: A session that is over.
    """
    if not settings.trigger_ended or bot.processor is None or not session.has_reached_agents:
        return False
    if ENDED_INTENT in bot.processor.domain.intents:
        return True
    log.warning(
        "handoff.ended_intent.unknown",
        session=session.id,
        meaning=f"`trigger_ended` is set, but the domain has no intent `{ENDED_INTENT}`",
    )
    return False


async def trigger_ended(bot: Bot, session: Session, output: OutputChannel) -> None:
    """Trigger the intent, once in the Rasa session that has begun after the end.

    The caller holds the sender's lock. A form that is active by then would take the intent for an
    answer to its question: it is not triggered in one.

    Args:
        bot: The bot.
        session: A session that has ended.
        output: The user's channel.
    """
    processor = bot.processor
    async with bot.open_tracker(session.sender_id) as opened:
        if processor is None or opened is None or opened.tracker.active_loop is not None:
            return
        if await opened.look(_has_intent):
            return
        tracker = opened.tracker
    entities = {_REASON: session.end_reason}
    if isinstance(output, ChannelOutput) and output.is_idempotent:
        output = _NumberedOutput(output, key=f"{session.id}:{ENDED_INTENT}")
    await processor.trigger_external_user_uttered(ENDED_INTENT, entities, tracker, output)


class _NumberedOutput(OutputChannel):
    """Numbers the words of a rule: one that is repeated after a crash says nothing twice.

    Args:
        output: Of a channel that can tell.
        key: The beginning of the words' keys.
    """

    def __init__(self, output: ChannelOutput, *, key: str) -> None:
        super().__init__()
        self._output = output
        self._key = key
        self._count = 0

    def name(self) -> str:
        return self._output.name()

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        key = f"{self._key}:{self._count}"
        self._count += 1
        await self._output.send_once(recipient_id, message, key=key)


def _has_intent(tracker: DialogueStateTracker) -> bool:
    """Tell whether the intent came in the present Rasa session."""
    for event in reversed(tracker.events):
        if isinstance(event, SessionStarted):
            return False
        if isinstance(event, UserUttered) and event.intent_name == ENDED_INTENT:
            return True
    return False
