"""Results of Rasa's NLU, to be compared digit by digit."""

from __future__ import annotations

import json


def as_bytes(parsed: object) -> bytes:
    """Write a result with every digit, in the order of its keys."""
    return json.dumps(parsed, default=float).encode()
