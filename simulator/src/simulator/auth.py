"""Authentication of API calls: HTTP Basic and JWT (Zendesk's page on API authentication).

Tokens are verified with the standard library alone: clients sign with a JWT library, and the same
library on both sides would accept its own mistakes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .errors import forbidden, not_found, unauthorized
from .records import App, Key


@dataclass(frozen=True)
class Caller:
    """An authenticated caller.

    Args:
        app: The app that it may use.
        key: The key it used.
    """

    app: App
    key: Key

    @property
    def integration_id(self) -> str | None:
        """Return the id of the calling integration, None for an app key."""
        return self.key.integration_id if self.key.scope == "integration" else None

    def need_app_scope(self) -> None:
        """Refuse integrations: apps, integrations, keys and switchboards are not theirs."""
        if self.key.scope != "app":
            raise forbidden()


def authenticate(apps: Iterable[App], app_id: str, header: str | None) -> Caller:
    """Find the caller of a request.

    Args:
        apps: All apps.
        app_id: The app in the path.
        header: The Authorization header.

    Raises:
        ApiError: 401 without valid credentials, 403 for another app's, 404 for no such app.
    """
    found = find_key(apps, header)
    if found is None:
        raise unauthorized()
    app, key = found
    if app.id == app_id:
        return Caller(app, key)
    if any(one.id == app_id for one in apps):
        raise forbidden()
    raise not_found("App")


def find_key(apps: Iterable[App], header: str | None) -> tuple[App, Key] | None:
    """Return the key that a header authenticates, with its app."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(apps, value.strip())
    if scheme.lower() == "bearer":
        return _bearer(apps, value.strip())
    return None


def _key(apps: Iterable[App], key_id: object) -> tuple[App, Key] | None:
    for app in apps:
        if isinstance(key_id, str) and key_id in app.keys:
            return app, app.keys[key_id]
    return None


def _basic(apps: Iterable[App], value: str) -> tuple[App, Key] | None:
    try:
        key_id, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    found = _key(apps, key_id)
    if not colon or found is None:
        return None
    return found if hmac.compare_digest(secret.encode(), found[1].secret.encode()) else None


def _bearer(apps: Iterable[App], token: str) -> tuple[App, Key] | None:
    """Verify a token: HS256, `kid` is the key, `scope` equals the key's, `exp` if there is one."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    header, payload, signature = (_decoded(part) for part in parts)
    if header is None or payload is None or signature is None:
        return None
    head, claims = _object(header), _object(payload)
    # An unsigned token (`alg: none`) is refused here, as any other algorithm is.
    if head is None or claims is None or head.get("alg") != "HS256":
        return None
    found = _key(apps, head.get("kid"))
    if found is None:
        return None
    signed = f"{parts[0]}.{parts[1]}".encode()
    expected = hmac.new(found[1].secret.encode(), signed, hashlib.sha256).digest()
    if not hmac.compare_digest(signature, expected):
        return None
    if claims.get("scope") != found[1].scope:
        return None
    # The wall clock, not the simulator's: moving that ahead must not age the caller's tokens.
    expiry = claims.get("exp")
    if expiry is not None and (not isinstance(expiry, (int, float)) or expiry <= time.time()):
        return None
    return found


def _decoded(part: str) -> bytes | None:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
