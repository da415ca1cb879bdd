"""A proof that the caller who asks a Rasa server for its report has its settings.

The webhook secret itself is not sent: another program may listen at the address.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable

HEADER = "X-Handoff-Check"
#: Seconds for which a token is accepted, before and after its time: clocks differ.
_LIFETIME = 300.0


def make_token(secret: str, *, now: float | None = None) -> str:
    """Make a token.

    Args:
        secret: A webhook secret of any connector.
        now: Seconds since the epoch; the present time by default.
    """
    stamp = str(int(time.time() if now is None else now))
    return f"{stamp}:{_digest(secret, stamp)}"


def is_valid_token(token: str | None, secrets: Iterable[str], *, now: float | None = None) -> bool:
    """Tell whether a token was made with one of the secrets, a short time ago.

    Args:
        token: The header's value.
        secrets: The webhook secrets of all connectors.
        now: Seconds since the epoch; the present time by default.
    """
    stamp, _, digest = (token or "").partition(":")
    given = digest.encode("utf-8", "backslashreplace")
    matches = [hmac.compare_digest(given, _digest(each, stamp).encode()) for each in secrets]
    if not any(matches):
        return False
    return abs((time.time() if now is None else now) - int(stamp)) <= _LIFETIME


def _digest(secret: str, stamp: str) -> str:
    message = f"zendesk-handoff check {stamp}".encode("utf-8", "backslashreplace")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
