"""The language of a locale tag."""

from __future__ import annotations

#: The language where none is known, or where a text or a list is missing in the known one.
ENGLISH = "en"
#: The key of a message's metadata under which the Rasa server records the bot's language, for the
#: action server. What others write under it is removed.
LANGUAGE_KEY = "handoff_language"


def language_of(locale: str | None) -> str:
    """Read the language of a locale tag: ``de`` for ``de_AT`` or ``de-CH``, ``fil`` for ``fil-PH``.

    Args:
        locale: A BCP 47 tag, or a Java-like one; English where it is not known.
    """
    return (locale or ENGLISH).replace("_", "-").split("-")[0].strip().lower() or ENGLISH
