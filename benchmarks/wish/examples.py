"""Examples of what users say, written out from templates. See README.md for the format."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from tools.paths import ROOT
from zendesk_handoff.wish.features import split_words
from zendesk_handoff.wish.kinds import Kind

FOLDER = Path(__file__).parent
#: The NLU data of the demo bot, in English: intents that are no request, or by kind.
DEMO = ROOT / "data" / "nlu"
DEMO_KINDS = {"human_handoff": Kind.EXPLICIT, "contact_support": Kind.NUMBER}

#: How often a template is written out.
MOST = 12
#: The same in English, whose templates have longer lists.
MOST_IN_ENGLISH = 24
#: The evaluation sets, of which no line may be an example.
SETS = ROOT / "tests" / "data"
#: The words that a line must have to be anybody's own, and the likeness of a copy in percent.
PHRASE = 5
ALIKE = 95

_PART = re.compile(r"\[([^\]]*)\]|\{(\w+)\}")


@dataclass(frozen=True)
class Example:
    """One line that a user may say.

    Attributes:
        text: The line.
        kind: What it is.
        source: The line of the file that it was written out from.
        is_foreign: Whether it is in a language of no model.
    """

    text: str
    kind: Kind
    source: str
    is_foreign: bool = False


def read_words(language: str) -> dict[str, list[str]]:
    """Read the word classes of a language, spelled as the features are."""
    stored = yaml.safe_load((FOLDER / "words" / f"{language}.yml").read_text("utf-8"))
    return {name: list(dict.fromkeys(split_words(words).tokens)) for name, words in stored.items()}


def read_examples(language: str) -> list[Example]:
    """Read the examples of a language, and those in languages of no model.

    Args:
        language: The name of the file, such as `en`.

    Returns:
        Each text once, sorted, so that no order of files or lines makes a difference.
    """
    stored = yaml.safe_load((FOLDER / "examples" / f"{language}.yml").read_text("utf-8"))
    lists = stored.pop("lists")
    most = MOST_IN_ENGLISH if language == "en" else MOST
    found = [
        Example(text, Kind(kind), line)
        for kind, groups in stored.items()
        for lines in groups.values()
        for line in lines.splitlines()
        for text in write_out(line, lists, most)
    ]
    if language == "en":
        found += _of_the_demo_bot()
    foreign = yaml.safe_load((FOLDER / "examples" / "other.yml").read_text("utf-8"))
    found += [
        Example(line, Kind.OTHER, line, is_foreign=True)
        for lines in foreign.values()
        for line in lines.splitlines()
    ]
    # Reversed, so that the first of a text stays: an explicit line beside a template, for example.
    once = sorted({example.text: example for example in reversed(found)}.values(), key=_text)
    copies = in_a_set([example.text for example in once])
    return [example for example, is_copy in zip(once, copies, strict=True) if not is_copy]


def in_a_set(texts: Sequence[str]) -> list[bool]:
    """Find the texts that are a line of an evaluation set, or nearly so.

    A template may be written out to such a line by chance. A line of few words may well stand in
    both: "real person please", "can I talk to you".
    """
    lines = [line for line in map(_plain, _lines_of_sets()) if len(line.split()) > PHRASE]
    plain = [_plain(text) for text in texts]
    long = [number for number, text in enumerate(plain) if len(text.split()) >= PHRASE]
    found = [False] * len(texts)
    near = process.cdist(
        [plain[number] for number in long], lines, scorer=fuzz.ratio, score_cutoff=ALIKE
    )
    for number, scores in zip(long, near, strict=True):
        found[number] = bool(scores.any())
    return found


def _lines_of_sets() -> list[str]:
    sets = [yaml.safe_load(file.read_text("utf-8")) for file in sorted(SETS.glob("requests_*.yml"))]
    return [
        line
        for each in sets
        for groups in each.values()
        for lines in groups.values()
        for line in lines.splitlines()
    ]


def _plain(text: str) -> str:
    return " ".join(split_words(text).tokens)


def write_out(line: str, lists: Mapping[str, Sequence[str]], most: int = MOST) -> list[str]:
    """Write a template out.

    Args:
        line: The template; a line without alternatives is one too.
        lists: The items by the name of the list.
        most: How many texts to return at most.

    Returns:
        All texts if there are few, else some by chance: always the same for the same line.
    """
    return list(dict.fromkeys(" ".join(text.split()) for text in _all_of(line, lists, most)))


def _all_of(line: str, lists: Mapping[str, Sequence[str]], most: int) -> list[str]:
    parts = list(_parts(line, lists, most))
    if prod(map(len, parts)) <= most:
        return list(map("".join, product(*parts)))
    chance = random.Random(line)
    return ["".join(map(chance.choice, parts)) for _ in range(most)]


def _parts(line: str, lists: Mapping[str, Sequence[str]], most: int) -> Iterator[Sequence[str]]:
    """Split a template into parts, each with its alternatives, which may be templates too."""
    start = 0
    for match in _PART.finditer(line):
        yield [line[start : match.start()]]
        alternatives, name = match.groups()
        items = lists[name] if name else alternatives.split("|")
        yield [text for item in items for text in _all_of(item, lists, most)]
        start = match.end()
    yield [line[start:]]


def _of_the_demo_bot() -> list[Example]:
    from rasa.shared.nlu.training_data.loading import load_data

    return [
        Example(one.get("text"), DEMO_KINDS.get(one.get("intent"), Kind.OTHER), one.get("text"))
        for one in load_data(str(DEMO)).intent_examples
    ]


def _text(example: Example) -> str:
    return example.text
