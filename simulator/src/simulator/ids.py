"""Ids as the API assigns them: 24 hexadecimal digits, later ones sort higher."""

from __future__ import annotations

import itertools
import re
import secrets
import time

_process = secrets.token_hex(5)
_counter = itertools.count(secrets.randbelow(0x100000))
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HEX_24 = re.compile(r"[0-9a-f]{24}")


def new_id() -> str:
    """Return a new id: seconds, process, counter (the form of the API reference's examples)."""
    return f"{int(time.time()):08x}{_process}{next(_counter) & 0xFFFFFF:06x}"


def new_ulid() -> str:
    """Return a new ULID, as in the addresses of attachments (`UploadAttachment`)."""
    value = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def is_id(text: object) -> bool:
    """Tell whether a text has the form of an id."""
    return isinstance(text, str) and _HEX_24.fullmatch(text) is not None
