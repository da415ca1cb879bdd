"""The extractive summary: made of the dialogue's own words, offline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from zendesk_handoff import frustration
from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.language import language_of
from zendesk_handoff.domain.redaction import PAYMENT, mask, mask_dialogue
from zendesk_handoff.domain.untrusted_text import quotable, quotable_dialogue
from zendesk_handoff.summary.bot_answers import (
    answers_to_thanks,
    before_the_case,
    last_answer,
    not_understood,
)
from zendesk_handoff.summary.budget import Budget, default_words, digest_words, shorten
from zendesk_handoff.summary.candidates import Candidate, candidates_of
from zendesk_handoff.summary.facts import (
    Item,
    Line,
    choose,
    in_order,
    named_facts,
    widen,
    without_corrected,
    without_repeated,
    words_in,
)
from zendesk_handoff.summary.labels import Labels, labels_of
from zendesk_handoff.summary.layout import flow_line, labelled, last_messages
from zendesk_handoff.summary.phrases import plain_text, without_signature
from zendesk_handoff.summary.request import SMALL_TALK, find_request, in_one_line
from zendesk_handoff.summary.user_lines import user_lines

#: The least length of the request in words, and its share of the digest beyond some words.
_REQUEST_MIN = 8
_REQUEST_SHARE = 0.7
_REQUEST_BASE = 14
#: The share of the signs of frustration, and their number.
_MOOD_SHARE = 0.25
_SIGNS = 2
#: The share of the messages that the bot did not understand, and the words of each.
_FAILURE_SHARE = 0.4
_QUOTE_WORDS = 12
#: The addition to the score of the bot's last answer, and the longest answer in words.
_ANSWER_BOOST = 0.25
_ANSWER_WORDS = 30
#: An answer of at most so many words is not shortened: its meaning may be in common words.
_WHOLE_ANSWER = 20


def summarize(
    dialogue: Dialogue,
    *,
    reason: str | None = None,
    locale: str | None = None,
    agent_language: str | None = None,
    max_words: int | None = None,
    redact: Collection[str] = PAYMENT,
) -> str:
    """Summarise a dialogue for the agent who takes it over.

    Args:
        dialogue: The dialogue and its slots.
        reason: The reason of the handover.
        locale: The user's language; the dialogue's own by default.
        agent_language: Language of the labels; by default the user's.
        max_words: Words of the summary, at most; by default it grows with the dialogue.
        redact: Kinds of personal data to mask, see `zendesk_handoff.domain.redaction.KINDS`.

    Returns:
        Plain text of at most 4,096 UTF-16 units, the limit of a Zendesk message.
    """
    # Before anything is shortened, so that no half of a card number remains.
    dialogue = mask_dialogue(quotable_dialogue(dialogue), kinds=redact)
    reason = mask(quotable(reason), kinds=redact) if reason else ""
    locale = locale or dialogue.locale
    labels, language = labels_of(agent_language or locale), language_of(locale)
    user = user_lines(dialogue, labels)
    extra = [f"{label} {text}" for label, text in user] + [flow_line(dialogue, labels)]
    words = sum(len(line.split()) for line in extra)
    budget = Budget(default_words(dialogue) + words if max_words is None else max_words)
    part = budget.part(digest_words(dialogue) + len(reason.split()) + words)
    digest = _digest(dialogue, reason, labels, language, agent_language or locale, part)
    budget.charge(part)
    return "\n".join([*digest, *last_messages(dialogue, budget, labels, parted=bool(digest))])


def _digest(
    dialogue: Dialogue,
    reason: str,
    labels: Labels,
    language: str,
    agent_language: str | None,
    budget: Budget,
) -> list[str]:
    """Write the lines above the last messages; the most useful ones are charged first."""
    turns = dialogue.turns
    why = labelled(labels.why, reason, budget, words=budget.words // 2) if reason else ""
    user = [
        labelled(label, text, budget, words=budget.words)
        for label, text in user_lines(dialogue, labels)
    ]
    flow = labelled("", flow_line(dialogue, labels), budget, words=budget.words)
    mood = _mood(dialogue, reason, labels, agent_language, budget)
    candidates = [
        candidate
        for candidate in without_corrected(candidates_of(turns, language=language), turns, language)
        if not turns[candidate.turn].about_handover  # neither a fact nor an answer to the case
    ]
    ends = answers_to_thanks(turns, candidates, language=language)
    candidates = [candidate for candidate in candidates if candidate.turn not in ends]
    request = find_request(turns, candidates)
    answer = last_answer(turns, candidates, after=-1 if request is None else request)
    items: list[Item] = []
    if request is not None:
        items += _request_line(dialogue, request, labels, language, budget)
    failed = _failures(dialogue, labels, budget)
    for item in named_facts(dialogue, labels):
        label = "" if any(each.line == "facts" for each in items) else labels.facts
        if budget.spend(f"{label} {item.short}"):
            items.append(item)
    preliminary = before_the_case(turns, candidates, request=request)
    informative = [
        candidate
        for candidate in candidates
        if turns[candidate.turn].intent not in SMALL_TALK
        and candidate.turn not in preliminary
        and not candidate.bare
    ]
    items += choose(
        _boosted(informative, answer),
        turns,
        budget,
        items,
        labels,
        request=request,
        language=language,
    )
    if not items and request is not None:  # one endless word, for example
        text = plain_text(turns[request].text)
        text = shorten(text, budget.words - len(labels.wants.split()), budget.characters // 2)
        items = (
            [Item("wants", request, text, text, 1.0, text)]
            if budget.spend(f"{labels.wants} {text}")
            else []
        )
    if answer is not None:
        items = _in_clauses(items, dialogue, answer, labels, language, budget)
    items = without_repeated(items, budget, [failed])
    items = widen(items, budget)
    items = in_order(without_repeated(items, budget, [failed]))
    lines: list[Line] = ["wants", "facts", "bot"]
    texts = {line: "; ".join(item.short for item in items if item.line == line) for line in lines}
    body = [f"{getattr(labels, line)} {text}" for line, text in texts.items() if text]
    return [line for line in (why, *user, flow, *body, failed, mood) if line]


def _mood(
    dialogue: Dialogue, reason: str, labels: Labels, agent_language: str | None, budget: Budget
) -> str:
    """Name the signs of frustration over the threshold that the reason does not name."""
    found = frustration.score(dialogue, locale=agent_language)
    signs = "; ".join([sign for sign in found.reasons if sign not in reason][:_SIGNS])
    if not found.escalate or not signs or len(signs.split()) > budget.words * _MOOD_SHARE:
        return ""
    return labelled(labels.mood, signs, budget, words=budget.words)


def _failures(dialogue: Dialogue, labels: Labels, budget: Budget) -> str:
    """Quote the messages that the bot did not understand, the last ones within the budget."""
    quoted = [f"“{shorten(text, _QUOTE_WORDS)}”" for text in not_understood(dialogue.turns)]
    for start in range(len(quoted)):
        line = f"{labels.failed} {'; '.join(quoted[start:])}"
        if len(line.split()) <= budget.words * _FAILURE_SHARE and budget.spend(line):
            return line
    return ""


def _request_line(
    dialogue: Dialogue, turn: int, labels: Labels, language: str, budget: Budget
) -> list[Item]:
    share = int((budget.words - _REQUEST_BASE) * _REQUEST_SHARE)
    words = max(min(_REQUEST_MIN, budget.words - 2), share)
    text = in_one_line(dialogue.turns[turn].text, words, language=language)
    if text and budget.spend(f"{labels.wants} {text}"):
        return [Item("wants", turn, text, text, 1.0, text)]
    return []


def _boosted(candidates: list[Candidate], answer: int | None) -> list[Candidate]:
    return [
        replace(candidate, score=min(1.0, candidate.score + _ANSWER_BOOST))
        if candidate.turn == answer
        else candidate
        for candidate in candidates
    ]


def _in_clauses(
    items: list[Item],
    dialogue: Dialogue,
    answer: int,
    labels: Labels,
    language: str,
    budget: Budget,
) -> list[Item]:
    """Replace phrases of the bot's last answer by its whole clauses, within the budget.

    A refusal in the user's own words has no chosen phrase, but its clauses are added as well.
    """
    lines = [item for item in items if item.line == "bot"]
    chosen = [item for item in lines if item.turn == answer]
    spent = sum(len(item.short.split()) for item in chosen)
    text = in_one_line(
        without_signature(dialogue.turns[answer].text),
        min(spent + budget.words, _ANSWER_WORDS),
        language=language,
        whole=_WHOLE_ANSWER,
    )
    covered = all(words_in(item.short) <= words_in(text) for item in chosen)
    if not text or not covered or (lines and not chosen):
        return items
    for item in chosen:
        budget.refund(item.short)
    if not budget.spend(text if lines else f"{labels.bot} {text}"):
        for item in chosen:
            budget.spend(item.short)
        return items
    return [item for item in items if item not in chosen] + [
        Item("bot", answer, text, text, 1.0, text)
    ]
