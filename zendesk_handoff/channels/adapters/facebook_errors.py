"""Refusals of Messenger, as errors with words for the agent.

Meta's page "Common Error Codes"
(https://developers.facebook.com/docs/messenger-platform/error-codes).
"""

from __future__ import annotations

from typing import Any

from zendesk_handoff.channels.adapters.refusals import http_refusal
from zendesk_handoff.errors import NotDelivered

#: After these the same message can be taken later: failures of Meta's, and limits on the rate.
_MAY_REPEAT = frozenset({2, 4, 17, 32, 613, 1200, 80006})
_UNTIL_THEY_WRITE = (
    "24 hours after the user's last message Messenger takes no more until they write"
)
#: The subcode of a file that is too large: of those with words the one that concerns a message.
_TOO_LARGE = 2018109
_NOT_AVAILABLE = "the user is not available: they have blocked the page or left"
_NO_PERMISSION = "the page's app may not write to this user: it lacks a permission"
_RATE = "the page sends too many messages"
_WORDS_BY_SUBCODE = {
    2018001: "Messenger knows no such user of this page",
    2018065: _UNTIL_THEY_WRITE,
    2018278: _UNTIL_THEY_WRITE,
    _TOO_LARGE: "the file is too large for Messenger",
    1545041: _NOT_AVAILABLE,
}
#: Codes that concern the user or the page: Messenger takes no other message either.
_OF_ACCESS = frozenset({10, 190, 200, 230, 368, 551})
_WORDS_BY_CODE = {
    4: _RATE,
    10: _NO_PERMISSION,
    32: _RATE,
    190: "the page's access token is not valid",
    200: _NO_PERMISSION,
    230: _NO_PERMISSION,
    368: "Meta has blocked the page for a time",
    551: _NOT_AVAILABLE,
    613: _RATE,
    80006: _RATE,
}


def refusal(error: dict[str, Any], status: int | None, retry_after: str | None) -> NotDelivered:
    """Make the error of a refused message. Meta's own text may quote it, so it is not used.

    Args:
        error: The field ``error`` of the answer.
        status: The HTTP status, where it is known.
        retry_after: The header ``Retry-After``.
    """
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    words = _WORDS_BY_SUBCODE.get(subcode) or _WORDS_BY_CODE.get(code) or ""
    may_repeat = (
        code in _MAY_REPEAT
        or error.get("is_transient") is True
        or status in {408, 429}
        or (status or 0) >= 500
    )
    if subcode in _WORDS_BY_SUBCODE:
        may_repeat = False
    numbers = "/".join(str(each) for each in (code, subcode) if each)
    reason = f"Messenger refused it with error {numbers or status}" + (
        f": {words}" if words else ""
    )
    return NotDelivered(
        reason,
        may_repeat=may_repeat,
        is_of_form=subcode == _TOO_LARGE
        or not (subcode in _WORDS_BY_SUBCODE or code in _OF_ACCESS),
        retry_after=http_refusal(429, retry_after=retry_after).retry_after,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
