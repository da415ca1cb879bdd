"""Text from outside, changed so that it cannot act on the program or the person that reads it.

Characters that people need are kept: joiners and variation selectors are parts of emoji and of
Persian words, and the plain direction marks (LRM, RLM, ALM) put punctuation into its place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import regex

from zendesk_handoff.domain.dialogue import Dialogue

#: Embeddings, overrides and isolates (Unicode Standard Annex 9), which show a text in another order
#: than that in which a program reads it.
_DIRECTION_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_JOINERS = "\u200c\u200d"
#: What a program may drop between two characters that it reads as neighbours.
_DROPPED = r"[\p{Default_Ignorable_Code_Point}\p{Cf}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]*"
# The characters that are one of the shorthand's, or end or begin with it, after a compatibility
# normalisation (Unicode Standard Annex 15, NFKC).
_SIGNS = {
    "%": "%\ufe6a\uff05",
    "!": "!\u203c\u2048\ufe15\ufe57\uff01",
    "&": "&\ufe60\uff06",
}
_PARENTHESIS = (
    "[(\u207d\u208d\u2474-\u2487\u249c-\u24b5\u3200-\u321e\u3220-\u3243\ufe35\ufe59\uff08"
    "\U0001f110-\U0001f129]"
)
_BRACE = "[{\ufe37\ufe5b\uff5b]"
_BRACKET = "[\\[\ufe47\uff3b]"
_OPENINGS = "|".join((_BRACKET, *(f"{each}{_DROPPED}{each}" for each in (_PARENTHESIS, _BRACE))))
_SHORTHAND = regex.compile(f"[{''.join(_SIGNS.values())}](?={_DROPPED}(?:{_OPENINGS}))")
#: Signs that look much the same, have the same length, and are made into the ASCII ones by no
#: normalisation: the Arabic percent sign, the letter for a click, the turned ampersand.
_HARMLESS = {
    each: harmless
    for sign, harmless in (("%", "\u066a"), ("!", "\u01c3"), ("&", "\u214b"))
    for each in _SIGNS[sign]
}
#: Without one of these, as nearly all texts are, there is nothing to remove or to alter.
_MAY_ACT = regex.compile(f"[{''.join([*_HARMLESS, *map(chr, _DIRECTION_CONTROLS)])}]")
#: Where Markdown joins a label to an address: inline, by reference, and in a reference's definition
#: (CommonMark, section Links).
_LINK_JOINT = regex.compile(rf"\]{_DROPPED}(?=[(\[:])")
#: Letters and symbols that are shown as nothing, with which a line can be filled up to its end.
_BLANKS = dict.fromkeys([0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0], " ")


def without_direction_controls(text: str) -> str:
    """Remove the characters that turn the direction in which a text is shown.

    Args:
        text: From outside.
    """
    return text.translate(_DIRECTION_CONTROLS)


def is_shown(character: str) -> bool:
    """Tell whether a character may stand in a file's name.

    Args:
        character: One character. A joiner is allowed: words of Persian and emoji need it.
    """
    return unicodedata.category(character)[0] != "C" or character in _JOINERS


def is_one_line(text: str) -> bool:
    """Tell whether a text is one line of shown characters, as a name is.

    Args:
        text: From outside. Joiners are allowed: Persian names have them.
    """
    return all(each.isprintable() or each in _JOINERS for each in text)


def as_one_line(text: str, longest: int) -> str:
    """Write a text as ``is_one_line`` has it.

    Args:
        text: From outside.
        longest: Characters at most; what goes beyond is cut off.
    """
    shown = (" " if each.isspace() else each for each in text if each.isspace() or is_shown(each))
    return " ".join("".join(shown).split())[:longest].strip()


def without_shorthand(text: str) -> str:
    """Alter Zendesk's shorthand, so that it is mere text.

    Zendesk makes buttons, pictures and templates of ``%[…](…)``, ``![](…)``, ``%((…))%``,
    ``%{{…}}%`` and ``&((…))&`` in any text that is posted (page "Shorthand syntax"), and
    ``%((switchboard:passControl))%`` moves control of the conversation. The text keeps its length,
    so that a part of a long message stays within Zendesk's limit.

    Args:
        text: From outside.
    """
    return str(_SHORTHAND.sub(lambda found: _HARMLESS[found[0]], text))


def harmless(value: Any, *, verbatim: frozenset[str] = frozenset()) -> Any:
    """Apply both rules to every text of a JSON value.

    Args:
        value: A text, a list, a mapping, or anything else, which is left alone.
        verbatim: Keys of mappings whose values are left alone.
    """
    if isinstance(value, str):
        if not _MAY_ACT.search(value):
            return value
        return without_shorthand(without_direction_controls(value))
    if isinstance(value, Mapping):
        return {
            key: each if key in verbatim else harmless(each, verbatim=verbatim)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [harmless(each, verbatim=verbatim) for each in value]
    return value


def quotable(text: str) -> str:
    """Prepare a text for a quotation within lines of ours.

    No Markdown link can hide its address, direction controls are gone, and characters that look
    like nothing are spaces, which the quotation collapses.

    Args:
        text: From outside.
    """
    plain = without_direction_controls(text).translate(_BLANKS)
    return str(_LINK_JOINT.sub("] ", plain))


def quotable_dialogue(dialogue: Dialogue) -> Dialogue:
    """Prepare every message, entity and slot of a conversation for a quotation.

    Args:
        dialogue: The conversation. A secret in it is found by the masks only without the
            characters that this removes.
    """
    turns = tuple(
        replace(
            turn,
            text=quotable(turn.text),
            entities=tuple(replace(each, value=quotable(each.value)) for each in turn.entities),
        )
        for turn in dialogue.turns
    )
    slots = {name: quotable_value(value) for name, value in dialogue.slots.items()}
    return replace(dialogue, turns=turns, slots=slots)


def quotable_value(value: Any) -> Any:
    """Prepare every text of a value for a quotation.

    Args:
        value: A text, a list or a mapping; anything else stays as it is.
    """
    return _map_texts(value, quotable)


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _map_texts(each, change) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map_texts(each, change) for each in value]
    return value
