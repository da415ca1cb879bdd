"""Calls of a trigger's webhook: verification of the signature and parsing. No I/O.

A trigger notifies a webhook of Zendesk Support, with a body that an admin writes: docs/ends.md
has it (developer.zendesk.com: Webhooks, Verifying webhook authenticity; support.zendesk.com:
article 4408886858138, placeholders).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from zendesk_handoff.domain.inbox import epoch
from zendesk_handoff.errors import InvalidPayload, InvalidSignature

SIGNATURE_HEADER = "x-zendesk-webhook-signature"
TIMESTAMP_HEADER = "x-zendesk-webhook-signature-timestamp"
#: Seconds that a call may be old, or ahead of this machine's clock. Zendesk repeats one within a
#: minute, if at all (developer.zendesk.com: Webhooks, "Webhook retries").
REPLAY_WINDOW = 300.0
#: The beginning of a reference that is a tag: tags are words in lower case.
TAG_PREFIX = "rasa_session_"

_REFERENCE = re.compile(rf"(?:{TAG_PREFIX})?([0-9a-f]{{32}})")
_BETWEEN_TAGS = re.compile(r"[\s,]+")
#: References of one call. Sessions that share a ticket may each have left one.
_MAX_REFERENCES = 100
_HAS_SECONDS = re.compile(r"T\d\d:\d\d:\d\d")


@dataclass(frozen=True)
class TicketEvent:
    """What a trigger tells of a ticket.

    Args:
        id: The same for the same call.
        kind: ``solved`` or ``closed``; any other means nothing.
        references: Of sessions, as far as the texts have the form of one.
        at: When it happened, at the latest, in seconds since the epoch.
    """

    id: str
    kind: str
    references: tuple[str, ...] = field(repr=False)
    at: float


class _Body(msgspec.Struct):
    event: str
    reference: Any = ""
    tags: Any = ""
    updated_at: Any = ""


_body = msgspec.json.Decoder(_Body)


def verify_signature(
    given: str | None, timestamp: str | None, body: bytes, secrets: Iterable[str], *, now: float
) -> float:
    """Check the signature of a call: base64 of an HMAC-SHA256 over timestamp and body.

    It is compared in constant time, as raw bytes, with that of every valid secret, so that secrets
    can be rotated.

    Args:
        given: The header with the signature.
        timestamp: The header with the time of the signature, ISO 8601.
        body: The raw body.
        secrets: All signing secrets that are valid now.
        now: Seconds since the epoch.

    Returns:
        When the call was signed, in seconds since the epoch.

    Raises:
        InvalidSignature: It is none of theirs, or too old.
    """
    stamp, offered = _raw(timestamp), _raw(given)
    digests = [hmac.digest(secret.encode(), stamp + body, hashlib.sha256) for secret in secrets]
    matches = [hmac.compare_digest(offered, base64.b64encode(digest)) for digest in digests]
    if not any(matches):
        raise InvalidSignature("The signature is not made with this connector's signing secret.")
    signed_at = epoch(timestamp or "")
    if signed_at is None or abs(now - signed_at) > REPLAY_WINDOW:
        raise InvalidSignature("The call was not signed within the last five minutes.")
    return signed_at


def parse_ticket_event(body: bytes, *, signed_at: float) -> TicketEvent:
    """Parse the body of a call.

    Args:
        body: The raw body.
        signed_at: When the call was signed, in seconds since the epoch.

    Raises:
        InvalidPayload: It is no JSON object with a text ``event``.
    """
    try:
        found = _body.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidPayload("The body is no JSON object with an `event`.") from None
    return TicketEvent(
        id=hashlib.sha256(f"{signed_at}:".encode() + body).hexdigest()[:48],
        kind=found.event,
        references=tuple(dict.fromkeys(_references(found)))[:_MAX_REFERENCES],
        at=_happened_at(found.updated_at, signed_at),
    )


def _references(body: _Body) -> Iterator[str]:
    tags = body.tags if isinstance(body.tags, list) else [body.tags]
    for text in (body.reference, *tags):
        if isinstance(text, str):
            for word in _BETWEEN_TAGS.split(text):
                match = _REFERENCE.fullmatch(word)
                if match:
                    yield match[1]


def _happened_at(updated_at: Any, signed_at: float) -> float:
    """Return the end of the second, or minute, in which the ticket was updated.

    A call may be signed long after that. The placeholder's resolution differs between sources.
    """
    latest = math.floor(signed_at) + 1.0
    text = updated_at if isinstance(updated_at, str) and len(updated_at) < 64 else ""
    updated = epoch(text)
    if updated is None:
        return latest
    resolution = 1.0 if _HAS_SECONDS.search(text) else 60.0
    return min(math.floor(updated) + resolution, latest)


def _raw(header: str | None) -> bytes:
    return (header or "").encode("utf-8", "surrogatepass")
