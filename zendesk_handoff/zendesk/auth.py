"""How a call to the Conversations API proves who makes it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import aiohttp
import jwt

from zendesk_handoff.settings import Connector

_LIFETIME = 3600.0
_RENEW_BEFORE_END = 600.0
#: Our clock may be ahead of Zendesk's; whether ``iat`` is enforced is not documented.
_LEEWAY = 60.0


class Authorization:
    """The ``Authorization`` header of one connector.

    JWT: HS256, the key's id as ``kid``, and a ``scope`` equal to the key's own (SPEC,
    Authentication). ``exp`` is optional there; a token that ends is worth less to a thief. Basic:
    key id and secret (SPEC, Authentication), for those who ask for it.

    Args:
        connector: Whose key it is.
        clock: Seconds since the epoch.
    """

    def __init__(self, connector: Connector, *, clock: Callable[[], float] = time.time) -> None:
        """Remember the key; nothing is signed yet."""
        self._connector = connector
        self._clock = clock
        self._token = ""
        self._renew_at = 0.0

    def header(self) -> str:
        """Give the header's value, signing a new token when the old one comes near its end."""
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
                # The secret's length is Zendesk's choice; a warning a call would help nobody.
                warnings.simplefilter("ignore")
                self._token = jwt.encode(
                    claims,
                    connector.key_secret,
                    algorithm="HS256",
                    headers={"kid": connector.key_id},
                )
            self._renew_at = now + _LIFETIME - _RENEW_BEFORE_END
        return f"Bearer {self._token}"
