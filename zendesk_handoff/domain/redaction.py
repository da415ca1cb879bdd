"""Masking of personal data in text before it leaves the bot.

Payment data is masked by default: card numbers (by issuer, length and Luhn checksum, so that an
order number stays), IBANs (by their checksum) and secrets that are announced in words ("my PIN is
…"). E-mail addresses and telephone numbers are masked on request, since an agent often needs them.
`mask_dialogue` also masks what is only recognisable in a whole dialogue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from stdnum import iban, luhn

from zendesk_handoff.domain.dialogue import Dialogue, Turn

PAYMENT = frozenset({"card", "iban", "secret"})
CONTACT = frozenset({"email", "phone"})
KINDS = PAYMENT | CONTACT

SECRET = "[secret]"

#: Separators between the digits of one number, within a message or across several.
_SEPARATOR = (
    r"(?:[\s.,/_|–-]{1,3}|\s*(?:and then|then|and|next|dash|space|und dann|dann|und|strich|"
    r"y luego|luego|y|guion)[\s:,]+)"
)
_DIGITS = re.compile(rf"(?<!\d)\d+(?:{_SEPARATOR}\d+)*(?!\d)", re.IGNORECASE)
#: First digit of a card number, and the lengths its issuers use (ISO/IEC 7812, issuers' own pages).
_CARD_LENGTHS = {
    "2": (16,),
    "3": (14, 15, 16),
    "4": (13, 16, 19),
    "5": (16,),
    "6": (16, 17, 18, 19),
}
#: The longest group of digits in a card number that is written in several groups.
_MAX_GROUP = 8
#: Digits of the longest number that is masked, an IBAN.
_MAX_DIGITS = 34
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[\s-]{0,2}[A-Za-z0-9]){11,34}")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w/.-])(?:\+|00)?\d[\d ()/.-]{6,17}\d(?![\w/-])")

#: Words that announce a secret, in English, German and Spanish.
_SECRET_WORDS = (
    r"pass(?:word|code|phrase)|pwd|pw|pin(?:[ -]?(?:code|number|nummer))?|"
    r"cvv2?|cvc2?|csc|(?:card )?security (?:code|number)|"
    r"(?:one[- ]time|verification|sms|login) (?:code|password)|otp|tan|secret (?:answer|word)|"
    r"passwort|kennwort|prüf(?:ziffer|nummer)|sicherheits(?:code|nummer)|geheimzahl|geheimnummer|"
    r"contraseña|clave|código de (?:seguridad|verificación)"
)
_FILLER = r"(?:(?:still|now|just|actually|really|immer noch|noch|jetzt|ahora|todavía)\s+)?"
_VALUE = r"(?P<value>\"[^\"\n]{1,64}\"|“[^”\n]{1,64}”|'[^'\n]{1,64}'|\S+)"
_LINK = r"(?:\s+(?:for|of|to|von|für|de|del|para)\s+(?:\w+\s+){1,3}?)?"
_SECRET = re.compile(
    rf"\b(?P<name>{_SECRET_WORDS})(?P<link>(?:'s\s|{_LINK}\s*(?:\b(?:is|was|are|ist|war|lautet|es|"
    rf"era)\b|[:=]))[\s:=]*{_FILLER}){_VALUE}",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    rf"\b(?P<name>{_SECRET_WORDS})(?P<link>\s+(?:to|auf|in|a|por)\s+)(?P<value>(?=\S*\d)\S{{4,}})",
    re.IGNORECASE,
)
_BARE_SECRET = re.compile(rf"\b(?P<name>{_SECRET_WORDS})(?P<link>\s+)(?P<value>\d{{3,8}})\b", re.I)
_NAMES_SECRET = re.compile(rf"\b(?:{_SECRET_WORDS})\b", re.IGNORECASE)

#: Words that follow "is" if it announces no secret ("my password is wrong").
_NOT_A_SECRET = frozenset(
    "a also always an and being blocked broken correct de der ein eine expired falsch forgotten "
    "gesperrt gone in incorrect incorrecta inválida invalid invalida locked lost missing my needed "
    "never nicht no not nun refused rejected required right still that the this to too ungültig "
    "unknown wasn't weg what where why wrong".split()
)
#: Answers to a question for a secret that do not contain it.
_NOT_AN_ANSWER = _NOT_A_SECRET | frozenset(
    "yes yeah nope ok okay sure why how help human agent person forgot cancel stop thanks hello "
    "ja nein warum hilfe vergessen danke mensch sí si por gracias ayuda olvidé persona".split()
)
#: Shorter secrets, other than numbers, are not masked elsewhere: they occur in ordinary words.
_MIN_REPEATED = 4
#: Joins messages while they are masked together; counts as white space.
_JOINT = "\x1e"


def mask(text: str, *, kinds: Collection[str] = PAYMENT) -> str:
    """Replace personal data in a text by a placeholder that names its kind.

    Args:
        text: The text.
        kinds: The kinds to mask, out of `KINDS`; an empty collection masks nothing.

    Raises:
        ValueError: A kind is unknown.
    """
    if unknown := set(kinds) - KINDS:
        raise ValueError(f"unknown kinds to mask: {', '.join(sorted(unknown))}")
    for kind, rule in _RULES.items():
        if kind in kinds:
            text = rule(text)
    return text


def mask_dialogue(dialogue: Dialogue, *, kinds: Collection[str] = PAYMENT) -> Dialogue:
    """Mask personal data in a whole conversation: every message, entity and slot.

    This recognises more than `mask`: a number in two messages, the answer to the bot's question
    for a password, a slot named after a secret, and a secret that is repeated unannounced.

    Args:
        dialogue: The conversation.
        kinds: The kinds to mask, out of `KINDS`.
    """
    hide = _hider(dialogue, kinds)
    texts = {
        speaker: iter(
            hide(
                _JOINT.join(
                    turn.text.replace(_JOINT, " ")
                    for turn in dialogue.turns
                    if turn.speaker == speaker
                )
            ).split(_JOINT)
        )
        for speaker in ("user", "bot")
    }
    turns = []
    for turn in dialogue.turns:
        entities = tuple(
            replace(each, value=_hide_value(each.name, each.value, hide, kinds))
            for each in turn.entities
        )
        turns.append(replace(turn, text=next(texts[turn.speaker]), entities=entities))
    slots = {name: _hide_value(name, each, hide, kinds) for name, each in dialogue.slots.items()}
    facts = tuple(each._replace(value=hide(each.value)) for each in dialogue.user_facts)
    return replace(dialogue, turns=tuple(turns), slots=slots, user_facts=facts)


def value_masker(
    dialogue: Dialogue, *, kinds: Collection[str] = PAYMENT
) -> Callable[[str, Any], Any]:
    """Make a function that masks a value from outside the conversation as a slot of it.

    Args:
        dialogue: The conversation, whose secrets may be repeated there.
        kinds: The kinds to mask, out of `KINDS`.

    Returns:
        A function of the value's name and the value: a text, a number, a list, a mapping.
    """
    hide = _hider(dialogue, kinds)
    return lambda name, value: _hide_value(name, value, hide, kinds)


def _hider(dialogue: Dialogue, kinds: Collection[str]) -> Callable[[str], str]:
    """Make a function that masks a text, and the conversation's secrets that it repeats."""
    secrets = _secrets(dialogue) if "secret" in kinds else set()
    repeated = (
        re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(secrets)))})(?!\w)")
        if secrets
        else None
    )

    def hide(text: str) -> str:
        return mask(repeated.sub(SECRET, text) if repeated else text, kinds=kinds)

    return hide


