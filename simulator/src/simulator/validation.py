"""Validation of request bodies by the limits of the API reference, in Zendesk's wording."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from .errors import bad_request
from .records import Json

TRIGGERS = frozenset(
    """
    client:add client:remove client:update conversation:create conversation:join
    conversation:leave conversation:remove conversation:message
    conversation:message:delivery:channel conversation:message:delivery:failure
    conversation:message:delivery:user conversation:postback conversation:read
    conversation:referral passthrough:messaging conversation:typing switchboard:acceptControl
    switchboard:acceptControl:failure switchboard:offerControl switchboard:offerControl:failure
    switchboard:passControl switchboard:passControl:failure switchboard:releaseControl
    user:merge user:update user:remove
    """.split()
)
"""All trigger names (Conversations API: Webhooks). Case-sensitive."""

METADATA_LIMIT = 4096
_URI = re.compile(r"https?://\S+", re.IGNORECASE)
_SWITCHBOARD_INTEGRATION_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


def parsed(raw: bytes, *, optional: bool = False) -> Json:
    """Return the JSON object of a request body.

    Args:
        raw: The body.
        optional: Whether the body may be absent (Conversations API: `ReleaseControl`).
    """
    if not raw.strip() and optional:
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise bad_request("Invalid JSON in request body") from None
    if not isinstance(body, dict):
        raise bad_request("should be object")
    return body


def required(body: Json, name: str) -> Any:
    """Return a required property."""
    if body.get(name) is None:
        raise bad_request(f"should have required property '{name}'")
    return body[name]


def string(body: Json, name: str, *, limit: int, at_least: int = 1) -> str | None:
    """Return a string property within its length, or None where it is absent or null."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise bad_request(f"{name} should be string")
    if len(value) < at_least:
        raise bad_request(f"{name} should NOT be shorter than {at_least} characters")
    if len(value) > limit:
        raise bad_request(f"{name} should NOT be longer than {limit} characters")
    return value


def boolean(body: Json, name: str) -> bool | None:
    """Return a boolean property, or None."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise bad_request(f"{name} should be boolean")
    return value


def uri(body: Json, name: str, *, limit: int = 2048) -> str | None:
    """Return an http(s) address, or None."""
    value = string(body, name, limit=limit)
    if value is not None and not _URI.fullmatch(value):
        raise bad_request(f'{name} should match format "uri"')
    return value


def obj(body: Json, name: str) -> Json | None:
    """Return an object property, or None."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad_request(f"{name} should be object")
    return value


def array(body: Json, name: str, *, at_least: int, at_most: int) -> list[Json]:
    """Return a list of objects of the right length."""
    value = required(body, name)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise bad_request(f"{name} should be array of objects")
    if not at_least <= len(value) <= at_most:
        raise bad_request(f"{name} should have {at_least} to {at_most} items")
    return value


def metadata(body: Json, *, whose: str, refused: Sequence[str] = ()) -> Json | None:
    """Return metadata: a flat object of at most 4,096 bytes.

    Args:
        body: An object that may have the property `metadata`.
        whose: First word of the error's title, such as `Conversation`.
        refused: Keys that it must not have.
    """
    value = obj(body, "metadata")
    if value is None:
        return None
    for name, one in value.items():
        if name in refused:
            raise bad_request(f"metadata.{name} is not valid")
        if one is not None and not isinstance(one, (str, int, float, bool)):
            raise bad_request(f"metadata.{name} should be string, number or boolean")
    if len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()) > METADATA_LIMIT:
        raise bad_request(f"{whose} metadata is limited to {METADATA_LIMIT} bytes in size.")
    return dict(value)


def profile(body: Json) -> Json | None:
    """Return a user's profile (Conversations API: `profile`)."""
    value = obj(body, "profile")
    if value is None:
        return None
    for name in ("givenName", "surname"):
        string(value, name, limit=128)
    string(value, "locale", limit=64)
    uri(value, "avatarUrl")
    email = string(value, "email", limit=128)
    if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise bad_request('profile.email should match format "email"')
    return dict(value)


def triggers(body: Json) -> list[str]:
    """Return the triggers of a webhook, which must be known ones."""
    value = required(body, "triggers")
    if not isinstance(value, list):
        raise bad_request("triggers should be array")
    for one in value:
        if one not in TRIGGERS:
            raise bad_request(f"Invalid trigger: {one}")
    return list(value)


def switchboard_integration_name(body: Json) -> str:
    """Return the name of a switchboard integration: letters, digits, `-`, `_`."""
    value = required(body, "name")
    if not isinstance(value, str) or not _SWITCHBOARD_INTEGRATION_NAME.fullmatch(value):
        raise bad_request("name may have letters, digits, - and _ only, 128 at most")
    return value


def length(text: str, unit: str) -> int:
    """Count the characters of a text: UTF-16 units or code points."""
    return len(text.encode("utf-16-le")) // 2 if unit == "utf16" else len(text)
