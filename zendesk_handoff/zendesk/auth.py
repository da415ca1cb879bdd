"""Authentication of calls to the Conversations API: JWT or basic."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import aiohttp
import jwt

from zendesk_handoff.settings import Connector

_LIFETIME = 3600.0
_RENEW_BEFORE_EXPIRY = 600.0
#: Our clock may be ahead of Zendesk's; whether ``iat`` is enforced is not documented.
_LEEWAY = 60.0


class Authorization:
    """The ``Authorization`` header of one connector (Conversations API: Authentication).

    JWT: HS256, the key's id as ``kid``, and a ``scope`` equal to the key's own. ``exp`` is
    optional; an expiring token limits the damage of a leak. Basic: key id and secret, if the
    settings ask for it.

    Args:
        connector: The connector, with its key.
        clock: Seconds since the epoch.
    """

    def __init__(self, connector: Connector, *, clock: Callable[[], float] = time.time) -> None:
        """Keep the key; the first token is signed when it is needed."""
        self._connector = connector
        self._clock = clock
        self._token = ""
        self._renew_at = 0.0

    def header(self) -> str:
        """Return the header's value; sign a new token when the old one is about to expire."""
        connector = self._connector
        if connector.authentication == "basic":
            return aiohttp.BasicAuth(connector.key_id, connector.key_secret, "utf-8").encode()
        now = self._clock()
        if now >= self._renew_at:
            claims = {
                "scope": connector.scope,
                "iat": int(now - _LEEWAY),
                "exp": int(now + _LIFETIME),
            }
            with warnings.catch_warnings():
                # Zendesk chooses the secret's length; a warning with every call would be of no use.
                warnings.simplefilter("ignore")
                self._token = jwt.encode(
                    claims,
                    connector.key_secret,
                    algorithm="HS256",
                    headers={"kid": connector.key_id},
                )
            self._renew_at = now + _LIFETIME - _RENEW_BEFORE_EXPIRY
        return f"Bearer {self._token}"