def _secrets(dialogue: Dialogue) -> set[str]:
    """Collect the secrets that were announced, asked for, or stored in a slot named after one."""
    found: set[str] = set()
    is_asked = False
    for turn in dialogue.turns:
        for pattern in (_SECRET, _CHANGED, _BARE_SECRET):
            found.update(filter(None, map(_announced, pattern.finditer(turn.text))))
        if turn.speaker == "user" and is_asked:
            found.update(_answers(turn))
        is_asked = turn.speaker == "bot" and _NAMES_SECRET.search(turn.text) is not None
        found.update(each.value for each in turn.entities if _is_secret_name(each.name))
    for name, value in dialogue.slots.items():
        if _is_secret_name(name) and isinstance(value, (str, int)) and not isinstance(value, bool):
            found.add(str(value))
    return {value for value in found if len(value) >= _MIN_REPEATED or value.isdigit()} - {""}


def _answers(turn: Turn) -> Iterable[str]:
    """Find the words that may be a secret in an answer to a question for one."""
    words = [word.strip(".,;:!?\"'") for word in turn.text.split()]
    if len(words) == 1 and words[0].lower() not in _NOT_AN_ANSWER:
        return words
    return [word for word in words if len(word) > 2 and any(map(str.isdigit, word))]


def _hide_value(name: str, value: Any, hide: Callable[[str], str], kinds: Collection[str]) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, (str, int, float)):
        if "secret" in kinds and _is_secret_name(name):
            return SECRET
        is_whole = isinstance(value, float) and value.is_integer()
        text = str(int(value) if is_whole else value)  # as it will be written
        hidden = hide(text)
        return value if hidden == text else hidden
    if isinstance(value, Mapping):
        return {key: _hide_value(str(key), each, hide, kinds) for key, each in value.items()}
    if isinstance(value, Iterable):
        items = [_hide_value(name, each, hide, kinds) for each in value]
        # The items are shown in one line, in which a number in parts would be whole again; in many
        # items there is one by chance.
        joined = ", ".join(str(each) for each in items if isinstance(each, (str, int, float)))
        is_one_number = sum(map(str.isdigit, joined)) <= _MAX_DIGITS
        hidden = hide(joined) if is_one_number else joined
        return items if hidden == joined else [hidden]
    return value


