"""Features of the wording of one message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import sqrt

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from zendesk_handoff.domain.language import ENGLISH
from zendesk_handoff.frustration.phrases import phrase_book, tokens_of

#: Groups of the word lists that are counted together as signs of frustration.
SIGNS = (
    "profanity mild_profanity outrage anger failure waiting repetition ignored blame leaving "
    "demand rhetorical money"
).split()

#: Groups that are features of their own.
COUNTED = (
    "profanity mild_profanity insult exasperation outrage anger failure waiting repetition ignored "
    "blame leaving demand rhetorical negation third_parties refusing gratitude polite"
).split()

#: Groups that make praise in the same message sarcasm.
_COMPLAINTS = ("exasperation", "outrage", "failure", "waiting", "anger", "ignored")
#: Groups of negative sentiment, for languages without a lexicon.
_NEGATIVE = ("profanity", "mild_profanity", "insult", "outrage", "anger")

_NOISE = re.compile(r"https?://\S+|(?<!\w)@\w+")
_ENTITIES = (("&amp;", "&"), ("&gt;", ">"), ("&lt;", "<"))
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_CAPITALS = re.compile(r"\b[A-Z]{4,}\b")
_LETTERS = re.compile(r"[^\W\d_]")
_DOUBLED = re.compile(r"\?{2,}|!\?|\?!|!{2,}")
_POSITIVE_EMOJI = re.compile("[😊🙂😀😁😄😃❤💕👍🙏☺😍🎉💯😂😋🤗😉👏🙌]|[:;]-?[)D]")
_NEGATIVE_EMOJI = re.compile("[😡😠🤬😤👎😒🙄😑😐😞😩😫🖕💩😖😣🤦😭😢🙃]|:-?[(/\\\\]")
_FEW = 4  # words; in fewer, the share of negative ones means little
_RAGE = re.compile("[🤬😡🖕👿]")
_MAX_SHOUTING = 0.4  # some people always write in capitals
MAX_LENGTH = 1000  # characters of a message that are read


def clean(text: str) -> str:
    """Drop links and @names, and undo HTML entities."""
    text = text[:MAX_LENGTH]
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return _NOISE.sub(" ", text)


@lru_cache(maxsize=1024)
def words_in(text: str) -> tuple[str, ...]:
    """Split a message into its words, cached because each is read with those that follow it."""
    return tuple(tokens_of(clean(text)))


@lru_cache(maxsize=256)
def wording(text: str, *, language: str = ENGLISH) -> Mapping[str, float]:
    """Measure one message of the user, cached because the messages after it read it again.

    Args:
        text: The message.
        language: The language of the word list. The sentiment lexicon (VADER) is English.

    Returns:
        Features between 0 and about 2 by name; 0 always means "no sign of it".
    """
    text = clean(text)
    tokens = tokens_of(text)
    found = phrase_book(language).find(tokens)
    counts = {group: sqrt(min(len(found.get(group, ())), 3)) for group in COUNTED}
    if language == ENGLISH:
        negative, positive, worst = _sentiment(text)
        negative *= min(1.0, len(tokens) / _FEW)  # a bare "no" is entirely negative, but not angry
    else:
        negative, positive, worst = _estimated_sentiment(found, len(tokens))
    letters = len(_LETTERS.findall(text))
    shouted = sum(map(len, _CAPITALS.findall(text)))
    complaining = any(counts[group] for group in _COMPLAINTS)
    sarcastic = "sarcasm" in found and (complaining or counts["negation"] > 0)
    if sarcastic:  # praise beside a complaint is not meant as such
        counts["gratitude"] = positive = 0.0
    return counts | {
        "exasperation": max(counts["exasperation"], float(_RAGE.search(text) is not None)),
        "negative": negative,
        "positive": positive,
        "worst_sentence": worst,
        "signs": sum(group in found for group in SIGNS) / 5,
        "sarcasm": float(sarcastic),
        "directed": float("addressed" in found and ("insult" in found or "profanity" in found)),
        "shouting": min(_MAX_SHOUTING, shouted / max(letters, 12)),
        "question": float("?" in text),
        "doubled_marks": float(_DOUBLED.search(text) is not None),
        "positive_emoji": float(_POSITIVE_EMOJI.search(text) is not None),
        "negative_emoji": float(_NEGATIVE_EMOJI.search(text) is not None),
    }


@lru_cache(maxsize=1)
def _analyser() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def _sentiment(text: str) -> tuple[float, float, float]:
    """Measure the share of negative words, the positive whole, and the most negative sentence."""
    analyser = _analyser()
    whole = analyser.polarity_scores(text)
    parts = [part for part in _SENTENCE_END.split(text) if part.strip()]
    if len(parts) > 1:
        worst = min(analyser.polarity_scores(part)["compound"] for part in parts[:6])
    else:
        worst = whole["compound"]
    return whole["neg"], max(0.0, whole["compound"]), max(0.0, -worst)


def _estimated_sentiment(
    found: Mapping[str, Sequence[str]], length: int
) -> tuple[float, float, float]:
    """Estimate the lexicon's values from the word lists, in proportion to English messages."""
    bad = sum(len(found.get(group, ())) for group in _NEGATIVE)
    good = len(found.get("gratitude", ()))
    return min(1.0, bad / max(length, 3)), min(1.0, 0.45 * good), min(1.0, 0.45 * bad)
