"""JSON web tokens for the API, valid and invalid ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any


def encode(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def token(key_id: str, secret: str, *, alg: str = "HS256", **claims: Any) -> str:
    signed = f"{encode({'alg': alg, 'typ': 'JWT', 'kid': key_id})}.{encode(claims)}"
    if alg == "none":
        return signed + "."
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
