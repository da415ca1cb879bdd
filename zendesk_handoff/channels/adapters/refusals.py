"""Refusals of platforms, as errors with a reason for the agent."""

from __future__ import annotations

from zendesk_handoff.errors import NotDelivered

#: Statuses below 500 after which the same request may succeed later.
_MAY_REPEAT = frozenset({408, 425, 429})
#: Statuses that concern the bot's access, or the place: no other message is taken either.
_OF_ACCESS = frozenset({401, 404, 410})
_LONGEST_WORDS = 160


def http_refusal(
    status: int,
    words: str = "",
    *,
    retry_after: object = None,
    may_repeat: bool | None = None,
    is_of_form: bool | None = None,
) -> NotDelivered:
    """Make the error of a response that refuses a message.

    Args:
        status: The HTTP status.
        words: The platform's own, such as an error code; never a part of the message.
        retry_after: The header ``Retry-After``, or seconds.
        may_repeat: Whether a repeat can help, where the platform tells more than by its status.
        is_of_form: Whether the platform may take another form of the message, where it tells.
    """
    said = " ".join(words.split())[:_LONGEST_WORDS]
    reason = f"the channel answered {status}" + (f" ({said})" if said else "")
    if may_repeat is None:
        may_repeat = status in _MAY_REPEAT or status >= 500
    return NotDelivered(
        reason,
        may_repeat=may_repeat,
        retry_after=_seconds(retry_after),
        is_of_form=status not in _OF_ACCESS if is_of_form is None else is_of_form,
    )


def no_connection() -> NotDelivered:
    """Make the error of a platform that could not be reached."""
    return NotDelivered("the channel could not be reached", may_repeat=True)


def _seconds(value: object) -> float | None:
    try:
        seconds = float(str(value))
    except ValueError:  # none, or a date
        return None
    return seconds if 0 <= seconds < 86_400 else None
