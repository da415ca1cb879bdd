"""Rules for what is known of a user: name, e-mail address, locale.

The limits are those of the Conversations API's schema `profile`.
"""

from __future__ import annotations

import re

MAX_NAME = 128
MAX_EMAIL = 128
MAX_LOCALE = 64

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


def is_email(text: str) -> bool:
    """Check whether a text has the shape of an e-mail address that Zendesk accepts.

    Args:
        text: Without surrounding white space.
    """
    return len(text) <= MAX_EMAIL and _EMAIL.fullmatch(text) is not None


def is_locale(text: str) -> bool:
    """Check whether a text has the shape of a language tag: ``en``, ``pt-BR``.

    Args:
        text: Without surrounding white space.
    """
    return len(text) <= MAX_LOCALE and _LOCALE.fullmatch(text) is not None


def build_profile(*, name: str = "", email: str = "", locale: str = "") -> dict[str, str]:
    """Build a profile within Zendesk's limits, from texts of any origin.

    A long name is cut. Anything else is cut and left out if it does not have its shape.

    Args:
        name: The full name; its first word is the given name.
        email: An e-mail address.
        locale: A language tag.

    Returns:
        ``givenName``, ``surname``, ``email``, ``locale``, those that are not empty.
    """
    given, _, surname = name.strip()[: 2 * MAX_NAME].partition(" ")
    email, locale = email.strip()[:MAX_EMAIL], locale.strip()[:MAX_LOCALE]
    profile = {
        "givenName": given[:MAX_NAME],
        "surname": surname.strip()[:MAX_NAME],
        "email": email if is_email(email) else "",
        "locale": locale if is_locale(locale) else "",
    }
    return {key: value for key, value in profile.items() if value}
