"""The bot's intents for the request, for "yes" and for "no", and examples of those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rasa.shared.core.domain import Domain
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from zendesk_handoff.importer.examples import examples_of
from zendesk_handoff.importer.options import REQUEST, Options
from zendesk_handoff.importer.rules import Names

#: As many of our examples must stand under an intent of the bot's to show what it means.
_LEAST_IN_COMMON = 2


def find_names(
    domain: Domain, nlu: TrainingData, options: Options, *, language: str, offers: bool
) -> Names:
    """Find the bot's intents for a handover.

    Args:
        domain: The bot's own.
        nlu: Its own examples.
        options: The importer's.
        language: The bot's language.
        offers: Whether a person is offered, and "yes" and "no" have to be heard.

    Raises:
        InvalidConfigException: An option names an intent that the domain has not.
    """
    named = {"affirm": options.affirm, "deny": options.deny}
    named |= {"intent": None if options.intent == REQUEST else options.intent}
    for option, name in named.items():
        if name is not None and name not in domain.intents:
            raise InvalidConfigException(
                f"The importer's option `{option}` in config.yml is {name!r}, which is no intent "
                "of the domain. Write the name of one that is, or leave the option out."
            )
    if not offers:
        return Names(options.intent, None, None)
    return Names(
        options.intent,
        options.affirm or _find("affirm", domain, nlu, language),
        options.deny or _find("deny", domain, nlu, language),
    )


def missing_examples(
    names: Names, nlu: TrainingData, *, language: str, request: bool
) -> TrainingData:
    """Make examples for "yes" and "no" where the bot has none, and for the request where wanted.

    Args:
        names: The bot's intents.
        nlu: The bot's own examples; none of their texts is repeated.
        language: The bot's language.
        request: Whether the request gets examples.
    """
    taken = {_plain(text) for text, _ in _labelled(nlu)}
    taught = {intent for _, intent in _labelled(nlu)}
    wanted = {"affirm": names.affirm, "deny": names.deny}
    wanted = {key: name for key, name in wanted.items() if name not in taught}
    if request:
        wanted["request"] = names.request
    return TrainingData(
        [
            Message(data={TEXT: text, INTENT: name})
            for key, name in wanted.items()
            if name is not None
            for text in examples_of(language)[key]
            if _plain(text) not in taken
        ]
    )


def is_taught(intent: str, nlu: TrainingData) -> bool:
    """Tell whether the bot has examples of an intent."""
    return any(name == intent for _, name in _labelled(nlu))


def _find(meaning: str, domain: Domain, nlu: TrainingData, language: str) -> str:
    """Find an intent by its usual name, else by the examples that it has in common with ours."""
    if meaning in domain.intents:
        return meaning
    ours = {_plain(text) for text in examples_of(language)[meaning]}
    found = Counter(
        intent
        for text, intent in _labelled(nlu)
        if intent in domain.intents and _plain(text) in ours
    )
    best = found.most_common(1)
    return best[0][0] if best and best[0][1] >= _LEAST_IN_COMMON else meaning


def _labelled(nlu: TrainingData) -> Iterator[tuple[str, str]]:
    for example in nlu.intent_examples:
        yield example.get(TEXT) or "", example.get(INTENT)


def _plain(text: str) -> str:
    """Drop what does not tell two examples apart: case and punctuation."""
    return " ".join("".join(c if c.isalnum() else " " for c in text).casefold().split())
