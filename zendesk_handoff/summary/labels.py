"""What the summary's labels are called in the user's language, one file a language."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from zendesk_handoff.summary.words import ENGLISH, language_of


@dataclass(frozen=True)
class Labels:
    """The words of a summary that nobody said.

    Attributes:
        why: Before the reason of the handover.
        wants: Before what the user came for.
        facts: Before what the user and the slots tell.
        bot: Before what the bot answered.
        failed: Before what the bot did not understand.
        mood: Before the signs of frustration.
        last: Above the last messages.
        user: Before a message of the user.
        agent: Before a message of the bot.
        yes: The user accepted; a slot is true.
        no: The user declined; a slot is false.
        asked_for_human: The reason where nothing else is known.
    """

    why: str
    wants: str
    facts: str
    bot: str
    failed: str
    mood: str
    last: str
    user: str
    agent: str
    yes: str
    no: str
    asked_for_human: str


def labels_of(locale: str | None) -> Labels:
    """Give the labels of a locale's language; English where there is no file for it.

    Args:
        locale: A BCP 47 tag such as ``de-AT``.
    """
    return _read(language_of(locale))


@cache
def _read(language: str) -> Labels:
    folder = files(__package__) / "languages"
    path = folder / f"{language}.json"
    if not language.isalpha() or not path.is_file():
        path = folder / f"{ENGLISH}.json"
    table: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return Labels(**{field.name: table[field.name] for field in fields(Labels)})
