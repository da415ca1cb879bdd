"""Phrases by which a user leaves the agent, and how they are recognised in what people type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from zendesk_handoff.domain.language import ENGLISH, language_of

#: The payload of the plugin's own buttons that end a session.
END_PAYLOAD = "/end_handoff"
#: The payload of Rasa by which a user starts from the beginning.
RESTART_PAYLOAD = "/restart"
#: By language; the first phrase is the one that users are told.
PHRASES: Mapping[str, Sequence[str]] = {
    "en": ("end chat", "back to the bot", "talk to the bot", "stop"),
    "de": ("Chat beenden", "zurück zum Bot", "Stopp"),
    "es": ("terminar chat", "volver al bot", "parar"),
    "fr": ("terminer le chat", "retour au bot", "arrêter"),
}
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
#: Those of Latin letters, which many leave out; in other scripts a mark makes another letter.
_ACCENTS = re.compile("[\u0300-\u036f]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def every_phrase() -> list[str]:
    """List the phrases of all languages."""
    return [phrase for phrases in PHRASES.values() for phrase in phrases]


class Phrases:
    """Recognises phrases in any case, with any punctuation, spaces or emoji around the words.

    Accents may be missing, and umlauts spelled out.

    Args:
        phrases: Words, or payloads, which begin with a slash.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        """Prepare the phrases for the comparison."""
        self._known = {form for each in phrases for form in _forms(each)}

    def __contains__(self, text: str) -> bool:
        """Tell whether a text is nothing but one of the phrases."""
        return not self._known.isdisjoint(_forms(text))


class EndPhrases(Phrases):
    """Recognises the phrases that end a session.

    Args:
        phrases: Those of the settings. ``/end_handoff`` and ``/restart`` are known in any case.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        """Prepare the phrases for the comparison."""
        super().__init__((*phrases, END_PAYLOAD, RESTART_PAYLOAD))


def phrase_for(locale: str | None, configured: Iterable[str]) -> str:
    """Choose the phrase that a user is told: in their language, if there is one.

    Args:
        locale: The user's language, as a BCP 47 tag.
        configured: The phrases of the settings.
    """
    given = list(configured)
    known = {_normal(each) for each in given}
    for phrase in (*PHRASES.get(language_of(locale), ()), *given, *PHRASES[ENGLISH]):
        if not phrase.startswith("/") and _normal(phrase) in known:
            return phrase
    return given[0] if given else END_PAYLOAD


def is_restart(text: str) -> bool:
    """Tell whether a text is Rasa's own payload for a new beginning.

    Args:
        text: A user's.
    """
    return _normal(text) == _normal(RESTART_PAYLOAD)


def _forms(text: str) -> set[str]:
    """Reduce a text to its words, without accents and with umlauts spelled out."""
    words = _normal(text)
    spelled = words.translate(_SPELLED_OUT)
    return {_without_accents(words), _without_accents(spelled)}


def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))


def _normal(text: str) -> str:
    """Reduce a text to its words; a payload stays one, whatever follows its intent."""
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    is_payload = text.startswith("/")
    if is_payload:
        text = re.split(r"[{@]", text, maxsplit=1)[0]  # entities; the bot's name, in groups
    words = _BETWEEN_WORDS.sub(" ", text).strip()
    return f"/{words}" if is_payload else words or text
