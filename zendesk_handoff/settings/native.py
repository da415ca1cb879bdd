"""Settings of a connector with `mode: native`, in which Zendesk is the user's channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zendesk_handoff.domain.ticket import is_id
from zendesk_handoff.settings.schema import setting
from zendesk_handoff.settings.values import (
    number_or_off,
    one_of,
    seconds,
    seconds_or_off,
    text,
    texts,
    yes_or_no,
)
from zendesk_handoff.settings.values import safe_url as address

#: Where the summary goes that only agents may read.
NOTE, OFF = "note", "off"
#: The switchboard integration after the bot's own, as the account has it.
NEXT = "next"
_MOST_HISTORY = 100
_DAY = 24 * 3600.0


def summary_to(value: Any, _example: str) -> str:
    """Read where the summary goes: ``note``, ``off``, or the id of a ticket field."""
    if value is False:  # YAML reads a bare `off` so
        return OFF
    if isinstance(value, Mapping) and set(value) == {"field"} and is_id(str(value["field"])):
        return str(value["field"])
    if isinstance(value, str) and value in {NOTE, OFF}:
        return value
    raise ValueError("must be `note`, `off`, or `{field: 360001234567}`, a ticket field's number.")


def history(value: Any, example: str) -> int | None:
    """Read how much of the conversation the agents see: ``all``, or a number of messages."""
    if value == "all":
        return None
    try:
        number = number_or_off(value, example)
    except ValueError:
        number = None
    if number is None or number > _MOST_HISTORY:
        raise ValueError(f"must be `all`, or a number of messages from 1 to {_MOST_HISTORY}.")
    return number


def within_a_day(value: Any, example: str) -> float | None:
    """Read a duration of at most a day: no ids of messages are kept for longer."""
    found = seconds_or_off(value, example)
    if found is not None and found > _DAY:
        raise ValueError(f"must be at most a day, {_DAY:.0f} seconds.")
    return found


@dataclass(frozen=True)
class OnlySettings:
    """What of an account's conversations the bot serves."""

    brands: tuple[str, ...] = setting(
        lambda value, example: texts(
            [str(each) for each in value] if isinstance(value, list) else str(value), example
        ),
        "Ids of the brands that the bot serves; all by default.",
        default=(),
        example="[360001234567]",
    )
    sources: tuple[str, ...] = setting(
        texts,
        "Channels that it serves, by Zendesk's names: `web`, `ios`, `android`, `whatsapp`, "
        "`instagram`; all by default.",
        default=(),
        example="[web, whatsapp]",
    )
    otherwise: str = setting(
        text,
        "The switchboard integration that gets all other conversations, or `next`, the one that "
        "the account has after the bot's; the agents by default.",
        default="",
        example="zd-answerBot",
        shown="`agent_workspace`",
    )

    def admits(self, *, brand: str | None, source: str) -> bool:
        """Tell whether the bot serves a conversation.

        Args:
            brand: The id of its brand, if Zendesk tells it.
            source: Its channel by Zendesk's name.
        """
        return (not self.brands or brand in self.brands) and (
            not self.sources or source in self.sources
        )


@dataclass(frozen=True)
class BotSettings:
    """How the bot appears, and when the agents take over from it."""

    name: str = setting(text, "The name under which the bot writes.", default="Bot")
    avatar_url: str | None = setting(
        address,
        "The address of its picture: PNG, JPG or GIF.",
        default=None,
        example="https://shop.example.com/bot.png",
        shown="(none)",
    )
    ai: bool = setting(
        yes_or_no,
        "Whether its messages are marked as a machine's (`AI`): Zendesk shows a notice.",
        default=False,
    )
    typing: bool = setting(
        yes_or_no, "Whether users see that it is writing while it works.", default=True
    )
    answer_within: float = setting(
        seconds,
        "Seconds within which it must have handled a message; else the agents get the "
        "conversation.",
        default=30.0,
    )
    when_silent: Literal["hand_over", "wait"] = setting(
        one_of("hand_over", "wait"),
        "When it says nothing to a message: `hand_over` to the agents, or `wait` for the next one.",
        default="hand_over",
    )
    missed_within: float | None = setting(
        within_a_day,
        "Messages of which no webhook call has told are read at Zendesk; those that are older than "
        "so many seconds, at most a day, are not answered any more "
        "([native.md](native.md#missed-messages)); or `off`.",
        default=3600.0,
    )
    loop_after: int | None = setting(
        number_or_off,
        "Messages in a row that show no person, after which the agents get the conversation: two "
        "machines would answer each other for ever ([native.md](native.md#loops)); or `off`.",
        default=20,
    )
