"""JSON of Zendesk's that is not quite of its schemas: what can be read of it is read. No I/O.

One field that nobody needs must not cost a message: a ``null`` where the schema has a text, or half
of an emoji where another program has cut a name.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

#: Fields that are left out of one value, at most.
_MAX_LEFT_OUT = 50
#: The place of an error in msgspec's words: `$.author.subtypes`, `$[3].received`, `$.content[...]`.
_PLACE = re.compile(r" - at `\$([^`]*)`$")
_decoder: Any = cache(msgspec.json.Decoder)
_IS_NUMBER = re.compile(r"Expected `str(?: \| null)?`, got `int`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def repair(body: bytes) -> bytes:
    """Replace the halves of surrogate pairs, and bytes that are no UTF-8.

    Writers of JSON escape such a half (ECMA-262, ``JSON.stringify``), and msgspec refuses it.

    Args:
        body: A text that cannot be decoded.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    found = json.loads(body.decode("utf-8", "replace"))
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")


def decode(body: bytes) -> Any:
    """Decode a text.

    Args:
        body: JSON.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(repair(body))


def decode_as(as_type: type[T], body: bytes | msgspec.Raw) -> T:
    """Decode a text to a type; optional fields of another type are left out.

    Args:
        as_type: The type.
        body: JSON.

    Raises:
        ValueError: It is no JSON, or what must be there is absent or has another type.
        RecursionError: It is nested too deeply.
    """
    try:
        found: T = _decoder(as_type).decode(body)
        return found
    except msgspec.ValidationError as error:
        try:
            return convert(decode(bytes(body)), as_type)
        except ValueError:
            raise error from None


def convert(value: Any, as_type: type[T]) -> T:
    """Convert decoded JSON to a type; optional fields of another type are left out.

    Of a list of records, those that cannot be read are left out, too.

    Args:
        value: As decoded; it is changed where it is not of the type.
        as_type: The type.

    Raises:
        msgspec.ValidationError: What must be there is absent, or has another type.
    """
    first: msgspec.ValidationError | None = None
    for _ in range(_MAX_LEFT_OUT):
        try:
            return msgspec.convert(value, as_type)
        except msgspec.ValidationError as error:
            first = first or error
            if not _leave_out(value, str(error)):
                break
    assert first is not None, "each round has failed"
    raise first


def _leave_out(value: Any, error: str) -> bool:
    """Leave the field out that an error is about; tell whether there is one.

    A number becomes the text that is expected in its place: Zendesk has ids of both kinds.
    """
    place = _PLACE.search(error)
    path = place[1].partition("[...]")[0] if place else ""
    steps = [name or int(number) for name, number in _STEP.findall(path)]
    if not steps:
        return False
    *parents, last = steps
    try:
        for step in parents:
            value = value[step]
        if _IS_NUMBER.match(error):
            value[last] = str(value[last])
        elif isinstance(last, int) and parents:
            return False  # a list within a record is read as a whole
        else:
            del value[last]
    except (KeyError, IndexError, TypeError):
        return False
    return True
