"""The labels of a summary, one file a language."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from zendesk_handoff.domain.language import ENGLISH, language_of


@dataclass(frozen=True)
class Labels:
    """The labels of a summary.

    Attributes:
        why: Before the reason of the handover.
        proven: Before the name and address that the site around the chat has signed.
        channel: Before those that the user's platform has told.
        told: Before those that were told by the user.
        wants: Before the user's request.
        facts: Before the facts from slots and the user's messages.
        was_in: Before the flow that was under way.
        step: Before the slot that it waits for.
        bot: Before the bot's answers.
        failed: Before the messages that the bot did not understand.
        mood: Before the signs of frustration.
        last: Above the last messages.
        user: Before a message of the user.
        agent: Before a message of the bot.
        yes: The user accepted; a slot is true.
        no: The user declined; a slot is false.
        page: Before the address of the page on which the user is.
        browser: Before the name of the user's browser.
        conversation: Before the address of the bot's conversation.
        left_out: In place of the beginning of a long conversation.
        asked_for_human: The reason where nothing else is known.
    """

    why: str
    proven: str
    channel: str
    told: str
    wants: str
    facts: str
    was_in: str
    step: str
    bot: str
    failed: str
    mood: str
    last: str
    user: str
    agent: str
    yes: str
    no: str
    page: str
    browser: str
    conversation: str
    left_out: str
    asked_for_human: str


@cache
def languages() -> tuple[str, ...]:
    """List the languages that have labels."""
    names = (entry.name for entry in (files(__package__) / "languages").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


def labels_of(locale: str | None) -> Labels:
    """Look up the labels of a locale's language; English where there is no file for it.

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