def _is_secret_name(name: str) -> bool:
    return _NAMES_SECRET.search(re.sub(r"[_\W]+", " ", name)) is not None


def _announced(found: re.Match[str]) -> str:
    """Return the secret that a match announces; empty if it announces none."""
    value = found["value"].strip(".,;!?\"'“”)")
    return "" if value.lower() in _NOT_A_SECRET or value.startswith("[") else value


def _mask_secrets(text: str) -> str:
    def replace_value(found: re.Match[str]) -> str:
        value = _announced(found)
        if not value:
            return found[0]
        return f"{found['name']}{found['link']}" + found["value"].replace(value, SECRET, 1)

    for pattern in (_SECRET, _CHANGED, _BARE_SECRET):
        text = pattern.sub(replace_value, text)
    return text


def _mask_ibans(text: str) -> str:
    def replace_iban(found: re.Match[str]) -> str:
        section = found[0]
        # The match may include words after the IBAN: try every end of a word, longest first.
        for end in [word.end() for word in re.finditer(r"\w+", section)][::-1]:
            number = re.sub(r"[\s-]", "", section[:end])
            if iban.is_valid(number):
                return f"[IBAN …{number[-4:]}]{_joints(section[:end])}{section[end:]}"
        return section

    return _IBAN.sub(replace_iban, text)


def _mask_cards(text: str) -> str:
    def replace_card(found: re.Match[str]) -> str:
        section, masked = found[0], ""
        groups = [*re.finditer(r"\d+", section)]
        first = 0
        rest_from = 0
        while first < len(groups):
            last = _card_end(groups, first)
            if last is None:
                first += 1
                continue
            card = section[groups[first].start() : groups[last].end()]
            digits = re.sub(r"\D", "", card)
            masked += section[rest_from : groups[first].start()]
            masked += f"[card …{digits[-4:]}]{_joints(card)}"
            rest_from = groups[last].end()
            first = last + 1
        return masked + section[rest_from:]

    return _DIGITS.sub(replace_card, text)


def _card_end(groups: list[re.Match[str]], first: int) -> int | None:
    """Find the last group of the card number that begins with the group ``first``, if any."""
    digits = ""
    for last in range(first, len(groups)):
        digits += groups[last][0]
        if len(digits) > 19 or (last > first and len(groups[last][0]) > _MAX_GROUP):
            return None
        if len(digits) in _CARD_LENGTHS.get(digits[0], ()) and luhn.is_valid(digits):
            return last
    return None


def _joints(text: str) -> str:
    return _JOINT * text.count(_JOINT)


def _mask_phones(text: str) -> str:
    def replace_phone(found: re.Match[str]) -> str:
        digits = sum(map(str.isdigit, found[0]))
        return f"[phone]{_joints(found[0])}" if 7 <= digits <= 15 else found[0]

    return _PHONE.sub(replace_phone, text)


_RULES: dict[str, Callable[[str], str]] = {
    "secret": _mask_secrets,
    "iban": _mask_ibans,
    "card": _mask_cards,
    "email": lambda text: _EMAIL.sub("[e-mail]", text),
    "phone": _mask_phones,
}
