"""Phrases of a message: the stretches of text that carry information."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import unescape
from itertools import pairwise

from zendesk_handoff.domain.language import ENGLISH
from zendesk_handoff.domain.untrusted_text import quotable
from zendesk_handoff.summary.words import Words, formulas_of, words_of

_COUNT = (
    r"(?:\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|tonight|tomorrow)"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)"
_PART = r"(?: (?:in|at) (?:the )?(?:morning|afternoon|evening|night|noon)\b)"

#: Stretches of text that are kept whole: dates, times, amounts.
SPAN = re.compile(
    "|".join(
        (
            rf"\bday after tomorrow\b|\b(?:next|this|last|coming) (?:week(?:end)?|month|{_DAY})\b",
            rf"\b(?:{_ORDINAL} (?:of )?{_MONTH}|{_MONTH} (?:the )?(?:{_ORDINAL}|\d{{1,2}}))\b"
            r"(?:,? (?:19|20)\d\d)?",
            rf"\b(?:the )?{_ORDINAL}(?: of (?:this|next) month)?\b",
            rf"\b(?:quarter|half|{_COUNT}) (?:past|to) {_COUNT}\b{_PART}?(?: [ap]m\b)?",
            rf"\b(?:morning|evening|afternoon) {_COUNT}(?:[:.]\d{{2}})?\b",
            rf"\b{_COUNT}(?:[:.]\d{{2}})?(?: ?[ap]\.?m\b\.?| ?o'?clock\b)?{_PART}",
            rf"\b{_COUNT}(?:[:.]\d{{2}})? ?(?:[ap]\.?m\b\.?|o'?clock\b)",
            rf"\b{_DAY}\b(?: (?:morning|afternoon|evening|night)\b)?",
            r"[$£€] ?\d[\d.,]*\b",
            rf"\b(?:{_COUNT}[ -])+(?:dollars|bucks|pounds|euros?|gbp|usd|eur)\b",
        )
    ),
    re.IGNORECASE,
)

#: Written with a capital wherever they stand.
_ALWAYS_CAPITAL = frozenset(
    "i i'm i've i'd i'll im ok sie ihnen ihr ihre ihren ihrem ihrer".split()
)
#: Words without information that a phrase may bridge.
_GAP = 2
#: The same where one of them means nothing, or the contrary, without the other: "not have a
#: preference on location" is no "location", and a "1430" alone is no time of a wedding.
_WIDE_GAP = 5
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
_EDGES = "^“”\"'()[]{}<>*~`.,;:!?¿¡…-–—"
_ADDRESSED = re.compile(r"(?<!\w)@\w+|https?://\S+")
#: A mask of `zendesk_handoff.domain.redaction` in place of personal data.
_MARK = re.compile(r"\[[^\[\]\n]{1,24}\]")
_WORD = re.compile(r"\[[^\[\]\n]{1,24}\]\S*|\S+")
_INITIAL = re.compile(r"(?:[A-Z]|Dr|Mr|Mrs|Ms|St|Sr|Sra)\.")
#: The next word of a name, after which a comma is not the end of a clause.
_NAME_NEXT = re.compile(r" (?!I\b)[A-Z][\w'-]*")
#: May begin a name, and any sentence.
_ARTICLES = frozenset("a an the der die das el la los las".split())
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
#: The end of a message of a desk's that many people write for: "^AB", "*TBW 2/2", "- Kelly".
_SIGNATURE = re.compile(
    r"(?:(?<=[\s.!?…])(?:\^ ?\w{1,12}|\*[A-Z]{2,3}|[-–] ?[A-Z][a-z]+|/[A-Z]{2,3}|\(?\d/\d\)?)"
    r"|\s|\.{3})+$"
)


@dataclass(frozen=True)
class Token:
    """A word of a text.

    Attributes:
        text: As written, without the punctuation around it.
        plain: In lower case.
        kept: Whether a phrase keeps it.
        ends: Whether a phrase ends with it.
        named: Whether it is written like a name, in the middle of a sentence.
        start: Index of its first character in the text.
        stop: Index after its last character.
    """

    text: str
    plain: str
    kept: bool
    ends: bool
    named: bool
    start: int
    stop: int


@dataclass(frozen=True)
class Phrase:
    """A stretch of text without a longer gap of words that carry no information.

    Attributes:
        short: The words that carry information.
        said: The stretch of text as it was written.
        tokens: The kept words.
        asked: Whether the sentence is a question.
        pronoun: Whether a pronoun is all that stands for its subject: "it" in "it arrived today".
        requested: Whether words of a request precede it: "I am looking for" a room.
        clause: The whole clause that it stands in.
        start: Index of its first character in the message.
    """

    short: str
    said: str
    tokens: tuple[Token, ...]
    asked: bool
    pronoun: bool = False
    requested: bool = False
    clause: str = ""
    start: int = 0

    @property
    def has_digits(self) -> bool:
        """Whether a number in digits is in it."""
        return any(map(str.isdigit, self.short))


def plain_text(text: str) -> str:
    """Undo HTML entities, drop links and @names, and join the lines.

    Args:
        text: The message.
    """
    return " ".join(_ADDRESSED.sub(" ", quotable(unescape(text)).translate(_QUOTES)).split())


def without_signature(text: str) -> str:
    """Drop the initials, names and part numbers behind a message of a desk's.

    Args:
        text: The message of a bot or of an agent.
    """
    return _SIGNATURE.sub("", _ADDRESSED.sub(" ", text))


def tokens_of(text: str, *, language: str = ENGLISH) -> list[Token]:
    """Split a text into words and mark those that a phrase keeps.

    Args:
        text: As `plain_text` gives it.
        language: The language of the word list.
    """
    words = words_of(language)
    spans = [found.span() for found in SPAN.finditer(text)]
    tokens: list[Token] = []
    fresh = True  # at the start of a sentence every word has a capital
    greeting = True  # since the start of the sentence, nothing but words of a greeting
    for found in _WORD.finditer(text):
        raw = found[0]
        mark = _MARK.match(raw)
        core = mark[0] if mark else raw.strip(_EDGES)
        if not core:
            if raw[-1] in ".!?":
                fresh = greeting = True
                tokens[-1:] = [replace(token, ends=True) for token in tokens[-1:]]
            continue
        start = found.start() + raw.find(core)
        plain = core.lower()
        inside = any(first <= start < last for first, last in spans)
        named = core[0].isupper() and not fresh and plain not in _ALWAYS_CAPITAL
        kept = inside or named or plain in words.negations or plain not in words.uninformative
        ends = (
            raw[-1] in ",.;:!?…)"
            and not _INITIAL.fullmatch(raw)
            and not (_goes_on(core, raw) and _NAME_NEXT.match(text, found.end()))
        )
        if greeting and tokens and not fresh and named and ends:  # "Hi Ada, …"
            kept = named = False
        tokens.append(Token(core, plain, kept, ends, named, start, start + len(core)))
        greeting = plain in words.greeting and (greeting or fresh)
        fresh = ends and raw[-1] in ".!?:…"
    return _with_relations(_with_joiners(_with_articles(tokens), words), words)


def _with_articles(tokens: list[Token]) -> list[Token]:
    """Keep the article that begins both a sentence and a name: "The Farewell"."""
    return [
        replace(token, kept=True, named=True)
        if token.plain in _ARTICLES and token.text[0].isupper() and following.named
        else token
        for token, following in zip(tokens, [*tokens[1:], *tokens[-1:]], strict=True)
    ]


def _goes_on(core: str, raw: str) -> bool:
    """Check whether a comma may be part of a name or an address: "Portland, OR", "Main St, 4"."""
    return raw == f"{core}," and (core[0].isupper() or core[0].isdigit())


def _with_joiners(tokens: list[Token], words: Words) -> list[Token]:
    """Keep the joining words of a name, and "of" or "and" between two kept words."""
    result = list(tokens)
    for index, token in enumerate(tokens):
        if token.kept or index == 0 or tokens[index - 1].ends or token.ends:
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following is None or not following.kept:
            continue
        near = tokens[max(index - 3, 0) : index]
        cut = max((number for number, each in enumerate(near, 1) if each.ends), default=0)
        named = following.named and any(each.named for each in near[cut:])
        joined = token.plain in words.joiners and tokens[index - 1].kept
        if named or joined:
            result[index] = replace(token, kept=True)
    return result


def _with_relations(tokens: list[Token], words: Words) -> list[Token]:
    """Keep "from", "after" and the like before a kept word."""
    result = list(tokens)
    related = False
    for index, token in enumerate(tokens):
        if token.plain not in words.relations or token.named:
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        kept = (
            following is not None
            and following.kept
            and not token.ends
            and following.plain not in words.relations | words.verbs | words.negations
        )
        if token.plain in words.relations_before_names and following is not None:
            kept = kept and (related or following.text[:1].isupper())
        related = related or kept
        result[index] = replace(token, kept=kept)
    return result


def phrases_of(text: str, *, language: str = ENGLISH) -> list[Phrase]:
    """Split a text into its phrases.

    Args:
        text: The message, masked.
        language: The language of the word list.
    """
    text = formulas_of(language).sub(" . ", plain_text(text))
    words = words_of(language)
    tokens = tokens_of(text, language=language)
    found: list[Phrase] = []
    start = 0
    for stop, token in enumerate(tokens, 1):
        if token.ends or stop == len(tokens):
            found += _phrases_of_clause(tokens[start:stop], text, words)
            start = stop
    return found


def _phrases_of_clause(clause: Sequence[Token], text: str, words: Words) -> list[Phrase]:
    groups: list[list[Token]] = [[]]
    skipped = 0
    for token in clause:
        if token.kept:
            bound = groups[-1] != [] and (
                groups[-1][-1].plain in words.negations or token.plain.isdigit()
            )
            if skipped > (_WIDE_GAP if bound else _GAP):
                groups.append([])
            groups[-1].append(token)
        skipped = 0 if token.kept else skipped + 1
    return [_phrase(group, clause, text, words) for group in groups if group]


def _phrase(tokens: list[Token], clause: Sequence[Token], text: str, words: Words) -> Phrase:
    start, stop = tokens[0].start, tokens[-1].stop
    mark = _SENTENCE_END.search(text, stop)
    short = tokens[0].text
    for before, token in pairwise(tokens):
        between = text[before.stop : token.start]
        negated = before.plain in words.negations
        short += (" " if any(map(str.isalnum, between)) and not negated else between) + token.text
    ahead = [token for token in clause if token.start < start]
    subject = next((token.plain for token in ahead if token.plain not in words.joiners), "")
    return Phrase(
        short=short,
        said=text[start:stop],
        tokens=tuple(tokens),
        asked=mark is not None and mark[0] == "?",
        pronoun=subject in words.pronouns and not any(token.kept for token in ahead),
        requested=any(token.plain in words.request_verbs for token in ahead),
        clause=text[clause[0].start : clause[-1].stop],
        start=start,
    )
