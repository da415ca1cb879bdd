"""Rules for what is known of a user: name, e-mail address, locale.

The limits are those of the Conversations API's schema ``profile``.
"""

from __future__ import annotations

import re

MAX_NAME = 128
MAX_EMAIL = 128
MAX_LOCALE = 64

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


def is_email(text: str) -> bool:
    """Tell whether a text has the shape of an e-mail address that Zendesk takes.

    Args:
        text: Without surrounding white space.
    """
    return len(text) <= MAX_EMAIL and _EMAIL.fullmatch(text) is not None


def is_locale(text: str) -> bool:
    """Tell whether a text has the shape of a language tag: ``en``, ``pt-BR``.

    Args:
        text: Without surrounding white space.
    """
    return len(text) <= MAX_LOCALE and _LOCALE.fullmatch(text) is not None
