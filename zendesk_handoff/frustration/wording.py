"""What one message sounds like, as a handful of numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import sqrt

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from zendesk_handoff.frustration.phrases import ENGLISH, phrase_book, tokens_of

#: Groups of the word lists that are signs of trouble, in whatever mixture they come.
TROUBLE = (
    "profanity oath outrage anger failure waiting repetition ignored blame leaving demand "
    "rhetorical money"
).split()

#: Groups that count by themselves.
COUNTED = (
    "profanity oath insult exasperation outrage anger failure waiting repetition ignored blame "
    "leaving demand rhetorical negation money others refusing gratitude polite"
).split()

#: Groups that turn praise into sarcasm.
_GRUMBLING = ("exasperation", "outrage", "failure", "waiting", "anger", "ignored")
#: Groups that carry a negative sentiment where no lexicon tells.
_BAD = ("profanity", "oath", "insult", "outrage", "anger")

_NOISE = re.compile(r"https?://\S+|(?<!\w)@\w+")
_ENTITIES = (("&amp;", "&"), ("&gt;", ">"), ("&lt;", "<"))
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_CAPITALS = re.compile(r"\b[A-Z]{4,}\b")
_LETTERS = re.compile(r"[^\W\d_]")
_DOUBLED = re.compile(r"\?{2,}|!\?|\?!|!{2,}")
_CHEERFUL = re.compile("[😊🙂😀😁😄😃❤💕👍🙏☺😍🎉💯😂😋🤗😉👏🙌]|[:;]-?[)D]")
_GRIM = re.compile("[😡😠🤬😤👎😒🙄😑😐😞😩😫🖕💩😖😣🤦😭😢🙃]|:-?[(/\\\\]")
_FEW = 4  # words; in fewer, a share of negative ones says little
_RAGE = re.compile("[🤬😡🖕👿]")
_MOST_SHOUTING = 0.4  # some people always write in capitals
_LONGEST = 1000  # characters that are looked at; nobody types more in anger
_BRIEF = 20  # words; below it a message is the briefer the fewer it has


def clean(text: str) -> str:
    """Drop links and @names, and undo HTML entities."""
    text = text[:_LONGEST]
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return _NOISE.sub(" ", text)


def wording(text: str, *, language: str = ENGLISH) -> dict[str, float]:
    """Measure one message of the user.

    Args:
        text: The message.
        language: Which word list to use. The sentiment lexicon (VADER) knows English alone.

    Returns:
        Numbers between 0 and about 2 by name; 0 always means "no sign of it".
    """
    text = clean(text)
    tokens = tokens_of(text)
    found = phrase_book(language).find(tokens)
    counts = {group: sqrt(min(len(found.get(group, ())), 3)) for group in COUNTED}
    if language == ENGLISH:
        negative, positive, worst = _sentiment(text)
        negative *= min(1.0, len(tokens) / _FEW)  # a bare "no" is all negative, and no anger
    else:
        negative, positive, worst = _estimated_sentiment(found, len(tokens))
    letters = len(_LETTERS.findall(text))
    shouted = sum(map(len, _CAPITALS.findall(text)))
    grumbling = any(counts[group] for group in _GRUMBLING)
    sarcastic = "sarcasm" in found and (grumbling or counts["negation"] > 0)
    if sarcastic:  # praise that comes with a complaint is none
        counts["gratitude"] = positive = 0.0
    return counts | {
        "exasperation": max(counts["exasperation"], float(_RAGE.search(text) is not None)),
        "negative": negative,
        "positive": positive,
        "worst_sentence": worst,
        "signs": sum(counts[group] > 0 for group in TROUBLE) / 5,
        "sarcasm": float(sarcastic),
        "directed": float("addressed" in found and ("insult" in found or "profanity" in found)),
        "request": float("request" in found),
        "brevity": max(0.0, 1 - len(tokens) / _BRIEF),
        "shouting": min(_MOST_SHOUTING, shouted / max(letters, 12)),
        "question": float("?" in text),
        "doubled_marks": float(_DOUBLED.search(text) is not None),
        "cheerful": float(_CHEERFUL.search(text) is not None),
        "grim": float(_GRIM.search(text) is not None),
    }


@lru_cache(maxsize=1)
def _analyser() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def _sentiment(text: str) -> tuple[float, float, float]:
    """Give the share of negative words, how positive all is, and how negative the worst part."""
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
    """Give what the lexicon would, from our own lists: English messages set the proportions."""
    bad = sum(len(found.get(group, ())) for group in _BAD)
    good = len(found.get("gratitude", ()))
    return min(1.0, bad / max(length, 3)), min(1.0, 0.45 * good), min(1.0, 0.45 * bad)
