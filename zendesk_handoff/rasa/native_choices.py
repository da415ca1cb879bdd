"""Numbers that users write where a channel shows the bot's buttons as a numbered list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rasa.shared.core.events import BotUttered, Event, UserUttered

from zendesk_handoff.domain.choices import bare, chosen
from zendesk_handoff.domain.ratings import rating_of_payload
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.foreign import call_foreign
from zendesk_handoff.rasa.native_turn import NativeMessage
from zendesk_handoff.zendesk.bot_content import shows_buttons
from zendesk_handoff.zendesk.user_content import TITLE


async def choose(bot: Bot, message: NativeMessage, *, within: float) -> None:
    """Give a message that is a number of the bot's last list the payload of that choice.

    The bot would be given "2" otherwise, which says nothing. A tracker that cannot be read leaves
    the message as it is: the turn meets the same error, and deals with it.

    Args:
        bot: The bot.
        message: The user's; its text, and the title in its metadata, may be changed.
        within: Seconds for reading the tracker.

    Raises:
        StoreUnavailable: The plugin's store.
    """
    text = message.text or ""
    if not bare(text).isdigit() or message.metadata.get(TITLE):
        return

    async def read() -> list[Mapping[str, Any]]:
        async with bot.open_tracker(message.sender_id) as opened:
            if opened is None:
                return []
            return await opened.look(lambda tracker: last_choices(tracker.events, message.source))

    try:
        choices = await call_foreign(read, timeout=within)
    except StoreUnavailable:
        raise
    except Exception:
        return
    choice = chosen(text, choices, by_number=True)
    if choice is not None:
        title = str(choice.get("title") or "")
        message.text = str(choice.get("payload") or title)
        message.metadata = {**message.metadata, TITLE: title}


def last_choices(events: Sequence[Event], source: str) -> list[Mapping[str, Any]]:
    """List the choices that the bot has offered since the user's last message, if by numbers.

    Args:
        events: The tracker's.
        source: The user's channel by Zendesk's name.

    Returns:
        The buttons that are no links, in the order of their numbers; none where the channel shows
        them as buttons.
    """
    for event in reversed(events):
        if isinstance(event, UserUttered):
            break
        if not isinstance(event, BotUttered):
            continue
        buttons = _mappings(event.data.get("buttons") or event.data.get("quick_replies"))
        if buttons:
            choices = [each for each in buttons if each.get("payload") or not each.get("url")]
            # A number may be meant for a form that has asked before: `take_rating` knows.
            is_rating = any(rating_of_payload(str(each.get("payload"))) for each in choices)
            return [] if is_rating or shows_buttons(buttons, source) else choices
    return []


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    found: Iterable[Any] = value if isinstance(value, Sequence) else ()
    return [each for each in found if isinstance(each, Mapping)]
